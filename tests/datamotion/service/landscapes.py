"""The group `gold` as clusters show it: its home at paris, targets at lyon and nantes. Made well, then changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from datamotion.model.claim import Claim
from datamotion.model.group import Backend, Group, Target
from datamotion.model.mark import Mark
from datamotion.model.mirror_records import Endpoint, Listed, Policy, Relationship
from datamotion.model.standing import FENCE
from datamotion.model.view import STANDING, ClusterClock, ClusterView, Unreadable, Unseen, View
from datamotion.model.volume_records import Svm, Volume
from datamotion.model.words import MirrorState, VolumeState, VolumeType
from datamotion.service.status import status_report
from datamotion.service.status_reports import ConcernReport, GroupReport, StatusReport

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)

PARIS = Backend(name="gold-paris", cluster="paris", svm="svm_gold", volumes=("vol_*",))
LYON = Backend(name="gold-lyon", cluster="lyon", svm="svm_lyon")
NANTES = Backend(name="gold-nantes", cluster="nantes", svm="svm_nantes")
EVERYWHERE = (PARIS, LYON, NANTES)

ASYNC = Policy(
    uuid="async", name="Asynchronous", svm=None, type="async", schedule="hourly", takes_snapshots=True, comment=""
)
VAULT = replace(ASYNC, uuid="vault", name="XDPDefault", takes_snapshots=False)
UNSCHEDULED = replace(ASYNC, uuid="unscheduled", name="Unscheduled", schedule=None)
POLICIES = (ASYNC, VAULT, UNSCHEDULED)


def a_group(*targets: Backend, rpo: timedelta | None = None) -> Group:
    made = tuple(Target(backend=each, aggregates={"*": ("aggr1",)}) for each in targets or (LYON,))
    return Group(name="gold", home=PARIS, targets=made, rpo=rpo)


@dataclass(slots=True)
class Landscape:
    """What three clusters hold. Keys of `volumes` and `mirrors` are a back end's name and a volume's."""

    volumes: dict[tuple[str, str], Volume] = field(default_factory=dict)
    mirrors: dict[tuple[str, str], Relationship] = field(default_factory=dict)
    policies: dict[str, list[Policy]] = field(default_factory=lambda: {each.name: [*POLICIES] for each in EVERYWHERE})
    svms: dict[str, str] = field(default_factory=lambda: {each.name: "running" for each in EVERYWHERE})
    unseen: dict[str, Unseen] = field(default_factory=dict)
    remembered: Claim | None = None  # what this host's store tells
    mirrored: dict[tuple[str, str], datetime] = field(default_factory=dict)  # and that, by cluster and volume
    listed: list[Listed] | None = None  # what paris lists; None: no cluster is asked for that
    forgotten: str | None = None  # why it tells nothing
    ahead: dict[str, timedelta | None] = field(default_factory=dict)  # a cluster's clock, by back end
    illegible: list[tuple[str, Unreadable]] = field(default_factory=list)

    def unread(self, name: str, at: Backend) -> None:
        """The volume of that name is there, and its record cannot be read."""
        volume = self.volumes.pop((at.name, name))
        reason = f"{at.cluster} answered GET in a way that cannot be read: record {volume.uuid} has no `style`"
        told = Unreadable(reason=reason, svm=at.svm, volume=name, uuid=volume.uuid, comment=volume.comment)
        self.illegible.append((at.name, told))

    def serve(self, name: str, at: Backend = PARIS) -> None:
        """A copy of that name can be written and is mounted there."""
        self.volumes[at.name, name] = _volume(name, at, type=VolumeType.RW, path=f"/{name}")

    def mirror(self, name: str, at: Backend = LYON, source: Backend = PARIS, **changes: object) -> None:
        """A mirror of what `source` has by that name, ten minutes old, unless `changes` say otherwise."""
        self.volumes[at.name, name] = _volume(name, at, type=VolumeType.DP, path=None)
        made = Relationship(
            uuid=f"{at.name}/{name}/mirror",
            source=Endpoint(source.svm, name),
            source_cluster=source.cluster,
            source_cluster_uuid=None,
            source_svm_uuid=f"{source.svm}-uuid",
            destination=Endpoint(at.svm, name),
            state=MirrorState.SNAPMIRRORED,
            healthy=True,
            unhealthy_reason=None,
            policy="Asynchronous",
            schedule=None,
            lag=timedelta(minutes=10),
            exported_snapshot="snap.1",
            transfer=None,
        )
        self.mirrors[at.name, name] = replace(made, **changes)  # type: ignore[arg-type]

    def claim(self, epoch: int, by: Backend, told: tuple[Backend, ...] = EVERYWHERE, **changes: object) -> None:
        """A claim of that epoch that was served, at all these sites."""
        claim = Claim(
            group="gold",
            epoch=epoch,
            backend=by.name,
            svm=f"{by.svm}-uuid",
            since=NOON - timedelta(days=1),
            by="anna@ops",
            served=NOON - timedelta(hours=23),
        )
        claim = replace(claim, **changes)  # type: ignore[arg-type]
        for site in told:
            made = replace(ASYNC, uuid=f"{claim.policy}/{site.name}", name=claim.policy, comment=claim.comment)
            self.policies[site.name].append(replace(made, svm=site.svm))

    def broken(self, name: str, at: Backend = LYON, *, path: str | None = None) -> None:
        """The mirror there was broken off, and can be written."""
        self.change(name, at, type=VolumeType.RW, path=path)
        self.relate(name, at, state=MirrorState.BROKEN_OFF)

    def fenced(self, name: str, at: Backend = PARIS) -> None:
        self.change(name, at, path=None, export=FENCE)

    def change(self, name: str, at: Backend, /, **changes: object) -> None:
        self.volumes[at.name, name] = replace(self.volumes[at.name, name], **changes)  # type: ignore[arg-type]

    def relate(self, name: str, at: Backend, /, **changes: object) -> None:
        self.mirrors[at.name, name] = replace(self.mirrors[at.name, name], **changes)  # type: ignore[arg-type]

    def lose(self, backend: Backend, *, refused: bool = False, not_asked: bool = False) -> None:
        """Its cluster does not answer, or answers no, or its secret cannot be had."""
        name = backend.cluster
        reason, hint = f"{name} refused the connection", "Is the cluster up?"
        if refused:
            reason, hint = "401: User is not authorized.", f"{name} does not accept user 'admin' with this password"
        if not_asked:
            reason, hint = f"{name} was not asked: environment variable PASSWORD is not set", "export PASSWORD=..."
        self.unseen[name] = Unseen(reason=reason, hint=hint, refused=refused or not_asked, not_asked=not_asked)

    def view(self, group: Group) -> View:
        clusters = {each.cluster: self._seen(each) for each in group.backends}
        return {**clusters, **{name: seen for name, seen in self.unseen.items() if name in clusters}}

    def _seen(self, backend: Backend) -> ClusterView:
        name = backend.name
        state = self.svms.get(name)
        return ClusterView(
            looked_at=dict.fromkeys(STANDING, NOON),
            legs=tuple(self.listed) if self.listed is not None and backend == PARIS else None,
            clock=ClusterClock(ahead=self.ahead.get(name, timedelta())),
            svms=(Svm(uuid=f"{backend.svm}-uuid", name=backend.svm, state=state),) if state else (),
            policies=tuple(self.policies[name]),
            unreadable=tuple(told for at, told in self.illegible if at == name),
            volumes=tuple(volume for (at, _), volume in self.volumes.items() if at == name),
            relationships=tuple(mirror for (at, _), mirror in self.mirrors.items() if at == name),
        )

    def status(self, group: Group | None = None) -> StatusReport:
        group = replace(
            group or a_group(), remembered=self.remembered, mirrored=self.mirrored, forgotten=self.forgotten
        )
        return status_report([group], self.view(group), NOON)

    def report(self, group: Group | None = None) -> GroupReport:
        return self.status(group).groups[0]

    def concerns(self, group: Group | None = None) -> Mapping[str, ConcernReport]:
        """What `status` says, by kind."""
        return {each.kind: each for each in self.report(group).concerns}


def protected(*names: str, targets: tuple[Backend, ...] = (LYON,)) -> Landscape:
    """All is well: paris serves these volumes in epoch 1, and each is mirrored to every target."""
    made = Landscape()
    for name in names or ("vol_1",):
        made.serve(name)
        for target in targets:
            made.mirror(name, target)
    made.claim(1, PARIS)
    return made


def failed_over(*names: str, targets: tuple[Backend, ...] = (LYON,)) -> Landscape:
    """As `protected`; then lyon took over in epoch 2, and the home's copies are fenced."""
    made = protected(*names, targets=targets)
    made.claim(2, LYON)
    for name in names or ("vol_1",):
        made.broken(name, path=f"/{name}")
        made.fenced(name)
    return made


def _volume(name: str, at: Backend, **changes: object) -> Volume:
    mark = Mark(group="gold", volume=name, origin=f"{PARIS.name}/{name}", path=f"/{name}", export="default")
    made = Volume(
        uuid=f"{at.name}/{name}",
        name=name,
        svm=at.svm,
        type=VolumeType.RW,
        state=VolumeState.ONLINE,
        style="flexvol",
        size_bytes=10 * 2**30,
        used_bytes=2**30,
        aggregates=("aggr1",),
        path=None,
        comment=mark.write(""),
        language="c.utf_8",
        guarantee="none",
        export="default",
    )
    return replace(made, **changes)  # type: ignore[arg-type]
