"""Small records with everything of no interest filled in: SVM `svm_gold` of paris, mirrored to lyon and nice.

The SVMs and aggregates of lyon and nice have equal names: only cluster and uuid tell the two apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from datamotion.model.acts import Act, Change
from datamotion.model.claim import Claim
from datamotion.model.cluster_records import Aggregate, ClusterIdentity, ClusterPeer, Schedule
from datamotion.model.definition import Rule
from datamotion.model.group import Backend, Group, Target
from datamotion.model.mark import Mark
from datamotion.model.mirror_records import Endpoint, Listed, Policy, Relationship, Transfer
from datamotion.model.plan import Plan
from datamotion.model.serving_records import ExportPolicy
from datamotion.model.standing import Standing
from datamotion.model.view import Aspect, ClusterView, View
from datamotion.model.volume_records import Snapshot, Svm, SvmPeer, Volume
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.standing.standing import stand
from datamotion.service.reports import PlanReport, RunReport

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
GIB = 2**30

HOME = Backend(name="gold-paris", cluster="paris", svm="svm_gold", volumes=("vol_*",))
LYON = Backend(name="gold-lyon", cluster="lyon", svm="svm_gold_dr")
NICE = Backend(name="gold-nice", cluster="nice", svm="svm_gold_dr")
BACKENDS = (HOME, LYON, NICE)


def a_group(*targets: Backend, rpo: timedelta | None = None) -> Group:
    """The group `gold` with these targets (lyon alone where none are given), each with one aggregate `aggr`."""
    made = (Target(backend=backend, aggregates={"*": ("aggr",)}) for backend in targets or (LYON,))
    return Group(name="gold", home=HOME, targets=tuple(made), rpo=rpo)


def svm_uuid(backend: Backend) -> str:
    return f"{backend.cluster}/{backend.svm}"


def volume_uuid(name: str, backend: Backend = HOME) -> str:
    return f"{backend.name}/{name}"


def a_mark(volume: str = "vol_1", *, path: str | None = "", epoch: int | None = None, **words: str) -> str:
    """A volume's comment that holds nothing but the mark of this copy; its path is that of its name, if not told."""
    return Mark(
        group=words.pop("group", "gold"),
        volume=volume,
        origin=words.pop("origin", volume_uuid(volume)),
        path=f"/{volume}" if path == "" else path,
        export=words.pop("export", "default"),
        epoch=epoch,
        **words,
    ).write("")


def a_volume(name: str = "vol_1", backend: Backend = HOME, **changes: object) -> Volume:
    """A writable volume at home, mounted and marked; anywhere else an unmounted mirror destination of that name."""
    at_home = backend is HOME
    volume = Volume(
        uuid=volume_uuid(name, backend),
        name=name,
        svm=backend.svm,
        type=VolumeType.RW if at_home else VolumeType.DP,
        state=VolumeState.ONLINE,
        style="flexvol",
        size_bytes=10 * GIB,
        used_bytes=GIB,
        aggregates=("aggr",),
        path=f"/{name}" if at_home else None,
        comment=a_mark(name),
        language="c.utf_8",
        guarantee="none",
        export="default",
    )
    return replace(volume, **changes)  # type: ignore[arg-type]


def a_mirror(
    name: str = "vol_1",
    backend: Backend = LYON,
    *,
    source: Backend = HOME,
    destination: str | None = None,
    **changes: object,
) -> Relationship:
    """A mirror of the volume `name` of the home (or another back end), idle, half an hour old or as it is told."""
    lag = changes.get("lag", timedelta(minutes=30))
    ended_at = NOON - lag if isinstance(lag, timedelta) else None
    is_local = source.cluster == backend.cluster
    mirror = Relationship(
        uuid=f"{backend.name}/{name}/mirror",
        source=Endpoint(source.svm, name),
        source_cluster=None if is_local else source.cluster,
        source_cluster_uuid=None if is_local else f"{source.cluster}-uuid",
        source_svm_uuid=svm_uuid(source),
        destination=Endpoint(backend.svm, destination or name),
        state=MirrorState.SNAPMIRRORED,
        healthy=True,
        unhealthy_reason=None,
        policy="Asynchronous",
        schedule=None,
        lag=timedelta(minutes=30),
        exported_snapshot="snap.1",
        transfer=a_transfer(TransferState.SUCCESS, ended_at=ended_at),
    )
    return replace(mirror, **changes)  # type: ignore[arg-type]


def a_listing(name: str = "vol_1", backend: Backend = LYON, *, source: Backend = HOME, **changes: object) -> Listed:
    """What the source lists of the mirror of the same words."""
    listed = Listed(
        uuid=f"{backend.name}/{name}/mirror",
        source=Endpoint(source.svm, name),
        destination=Endpoint(backend.svm, name),
        destination_cluster=backend.cluster,
        destination_svm_uuid=svm_uuid(backend),
    )
    return replace(listed, **changes)  # type: ignore[arg-type]


def a_snapshot(
    name: str = "common", volume: str = "vol_1", backend: Backend = HOME, *, ago: timedelta = timedelta(hours=1)
) -> Snapshot:
    """A snapshot of a volume at a back end; those of one name are common to all."""
    return Snapshot(
        uuid=f"{backend.name}/{volume}/{name}",
        volume_uuid=volume_uuid(volume, backend),
        name=name,
        version=f"{volume}/{name}",
        created_at=NOON - ago,
        label=None,
    )


def a_transfer(state: TransferState, *, moved: int = 0, ended_at: datetime | None = None) -> Transfer:
    """A running one has a uuid, an ended one the time it ended at: an hour ago, if not told."""
    if state.is_running:
        return Transfer(uuid="transfer", state=state, bytes_transferred=moved, ended_at=None)
    return Transfer(uuid=None, state=state, bytes_transferred=moved, ended_at=ended_at or NOON - timedelta(hours=1))


