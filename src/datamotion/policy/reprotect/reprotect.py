"""Mirroring what serves to every other back end again, the home too: from common snapshots, and nothing goes unasked.

After a failover the other targets follow a copy that does not serve any more, and the one that served before holds what
it took since. Each becomes a mirror of the copy that serves. A back end that cannot be seen is left for later; what is
a mirror of what serves already is left as it is, but goes on where it is paused and `pause` did not do it. Whatever is
agreed to, copies that were overtaken are fenced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType

from datamotion.model.group import Group, Target
from datamotion.model.plan import Gate, Loss, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, DoubtKind, Standing
from datamotion.model.units import size_text
from datamotion.model.words import Operation, Role
from datamotion.policy.clients.fence import Occasion, fence, overtaken, unseen_sessions
from datamotion.policy.copies.divergence import Sizes
from datamotion.policy.copies.losses import worst_first
from datamotion.policy.epochs import take, tell_served
from datamotion.policy.home import first_copy_there, home_as_target
from datamotion.policy.mirrors.listings import Entry, entries
from datamotion.policy.mirrors.marking import active_mark, mark_active
from datamotion.policy.mirrors.pause import ended_pauses, pauses_again
from datamotion.policy.mirrors.update import group_refusal
from datamotion.policy.needs import names_text
from datamotion.policy.obstacles import unknown_server
from datamotion.policy.reprotect.turning import Consent, Turning
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import StepList

_TAKE_BECAUSE = "the clusters themselves say who serves: this site has not been told yet"
_FENCE_BECAUSE = "they were taken over: what clients write there is in no other copy"
_LEFT_ALONE = frozenset({DoubtKind.UNREADABLE, DoubtKind.AMBIGUOUS, DoubtKind.REPLACED})


def reprotect_planner(
    group: Group, consent: Consent, sizes: Sizes = MappingProxyType({}), *, but: str | None = None
) -> Planner:
    """The planner for `datamotion reprotect`. `sizes` are what was told of snapshots that `to_measure` names.

    `but` is a back end that mirrors nothing: it is only fenced.
    """

    def plan(situation: Situation) -> Plan:
        standing = situation.now
        title = f"Mirror what serves {group.name} to its other back ends again"
        if refusal := group_refusal(standing) or _taken_meanwhile(situation):
            return Plan(
                operation=Operation.REPROTECT,
                group=group.name,
                title=title,
                refusals=(refusal,),
                options=consent.options,
            )
        reprotecting = _Reprotecting(situation, consent, sizes, but)
        reprotecting.plan()
        return Plan(
            operation=Operation.REPROTECT,
            group=group.name,
            title=title,
            steps=reprotecting.due.steps(),
            losses=worst_first(reprotecting.losses),
            refusals=tuple(reprotecting.refusals),
            notes=tuple(reprotecting.notes),
            holds=frozenset(reprotecting.holds),
            options=consent.options,
            backend=standing.serving.backend if standing.serving else None,
            epoch=standing.claims[0].epoch if standing.claims else None,
        )

    return plan


def _taken_meanwhile(situation: Situation) -> Refusal | None:
    """What was agreed to was about who served then."""
    before, now = ([each.claim.key for each in it.claims[:1]] for it in (situation.first, situation.now))
    if before == now:
        return None
    newest, group = situation.now.claims[0], situation.now.group.name
    text = f"{newest.backend} took {group} over in epoch {newest.epoch} meanwhile: nothing more is turned round"
    return Refusal(text=text, hint="run the same command again: it shows what is to be done by now")


class _Reprotecting:
    def __init__(self, situation: Situation, consent: Consent, sizes: Sizes, but: str | None) -> None:
        self._situation = situation
        self._standing = situation.now
        self._consent = consent
        self._sizes = sizes
        self._but = but
        self._turned: set[str] = set()
        self.due = StepList()
        self.refusals: list[Refusal] = []
        self.losses: list[Loss] = []
        self.notes: list[Remark] = []
        self.holds: set[tuple[str, str | None]] = set()

    def plan(self) -> None:
        standing = self._standing
        self.refusals += _unseen(standing)
        doubts = [each for each in standing.doubts if each.kind in _LEFT_ALONE]
        self.refusals += [Refusal(volume=it.volume, backend=it.backend, text=it.text, hint=it.hint) for it in doubts]
        if len(standing.contenders) == 1:
            take(self.due, standing, standing.claims[0].claim, because=_TAKE_BECAUSE, gate=Gate.EACH)
            tell_served(self.due, standing, but=())
        self.refusals += fence(self.due, standing, overtaken(standing), Occasion(_FENCE_BECAUSE))
        self.notes += unseen_sessions(standing, overtaken(standing))
        by_source = self._by_source({each.volume for each in doubts})
        listed: dict[str, list[Entry]] = {}
        for entry in entries(standing):
            listed.setdefault(entry.source.id.volume, []).append(entry)
        for target in _targets(standing):
            if target.backend.name == self._but or standing.sites[target.backend.name].svm is None:
                continue
            for source, copies in by_source.items():
                if source != target.backend.name:
                    turning = Turning(self._situation, target, source, self.due, self._consent, listed, self._sizes)
                    turning.plan(copies)
                    self._take(target, source, turning)
        concerned = {volume for _, volume in self.holds} | self._turned
        self._mark([each for copies in by_source.values() for each in copies if each.id.volume in concerned])

    def _by_source(self, left: set[str | None]) -> dict[str, list[Copy]]:
        """The copies that serve, by back end; volumes of which nobody can tell are refused."""
        found: dict[str, list[Copy]] = {}
        for volume, active in self._standing.active.items():
            copy = self._standing.copies.get(active) if active is not None else None
            if active is None:
                text, hint = unknown_server(self._standing, volume)
                self.refusals.append(Refusal(volume=volume, text=text, hint=hint))
            elif copy is not None and volume not in left:
                found.setdefault(copy.id.backend, []).append(copy)
        return found

    def _mark(self, copies: Iterable[Copy]) -> None:
        """What mirrors are made from has its mark."""
        for copy in copies:
            if refusal := mark_active(self.due, self._standing, copy):
                self.refusals.append(refusal)
            elif active_mark(self._standing, copy) == copy.mark:
                self.holds.add(copy.id)

    def _take(self, target: Target, source: str, turning: Turning) -> None:
        self.refusals += turning.refusals
        self.losses += turning.losses
        self._turned |= {*(each.id.volume for each in turning.turned), *turning.made}
        self.holds |= turning.holds
        self.notes += _notes(self._standing, target, source, turning)


def _targets(standing: Standing) -> Sequence[Target]:
    home = home_as_target(standing)
    return (*standing.group.targets, home) if home is not None else standing.group.targets


def _unseen(standing: Standing) -> Iterator[Refusal]:
    """Back ends that are left for later: where copies are that serve, and where they are to be mirrors."""
    for site in standing.sites.values():
        name = site.backend.name
        if site.unseen is not None:
            hint = site.unseen.hint or f"when it answers: datamotion reprotect {standing.group.name} goes on with it"
            text = f"{name} is left as it is: {site.unseen.reason}"
            yield Refusal(backend=name, text=text, hint=hint, unseen=site.unseen)
        elif site.svm is None:
            text = f"SVM {site.backend.svm} of {name} is not on {site.backend.cluster}"
            yield Refusal(backend=name, text=text, hint="correct `svm` in the configuration")


def _notes(standing: Standing, target: Target, source: str, turning: Turning) -> Iterator[Remark]:
    name, home = target.backend.name, standing.group.home.name
    if turning.missing:
        again = f"datamotion apply {standing.group.name} makes mirrors of it there"
        if name == home:
            again = first_copy_there(standing) or again
        yield Remark(f"{name} holds no copy of {names_text(turning.missing)}.", again)
    if turning.changed:
        most = max(turning.changed, key=lambda volume: turning.changed[volume])
        total, again = sum(turning.changed.values()), f"datamotion reprotect {standing.group.name}"
        yield Remark(
            f"{name}: {names_text(list(turning.changed))}: {size_text(total)} of blocks changed since the last"
            f" snapshot, most in {most}. ONTAP writes some by itself; if somebody let clients in there meanwhile, what"
            " they wrote goes.",
            f"{again} --discard-divergent {name} keeps a clone of it",
        )
    if turning.turned:
        why = f"what it mirrors does not serve any more, and later no snapshot may be common with {source}"
        yield from ended_pauses(turning.turned, why, pauses_again(standing))
        if name == home:
            schedule = target.schedule or "none of their own"
            follow = f"policy {target.policy}, schedule {schedule}"
            yield Remark(f"{home}: mirrors have what {source} is configured with: {follow}.")
    if turning.clones:
        kept = names_text(list(turning.clones.values()))
        text = f"{name}: kept in {kept}: mounted nowhere, no member of the group."
        yield Remark(text, "Delete it once nobody needs it")
    writable = [copy for copy in turning.turned if copy.is_writable]
    if not writable:
        return
    volumes = names_text([copy.id.volume for copy in writable])
    yield Remark(
        f"{name}: {volumes}: a resync deletes quota rules there, and may switch deduplication and compression off:"
        " neither is put back by this."
    )
    if mounted := [copy.id.volume for copy in writable if copy.volume.path and copy.role is not Role.OVERTAKEN]:
        yield Remark(f"{name}: {names_text(mounted)}: who writes there is cut off.")
