"""What a person should know of a group beside its single copies: its clusters, who serves, what nothing mirrors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from datamotion.model.standing import CopyId, DoubtKind, HeldClaim, Site, Standing
from datamotion.model.units import count_text, moment_text
from datamotion.model.view import ClusterClock, ClusterView, Unseen
from datamotion.policy.drills.clones import drills_at
from datamotion.policy.home import first_copy_there, targets_of
from datamotion.service.concern_rows import CLOCK_LIMIT, Kind
from datamotion.service.concerns import Concern, forgotten
from datamotion.service.freshness import Freshness

_LEAST_TOLD = timedelta(seconds=1)
_LONG = timedelta(hours=1)  # after which who was overtaken, and does not answer, may be lost for good
_ABOUT_SERVING = frozenset({DoubtKind.TWO_SERVE, DoubtKind.SERVES_AND_RECEIVES, DoubtKind.VANISHED})


@dataclass(slots=True)
class GroupConcerns:
    """Of one standing."""

    standing: Standing
    freshness: Freshness
    _carried: dict[tuple[str, datetime], datetime] = field(default_factory=dict)  # by cluster, since a claim

    def all(self) -> Iterator[Concern]:
        """What concerns back ends, then the group, then single volumes."""
        served = Counter(active.backend for active in self.standing.active.values() if active is not None)
        for site in self.standing.sites.values():
            yield from self._of_site(site, is_served=site.backend.name in served)
        if len(served) > 1:
            told = ", ".join(f"{count} served by {backend}" for backend, count in served.most_common())
            yield Concern(Kind.DIVIDED, {"group": self.standing.group.name, "cause": told})
        yield from self._undecided()
        yield from self._remembered()
        claims = {each.backend: each for each in reversed(self.standing.claims)}
        kept_at = [each.backend.name for each in targets_of(self.standing)]
        for volume, active in self.standing.active.items():
            if active is not None:
                targets = [name for name in kept_at if name != active.backend]
                yield from self._mirrors(volume, active.backend, targets, claims.get(active.backend))

    def _of_site(self, site: Site, *, is_served: bool) -> Iterator[Concern]:
        group, backend = self.standing.group.name, site.backend
        place = {"group": group, "cluster": backend.cluster, "svm": backend.svm}
        if isinstance(site.seen, Unseen):
            yield self._unseen(site.seen, {**place, "backend": backend.name}, is_served=is_served)
        elif site.svm is None:
            yield Concern(Kind.NO_SVM, place, backend=backend.name)
        elif site.svm.state != "running":
            yield Concern(Kind.SVM_DOWN, {**place, "cause": site.svm.state}, backend=backend.name)
        if isinstance(site.seen, ClusterView):
            yield from self._clock(site.seen.clock, place, backend.name)
        if running := [drilled for _, drilled in drills_at(site) if drilled.group == group]:
            until = f"{moment_text(min(it.until for it in running))}, by {running[0].by}"
            cause = f"{count_text(len(running), 'clone')} of mirrors"
            yield Concern(Kind.DRILL, {**place, "cause": cause, "what_next": until}, backend=backend.name)

    def _clock(self, clock: ClusterClock, place: Mapping[str, str], backend: str) -> Iterator[Concern]:
        words = {**place, "cause": str(clock), "what_next": CLOCK_LIMIT}
        if clock.ahead is None or not clock.is_believed:
            yield Concern(Kind.CLOCK_OFF, words, backend=backend)
        elif abs(clock.ahead) >= _LEAST_TOLD:
            yield Concern(Kind.CLOCK_DIFFERS, words, backend=backend)

    def _unseen(self, unseen: Unseen, place: Mapping[str, str], *, is_served: bool) -> Concern:
        kind, next_ = Kind.SILENT, unseen.hint or ""
        if unseen.refused:
            kind = Kind.NOT_ASKED if unseen.not_asked else Kind.SAYS_NO
        elif self._is_long_overtaken(place["backend"]):
            lost = f"If it will not come back: datamotion forget {place['group']} {place['backend']}"
            next_ = " ".join(filter(None, [unseen.hint, lost]))
        elif is_served:
            next_ = f"if it is lost: datamotion failover {place['group']} shows what that gives up, and asks"
        return Concern(kind, {**place, "cause": unseen.reason, "what_next": next_}, backend=place["backend"])

    def _is_long_overtaken(self, backend: str) -> bool:
        """Whether another back end took over from it, and clients have been there for long by now."""
        newest, served = self.standing.serving, {each.backend for each in self.standing.claims}
        if newest is None or newest.backend == backend or backend not in served | {self.standing.group.home.name}:
            return False
        seen = [site.seen.observed_at for site in self.standing.sites.values() if isinstance(site.seen, ClusterView)]
        return bool(seen) and max(seen) - newest.claim.since >= _LONG

    def _undecided(self) -> Iterator[Concern]:
        """Volumes of which nobody can tell who serves them, where no doubt says so already."""
        doubts = self.standing.doubts
        if any(each.kind in (DoubtKind.UNCLAIMED, DoubtKind.TAKEN_ELSEWHERE) for each in doubts):
            return
        told = {each.volume for each in doubts if each.kind in _ABOUT_SERVING}
        for volume, active in self.standing.active.items():
            if active is None and volume not in told:
                words = {"group": self.standing.group.name, "cause": self._why_undecided(volume)}
                yield Concern(Kind.UNDECIDED, words, volume=volume)

    def _remembered(self) -> Iterator[Concern]:
        """That who serves is known from here alone, as no cluster in sight knows of that epoch; or would be."""
        yield from forgotten(self.standing.group)
        for newest in self.standing.claims[:1]:
            if not newest.at:
                words = {"group": self.standing.group.name, "cause": f"epoch {newest.epoch}"}
                yield Concern(Kind.TAKEN_UNSEEN, words, backend=newest.backend)

    def _why_undecided(self, volume: str) -> str:
        newest = self.standing.claims[0] if self.standing.claims else None
        if newest is None:
            copies = self.standing.copies_of(volume)
            states = [f"the copy at {each.id.backend} is {each.volume.type} and {each.volume.state}" for each in copies]
            return "nobody has claimed it, and " + (", ".join(states) or "no copy is seen")
        if self.standing.sites[newest.backend].svm is None:
            return f"{newest.backend} has claimed it (epoch {newest.epoch}), may serve it, and cannot be seen"
        return f"{newest.backend} has claimed it (epoch {newest.epoch}), and holds no copy of it that can be written"

    def _mirrors(self, volume: str, active: str, targets: Sequence[str], claim: HeldClaim | None) -> Iterator[Concern]:
        group = self.standing.group
        words = {"group": group.name}
        if not self.freshness.fresh_mirrors(volume):
            hidden = self.standing.hidden
            unseen = [
                name
                for name, site in self.standing.sites.items()
                if name != active and (site.svm is None or CopyId(name, volume) in hidden)
            ]
            once = f"once {active} answers: " if self.standing.sites[active].unseen is not None else ""
            words |= {
                "nothing": "nothing that can be seen" if unseen else "nothing",
                "what_next": once + self._what_mirrors(volume, targets),
            }
            was_mirrored = bool(self.standing.edges_from(CopyId(active, volume)))
            last = self._last_mirrored(volume, unseen, claim)
            if last is not None:
                words["nothing"] += f" ({last})"
            elif claim is not None and claim.epoch > 1 and not was_mirrored and (not unseen or not group.forgotten):
                known = ", as far as is known here" if unseen else ""
                words["since"] = f"{moment_text(claim.claim.since)} (epoch {claim.epoch}){known}"
                yield Concern(Kind.UNPROTECTED, words, backend=active, volume=volume)
                return
            yield Concern(Kind.NO_MIRROR, words, backend=active, volume=volume)
            return
        for name in targets:
            is_hidden = CopyId(name, volume) in self.standing.hidden
            if self.standing.sites[name].svm and not is_hidden and self.standing.copy(name, volume) is None:
                yield Concern(Kind.NOT_MIRRORED_HERE, words, backend=name, volume=volume)

    def _last_mirrored(self, volume: str, unseen: Sequence[str], claim: HeldClaim | None) -> str | None:
        """When runs from here last carried it to back ends that cannot be seen, since it is served where it is.

        Of all volumes there the one that is longest ago is told: many are one message.
        """
        group, told = self.standing.group, []
        for name in unseen:
            cluster = group.backend(name).cluster
            at = group.mirrored.get((cluster, volume))
            if at is not None and claim is not None and at >= claim.claim.since:
                told.append(f"{name}, on {moment_text(self._earliest(cluster, claim.claim.since))} or later")
        return f"runs from here mirrored it last to {'; '.join(told)}" if told else None

    def _earliest(self, cluster: str, since: datetime) -> datetime:
        """When runs from here last carried that volume there which is longest ago, of those that they did since."""
        if (cluster, since) not in self._carried:
            mirrored = self.standing.group.mirrored.items()
            self._carried[cluster, since] = min(at for (there, _), at in mirrored if there == cluster and at >= since)
        return self._carried[cluster, since]

    def _what_mirrors(self, volume: str, targets: Sequence[str]) -> str:
        """What helps where nothing mirrors a volume: `apply` leaves each copy that is no mirror of it as it is."""
        group = self.standing.group.name
        if not targets:
            if by_hand := first_copy_there(self.standing):
                return by_hand
            return f"datamotion reprotect {group} mirrors it to its home again, and says first what that gives up"
        copies = [self.standing.copy(name, volume) for name in targets if self.standing.sites[name].svm is not None]
        if not copies:
            return (
                f"none of its targets can be seen: once one is, what mirrors it is told; datamotion apply {group} makes"
                " mirrors at another one, once the configuration names it"
            )
        if all(copy is not None and (copy.is_writable or self.freshness.is_fresh(copy) is False) for copy in copies):
            return f"none of its targets in sight follows it: datamotion reprotect {group} turns them round"
        return f"datamotion apply {group} makes mirrors where it can"
