"""What a person should know of one copy: of the one that serves, of a mirror, of any other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from datamotion.model.mirror_records import Relationship
from datamotion.model.paused import paused_of
from datamotion.model.standing import FENCE, Copy, CopyId, HeldClaim, Standing
from datamotion.model.units import duration_text
from datamotion.model.words import MirrorState, Mount, Role, TransferState
from datamotion.policy.copies.broken_mirrors import was_mirror
from datamotion.policy.copies.brought_back import is_found_alone
from datamotion.policy.copies.geometry import changed_geometry
from datamotion.policy.copies.junctions import path_clash, taken_paths
from datamotion.policy.home import takes_up
from datamotion.policy.mirrors.unlisted import Unlisted
from datamotion.service.concern_rows import Kind
from datamotion.service.concerns import Concern
from datamotion.service.freshness import Freshness, Policies

# Assumption: these words tell the reasons apart; no page of NetApp's lists the texts of `unhealthy_reason`. One that
# fits none of them is told all the same, as it is.
_RELEASED = re.compile(r"releas|no longer (a )?known|(no|not find|missing)\b.*common snapshot", re.IGNORECASE)
_NO_ROOM = re.compile(
    r"\b(no|not enough|out of|insufficient|lacks?) (free |available )?(space|room)\b|\bfull\b", re.IGNORECASE
)


@dataclass(slots=True)
class CopyConcerns:
    """Of all copies of one standing."""

    standing: Standing
    freshness: Freshness
    policies: Policies
    _unlisted: Unlisted = field(init=False)
    _taken: dict[str, Mapping[str, str]] = field(default_factory=dict)  # by back end, `taken_paths` of its SVM

    def __post_init__(self) -> None:
        self._unlisted = Unlisted(self.standing)

    def of(self, copy: Copy) -> Iterator[Concern]:
        """All that is to be said of this copy alone."""
        match copy.role:
            case Role.ACTIVE:
                yield from self._of_active(copy)
            case Role.MIRROR:
                yield from self._of_mirror(copy)
            case Role.OVERTAKEN | Role.FENCED if copy.edge is not None and was_mirror(self.standing, copy):
                kind = Kind.BROKEN_OPEN if copy.role is Role.OVERTAKEN else Kind.BROKEN_FENCED
                source, fences = copy.edge.source_text, self._what_fences(copy)
                yield self._concern(kind, copy, source=source, what_next=fences)
            case Role.OVERTAKEN:
                yield self._concern(
                    Kind.OVERTAKEN, copy, by=self._who_overtook(copy), what_next=self._what_fences(copy)
                )
            case Role.BROKEN:
                cause = "its relationship is broken off" if copy.edge else "it has no relationship"
                yield self._concern(Kind.BROKEN, copy, cause=cause)
            case Role.DETACHED if copy.edge is not None:
                runs = copy.edge.relationship.is_transferring
                yield self._concern(Kind.HALF_RESYNCED, copy, cause="runs" if runs else "has not come to its end")
            case Role.DETACHED:
                yield self._concern(Kind.DETACHED, copy, own={"what_next": self._takes_up(copy)})
            case Role.FENCED:
                yield self._concern(Kind.FENCED, copy)
            case Role.UNCLEAR:  # told of its volume
                return

    def _takes_up(self, copy: Copy) -> str:
        """What becomes of a copy without a relationship: a mirror of what serves, or of use by itself."""
        site = self.standing.sites[copy.id.backend]
        if self.standing.active[copy.id.volume] is not None:
            return takes_up(self.standing.group.name)
        clone = f"-vserver {site.backend.svm} -flexclone {copy.volume.name}_copy"
        return (
            f"nothing that serves it is known. What it holds can be had from a clone, at {site.backend.cluster}: volume"
            f" clone create {clone} -parent-volume {copy.volume.name}; volume clone split start {clone}"
        )

    def _of_active(self, copy: Copy) -> Iterator[Concern]:
        if not copy.is_online:
            yield self._concern(Kind.SERVED_OFFLINE, copy, cause=copy.volume.state)
        elif copy.mark is not None and copy.mark.frozen:
            return  # a doubt tells
        elif copy.is_fenced or copy.volume.export == FENCE:
            yield self._unserved(Kind.SHUT_OUT, copy)
        elif copy.volume.path is None and copy.mark is not None and copy.mark.path is not None:
            yield self._unserved(Kind.UNMOUNTED, copy)

    def _unserved(self, kind: Kind, copy: Copy) -> Concern:
        """The copy that serves, where no client finds it: a failover to where it is goes on, but none goes home.

        While an epoch was never seen to be served, what goes on with that: nobody is to come to what it overtakes.
        """
        group, site, begun = self.standing.group, self.standing.sites[copy.id.backend], self._begun()
        if begun is not None or copy.id.backend != group.home.name:
            command = begun.claim.command if begun else f"datamotion failover {group.name} --to {copy.id.backend}"
            others = (each for each in self.standing.copies_of(copy.id.volume) if is_found_alone(self.standing, each))
            brought = [f"{self._settles(each.id.backend)}; else " for each in others]
            return self._concern(kind, copy, own={"what_next": f"{''.join(brought)}{command} goes on with it"})
        place = f"-vserver {site.backend.svm} -volume {copy.volume.name}"
        path = copy.mark.path if copy.mark and copy.mark.path else "PATH"
        mount = [] if copy.volume.path else [f"volume mount {place} -junction-path {path}"]
        policy = copy.mark.export if copy.mark and copy.mark.export else "POLICY"
        modify = [f"volume modify {place} -policy {policy}"] if kind is Kind.SHUT_OUT else []
        return self._concern(kind, copy, own={"what_next": f"at {site.backend.cluster}: {'; '.join(modify + mount)}"})

    def _of_mirror(self, copy: Copy) -> Iterator[Concern]:
        assert copy.edge is not None
        relationship = copy.edge.relationship
        if relationship.state is MirrorState.PAUSED:
            yield self._paused(copy)
        if self.freshness.is_fresh(copy) is False:
            if isinstance(copy.edge.source, CopyId):  # a foreign one is a doubt
                active = self.standing.active[copy.id.volume]
                assert active is not None
                yield self._concern(Kind.STALE, copy, source=copy.edge.source.backend, active=active.backend)
            return
        failures = list(self._failure(copy, relationship))
        yield from failures
        if not failures and self._unlisted.has(copy):
            yield self._concern(Kind.UNLISTED, copy, source=copy.edge.source_text)
        if not copy.edge.holds_copy:
            yield self._empty(copy, relationship)
        served = self.standing.copies.get(copy.edge.source) if isinstance(copy.edge.source, CopyId) else None
        if served is not None and (geometry := changed_geometry(served.volume, copy.volume)):
            yield self._concern(Kind.GEOMETRY, copy, cause=geometry.text)
        yield from self._path(copy)
        yield from self._age(copy)
        yield from self._policy(copy)
        if copy.volume.path is not None and copy.volume.export not in (FENCE, None):
            yield self._mounted_open(copy, copy.volume.export)

    def _paused(self, copy: Copy) -> Concern:
        """Who paused a mirror is known where `pause` did; a failover that breaks it off pauses it too."""
        group, begun = self.standing.group.name, self._begun()
        if paused := paused_of(copy.mark):
            cause, what_next = paused.text, f"datamotion resume {group} resumes it"
        elif begun is not None and begun.backend == copy.id.backend:
            cause = f"paused, as a failover to it does that was begun in epoch {begun.epoch} and is not done"
            what_next = f"{begun.claim.command} goes on with it"
        else:
            cause, what_next = "paused, by whom nothing tells", f"datamotion apply {group} resumes it"
        return self._concern(Kind.PAUSED, copy, cause=cause, what_next=what_next)

    def _mounted_open(self, copy: Copy, export: str) -> Concern:
        target = self.standing.group.target(copy.id.backend)
        is_ahead = target is not None and target.mount is Mount.AHEAD
        next_ = f"datamotion apply {self.standing.group.name} shuts it until it is served" if is_ahead else ""
        return self._concern(Kind.MOUNTED_OPEN, copy, cause=export, what_next=next_)

    def _failure(self, copy: Copy, relationship: Relationship) -> Iterator[Concern]:
        if not copy.is_online:
            yield self._concern(Kind.OFFLINE, copy, cause=copy.volume.state)
            return
        has_failed = relationship.transfer is not None and relationship.transfer.state is TransferState.FAILED
        is_behind = relationship.state is MirrorState.OUT_OF_SYNC
        if relationship.healthy and not has_failed and not is_behind:
            return
        told = "it is out of sync" if is_behind else "its last transfer failed" if has_failed else "no transfer failed"
        cause = relationship.unhealthy_reason or f"{told}; the cluster gives no reason"
        if _RELEASED.search(cause):
            yield self._concern(Kind.RELEASED, copy, cause=cause)
        elif _NO_ROOM.search(cause):
            aggregates = ", ".join(copy.volume.aggregates) or "its aggregate"
            yield self._concern(Kind.NO_ROOM, copy, cause=cause, aggregates=aggregates)
        else:
            yield self._concern(Kind.UNHEALTHY, copy, cause=cause)

    def _empty(self, copy: Copy, relationship: Relationship) -> Concern:
        if relationship.state is MirrorState.PAUSED:
            resumes = f"datamotion resume {self.standing.group.name} lets it begin"
            return self._concern(Kind.EMPTY, copy, cause="it is paused", way=resumes)
        if not relationship.is_transferring or relationship.transfer is None:
            begins = f"datamotion apply {self.standing.group.name} begins it"
            return self._concern(Kind.EMPTY, copy, cause="no first transfer runs", way=begins)
        if relationship.transfer.state is TransferState.QUEUED:
            return self._concern(Kind.EMPTY, copy, cause="its first transfer is queued", way="")
        return self._concern(Kind.EMPTY, copy, cause="its first transfer runs", way="")

    def _path(self, copy: Copy) -> Iterator[Concern]:
        name = copy.id.backend
        if name not in self._taken:
            self._taken[name] = taken_paths(self.standing.sites[name])
        if clash := path_clash(self.standing, copy, self._taken[name]):
            yield self._concern(Kind.PATH_TAKEN, copy, cause=clash)

    def _age(self, copy: Copy) -> Iterator[Concern]:
        rpo = self.standing.group.rpo
        if rpo is None or copy.edge is None or not copy.edge.holds_copy:
            return
        relationship, limit = copy.edge.relationship, duration_text(rpo)
        if cause := relationship.lag_problem:
            what_next = "compare the clocks of the clusters: cluster date show"
            yield self._concern(Kind.AGE_UNKNOWN, copy, cause=cause, what_next=what_next, rpo=limit)
        elif copy.lag is None:
            if relationship.state is not MirrorState.IN_SYNC:
                cause = "does not tell how old it is"
                yield self._concern(Kind.AGE_UNKNOWN, copy, cause=cause, what_next="", rpo=limit)
        elif copy.lag > rpo:
            yield self._concern(Kind.LATE, copy, age=copy.lag, rpo=limit)

    def _policy(self, copy: Copy) -> Iterator[Concern]:
        policy = self.policies.of(copy)
        if policy is None or copy.edge is None or policy.type != "async":
            return
        if not policy.takes_snapshots:
            yield self._concern(Kind.VAULT, copy, cause=policy.name)
        if not (copy.edge.relationship.schedule or policy.schedule):
            yield self._concern(Kind.NO_SCHEDULE, copy)

    def _who_overtook(self, copy: Copy) -> str:
        """The back end that serves it now; where nobody can tell, those that claimed the newest epoch."""
        active, standing = self.standing.active[copy.id.volume], self.standing
        claims = [each for each in standing.claims if active and each.backend == active.backend][:1]
        by = standing.contenders if active is None else claims
        return " or ".join(f"{each.backend} (epoch {each.epoch})" for each in by) or "another back end"

    def _what_fences(self, copy: Copy) -> str:
        """The command that does: while an epoch was never seen to be served, only that which goes on with it.

        Where no client finds what overtook it, it may have been brought back by hand: a fence would leave them nothing.
        """
        begun, group = self._begun(), self.standing.group.name
        fences = f"{begun.claim.command if begun else f'datamotion apply {group}'} fences it"
        if not is_found_alone(self.standing, copy):
            return fences
        return f"{self._settles(copy.id.backend)}; else {fences}"

    def _settles(self, backend: str) -> str:
        return f"if it was brought to {backend} by hand: datamotion settle {self.standing.group.name} --keep {backend}"

    def _begun(self) -> HeldClaim | None:
        """The newest claim, where it was never seen to be served."""
        return next((each for each in self.standing.contenders if each.served is None), None)

    def _concern(
        self,
        kind: Kind,
        copy: Copy,
        *,
        age: timedelta | None = None,
        own: Mapping[str, str] = MappingProxyType({}),
        **words: str,
    ) -> Concern:
        backend = self.standing.sites[copy.id.backend].backend
        place = {"group": self.standing.group.name, "cluster": backend.cluster, "svm": backend.svm}
        return Concern(
            kind=kind,
            words={**place, **words},
            backend=copy.id.backend,
            volume=copy.id.volume,
            age=age,
            own={"name": copy.volume.name, **own},
        )