def a_common_snapshot(name: str, volume_uuid: str, **changes: object) -> Snapshot:
    """A snapshot that is kept common to all copies; those of one name hold the same state."""
    made = Snapshot(
        uuid=f"{volume_uuid} {name}",
        volume_uuid=volume_uuid,
        name=name,
        version=f"version of {name}",
        created_at=NOON,
        label="datamotion",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def a_peer(backend: Backend = LYON, peer: Backend = HOME, *, name: str | None = None, **changes: object) -> SvmPeer:
    """The peering of a back end's SVM with another's (the home's), as the back end's own cluster reports it."""
    made = SvmPeer(
        uuid=f"{backend.name}~{peer.name}",
        name=name or peer.svm,
        svm=backend.svm,
        peer_svm=peer.svm,
        peer_svm_uuid=svm_uuid(peer),
        peer_cluster=peer.cluster,
        peer_cluster_uuid=f"{peer.cluster}-uuid",
        state="peered",
        applications=frozenset({"snapmirror"}),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def a_claim(backend: Backend = HOME, epoch: int = 1, *, served: bool = True, **changes: object) -> Claim:
    """The claim that a back end serves `gold`, taken a day ago and confirmed."""
    since = NOON - timedelta(days=1)
    claim = Claim(
        group="gold",
        epoch=epoch,
        backend=backend.name,
        svm=svm_uuid(backend),
        since=since,
        by="process 7 on host",
        served=since if served else None,
    )
    return replace(claim, **changes)  # type: ignore[arg-type]


def rules(*labels: str, count: int = 1) -> tuple[Rule, ...]:
    """A rule for each label."""
    return tuple(Rule(label=label, count=count) for label in labels)


def a_claim_policy(claim: Claim, at: Backend) -> Policy:
    """A claim as a site holds it."""
    return Policy(
        uuid=f"{at.name}/{claim.policy}",
        name=claim.policy,
        svm=at.svm,
        type="async",
        schedule=None,
        takes_snapshots=True,
        comment=claim.comment,
    )


def a_cluster_view(
    backend: Backend,
    volumes: Iterable[Volume] = (),
    mirrors: Iterable[Relationship] = (),
    *,
    peers: Iterable[SvmPeer] | None = None,
    claims: Iterable[Claim] | None = None,
    **changes: object,
) -> ClusterView:
    """The cluster of a back end, peered with all others, with room; its SVM runs and is peered with the home's.

    It holds the claim that the home serves in epoch 1, if no others are told.
    """
    if peers is None:
        peers = [a_peer(HOME, each) for each in (LYON, NICE)] if backend is HOME else [a_peer(backend)]
    others = sorted({each.cluster for each in BACKENDS} - {backend.cluster})
    asynchronous = Policy(
        uuid=f"{backend.cluster}/Asynchronous",
        name="Asynchronous",
        svm=None,
        type="async",
        schedule=None,
        takes_snapshots=True,
        comment="",
    )
    held = [a_claim_policy(claim, backend) for claim in ((a_claim(),) if claims is None else claims)]
    view = ClusterView(
        looked_at=dict.fromkeys(Aspect, NOON),
        identity=ClusterIdentity(name=backend.cluster, uuid=f"{backend.cluster}-uuid", version=(9, 14, 1)),
        cluster_peers=tuple(
            ClusterPeer(uuid=f"{backend.cluster}~{name}", name=name, remote=name, available=True) for name in others
        ),
        svms=(Svm(uuid=svm_uuid(backend), name=backend.svm, state="running"),),
        svm_peers=tuple(peers),
        aggregates=(Aggregate(name="aggr", available_bytes=100 * GIB),),
        policies=(asynchronous, *held),
        schedules={"hourly": Schedule(name="hourly", minutes=(5,))},
        volumes=tuple(volumes),
        relationships=tuple(mirrors),
        export_policies=(ExportPolicy(name="default", svm=backend.svm, rules=1),),
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def a_target_view(backend: Backend, *volumes: str, **mirror: object) -> ClusterView:
    """A target's cluster with a mirror of each of these volumes of the home, all alike."""
    mirrors = [a_mirror(name, backend, **mirror) for name in volumes]  # type: ignore[arg-type]
    return a_cluster_view(backend, [a_volume(name, backend) for name in volumes], mirrors)


def planned(planner: Planner, standing: Standing, **situation: object) -> Plan:
    """The plan at first sight, or with what else the situation holds."""
    return planner(replace(Situation.at_first_sight(standing, "tests"), **situation))  # type: ignore[arg-type]


def standing_of(view: View, group: Group | None = None) -> Standing:
    """How the group stands in this view; `gold` with both targets, if no group is told."""
    return stand(group or a_group(LYON, NICE), view)


def acts(plan: Plan) -> list[Act]:
    """In the order in which they are shown."""
    return [act for step in plan.steps for act in step.acts]


def changes(plan: Plan, volume: str | None = "*", backend: Backend | None = None) -> list[Change]:
    """The changes due for one volume (for all of them where none is named), in their order."""
    return [
        act.change
        for act in acts(plan)
        if volume in ("*", act.volume) and (backend is None or act.backend == backend.name)
    ]


def kinds(plan: Plan, volume: str | None = "*", backend: Backend | None = None) -> list[str]:
    """The names of `changes`."""
    return [type(change).__name__ for change in changes(plan, volume, backend)]


def notes_of(told: Plan | PlanReport | RunReport) -> tuple[str, ...]:
    """What is told beside the steps, each with its hint."""
    return tuple(note.whole for note in told.notes)
