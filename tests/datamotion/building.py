"""Small records with everything of no interest filled in: SVM `svm_gold` of paris, mirrored to lyon and nice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from datamotion.model.acts import Act, Change
from datamotion.model.group import Backend, Group, Target
from datamotion.model.mark import Mark
from datamotion.model.plan import Plan
from datamotion.model.records import (
    Aggregate,
    ClusterIdentity,
    ClusterPeer,
    Endpoint,
    Policy,
    Relationship,
    Svm,
    SvmPeer,
    Transfer,
    Volume,
)
from datamotion.model.view import EVERYTHING, ClusterView, View
from datamotion.model.words import MirrorState, Role, TransferState, VolumeState, VolumeType
from datamotion.policy.situation import Planner, Situation

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
GIB = 2**30

HOME = Backend(name="gold-paris", cluster="paris", svm="svm_gold", volumes=("vol_*",))
LYON = Backend(name="gold-lyon", cluster="lyon", svm="svm_lyon")
NICE = Backend(name="gold-nice", cluster="nice", svm="svm_nice")


def a_group(*targets: Backend, rpo: timedelta | None = None) -> Group:
    """The group `gold` with these targets (lyon alone where none are given), each with one aggregate `aggr`."""
    made = (Target(backend=backend, aggregates={"*": ("aggr",)}) for backend in targets or (LYON,))
    return Group(name="gold", home=HOME, targets=tuple(made), rpo=rpo)


def a_mark(role: Role, epoch: int = 1, path: str | None = "/vol_1", since: datetime | None = None) -> str:
    """A volume's comment that holds nothing but this mark of the group `gold`."""
    return Mark(group="gold", role=role, epoch=epoch, path=path, since=since).write("")


def a_volume(name: str = "vol_1", backend: Backend = HOME, **changes: object) -> Volume:
    """A writable volume at home, mounted; anywhere else an unmounted mirror destination."""
    at_home = backend is HOME
    volume = Volume(
        uuid=f"{backend.name}/{name}",
        name=name,
        svm=backend.svm,
        type=VolumeType.RW if at_home else VolumeType.DP,
        state=VolumeState.ONLINE,
        style="flexvol",
        size_bytes=10 * GIB,
        used_bytes=GIB,
        aggregates=("aggr",),
        path=f"/{name}" if at_home else None,
        comment=a_mark(Role.ACTIVE if at_home else Role.MIRROR, path=f"/{name}"),
        language="c.utf_8",
        guarantee="none",
    )
    return replace(volume, **changes)  # type: ignore[arg-type]


def a_mirror(
    name: str = "vol_1",
    backend: Backend = LYON,
    *,
    destination: str | None = None,
    source_svm: str = HOME.svm,
    **changes: object,
) -> Relationship:
    """A mirror of the home's volume `name`, idle, half an hour old."""
    mirror = Relationship(
        uuid=f"{backend.name}/{name}/mirror",
        source=Endpoint(source_svm, name),
        source_cluster="paris",
        destination=Endpoint(backend.svm, destination or name),
        state=MirrorState.SNAPMIRRORED,
        healthy=True,
        unhealthy_reason=None,
        policy="Asynchronous",
        schedule=None,
        lag=timedelta(minutes=30),
        exported_snapshot="snap.1",
        transfer=a_transfer(TransferState.SUCCESS),
    )
    return replace(mirror, **changes)  # type: ignore[arg-type]


def a_transfer(state: TransferState, *, moved: int = 0, ended_at: datetime | None = None) -> Transfer:
    """A running one has a uuid, an ended one the time it ended at: an hour ago, if not told."""
    if state.is_running:
        return Transfer(uuid="transfer", state=state, bytes_transferred=moved, ended_at=None)
    return Transfer(uuid=None, state=state, bytes_transferred=moved, ended_at=ended_at or NOON - timedelta(hours=1))


def a_peer(backend: Backend = LYON, *, name: str = HOME.svm, state: str = "peered") -> SvmPeer:
    """The peering of a target's SVM with the home's, as the target's cluster reports it."""
    return SvmPeer(
        uuid=f"{backend.name}/peer",
        name=name,
        svm=backend.svm,
        peer_svm=HOME.svm,
        peer_cluster=HOME.cluster,
        state=state,
        applications=frozenset({"snapmirror"}),
    )


def a_cluster_view(
    backend: Backend,
    volumes: Iterable[Volume] = (),
    mirrors: Iterable[Relationship] = (),
    *,
    peers: Iterable[SvmPeer] | None = None,
    **changes: object,
) -> ClusterView:
    """The cluster of a back end, peered with all others, with room; its SVM runs and is peered with the home's."""
    if peers is None:
        peers = () if backend is HOME else (a_peer(backend),)
    others = {HOME.cluster, LYON.cluster, NICE.cluster} - {backend.cluster}
    view = ClusterView(
        observed_at=NOON,
        aspects=EVERYTHING,
        identity=ClusterIdentity(name=backend.cluster, uuid=f"{backend.cluster}-uuid", version=(9, 14, 1)),
        cluster_peers=tuple(ClusterPeer(uuid=f"peer-{name}", name=name, available=True) for name in sorted(others)),
        svms=(Svm(uuid=f"{backend.svm}-uuid", name=backend.svm, state="running"),),
        svm_peers=tuple(peers),
        aggregates=(Aggregate(name="aggr", available_bytes=100 * GIB),),
        policies=(Policy(name="Asynchronous", svm=None, type="async", schedule=None),),
        schedules=frozenset({"hourly"}),
        volumes=tuple(volumes),
        relationships=tuple(mirrors),
    )
    return replace(view, **changes)  # type: ignore[arg-type]


def a_target_view(backend: Backend, *volumes: str, **mirror: object) -> ClusterView:
    """A target's cluster with a mirror of each of these volumes, all alike."""
    mirrors = [replace(a_mirror(name, backend), **mirror) for name in volumes]  # type: ignore[arg-type]
    return a_cluster_view(backend, [a_volume(name, backend) for name in volumes], mirrors)


def planned(planner: Planner, view: View, **situation: object) -> Plan:
    """The plan at first sight, or with what else the situation holds."""
    return planner(replace(Situation.at_first_sight(view), **situation))  # type: ignore[arg-type]


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
