"""Bringing a group to where every volume is mirrored from the copy that serves it to every target, as configured.

Nothing here discards data, but for copies of what serves that are made anew by consent. A mirror that was broken off is
never resynced: its destination may hold newer writes.
Copies that were overtaken are fenced, wherever they are; and every site that can be reached learns who serves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from datamotion.model.claim import Claim
from datamotion.model.group import Group
from datamotion.model.plan import Gate, Loss, Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, CopyId, Doubt, DoubtKind, Standing
from datamotion.model.words import Operation, Role
from datamotion.policy.clients.fence import Occasion, fence, fenced, overtaken
from datamotion.policy.copies.common_snapshots import keep_common
from datamotion.policy.copies.grounds import ground_notes
from datamotion.policy.epochs import new_claim, take, tell_served
from datamotion.policy.home import targets_of
from datamotion.policy.mirrors.marking import active_mark, mark_active
from datamotion.policy.mirrors.pause import paused_notes
from datamotion.policy.mirrors.unlisted import Unlisted
from datamotion.policy.obstacles import copy_obstacle, unknown_server
from datamotion.policy.protect.converge import Converging
from datamotion.policy.protect.notes import is_left_behind, serving_notes, unlisted_notes, without_room
from datamotion.policy.protect.refusals import group_refusal, unseen_source
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import StepList

_TAKE_BECAUSE = "the clusters themselves say who serves: this site has not been told yet"
_NAMED = frozenset(
    {
        DoubtKind.TWO_SERVE,
        DoubtKind.SERVES_AND_RECEIVES,
        DoubtKind.VANISHED,
        DoubtKind.UNREADABLE,
        DoubtKind.AMBIGUOUS,
        DoubtKind.REPLACED,
        DoubtKind.LEFT_OUT,
        DoubtKind.NOTHING_SELECTED,
        DoubtKind.FOREIGN_SOURCE,
        DoubtKind.UNSEEN_CLAIM,
    }
)


def protect_planner(
    group: Group, *, makes_peers: bool = False, recreate: Collection[str] = (), only: str | None = None
) -> Planner:
    """The planner for `datamotion plan` and `datamotion apply`. `makes_peers`: of clusters, too.

    `recreate` are back ends at which mirrors that no update mends are deleted and made anew. `only`: mirrors at others
    are left as they are.
    """

    def plan(situation: Situation) -> Plan:
        standing = situation.now
        if refusal := group_refusal(standing):
            return _fenced_alone(situation, refusal)
        return _plan_all(situation, makes_peers, recreate, only)

    return plan


def _plan(
    standing: Standing,
    due: StepList | None = None,
    refusals: Sequence[Refusal] = (),
    losses: Sequence[Loss] = (),
    notes: Sequence[Remark] = (),
    holds: frozenset[tuple[str, str | None]] = frozenset(),
    lacks: frozenset[tuple[str, str | None]] = frozenset(),
) -> Plan:
    group, serving = standing.group, standing.serving
    source = serving.backend if serving else group.home.name
    targets = ", ".join(each.backend.name for each in targets_of(standing) if each.backend.name != source)
    return Plan(
        operation=Operation.PROTECT,
        group=group.name,
        title=f"Protect {group.name}: {source} to {targets}" if targets else f"Protect {group.name}: {source}",
        steps=due.steps() if due else (),
        refusals=tuple(refusals),
        losses=tuple(losses),
        notes=tuple(notes),
        holds=holds,
        lacks=lacks,
    )


def _fenced_alone(situation: Situation, refusal: Refusal) -> Plan:
    """Where who serves is out of sight nothing can be mirrored; what it overtook lets nobody in all the same."""
    standing, due = situation.now, StepList()
    if refusal.unseen is None or not overtaken(situation.first):
        return _plan(standing, refusals=[refusal])
    take(due, standing, _claim(situation), because=_TAKE_BECAUSE, gate=Gate.EACH)
    refusals = [replace(refusal, backend=_serving(standing)), *_fence(due, standing)]
    holds = frozenset(copy.id for copy in fenced(standing))
    return _plan(standing, due, refusals, notes=serving_notes(standing), holds=holds)


def _fence(due: StepList, standing: Standing) -> list[Refusal]:
    because = f"they were taken over in epoch {max(standing.epochs, default=1)}: two must not serve the same volume"
    return fence(due, standing, overtaken(standing), Occasion(because))


def _plan_all(situation: Situation, makes_peers: bool, recreate: Collection[str], only: str | None) -> Plan:
    standing, due = situation.now, StepList()
    group = standing.group
    refusals = [_refusal(doubt) for doubt in standing.doubts if doubt.kind in _NAMED]
    if not _is_contested(standing):
        take(due, standing, _claim(situation), because=_TAKE_BECAUSE, gate=Gate.EACH)
        tell_served(due, standing, but=())
    refusals += _fence(due, standing)
    by_source, holds = _mark_all(standing, due, refusals)
    losses: list[Loss] = []
    paused: list[Copy] = []
    later: list[Remark] = []
    for target in targets_of(standing):
        if only not in (None, target.backend.name):
            continue
        site = standing.sites[target.backend.name]
        if site.unseen is not None:
            refusals.append(
                Refusal(backend=target.backend.name, text=site.unseen.reason, hint=site.unseen.hint, unseen=site.unseen)
            )
            continue
        for source, copies in by_source.items():
            if source != target.backend.name:
                anew = target.backend.name in recreate
                converging = Converging(situation, target, source, due, makes_peers=makes_peers, recreates=anew)
                converging.plan(copies)
                refusals += converging.refusals
                losses += converging.losses
                holds |= converging.holds
                paused += converging.paused
                later += converging.notes()
    keep_common(due, situation, by_source)
    holds |= {copy.id for copy in fenced(standing)}
    unlisted = _unlisted(situation.first, holds)
    notes = [*serving_notes(standing), *paused_notes(group.name, paused), *later, *ground_notes(standing)]
    notes += [*without_room(standing, by_source), *unlisted_notes(group.name, unlisted)]
    lacks = _not_mirrored_back(standing, by_source) if only in (None, group.home.name) else frozenset()
    lacks |= frozenset(copy.id for copy in unlisted)
    plan = _plan(standing, due, refusals, losses, notes, frozenset(holds), lacks)
    return plan if _is_contested(standing) else replace(plan, claim=replace(_claim(situation), code=""))


def _unlisted(first: Standing, holds: Collection[tuple[str, str | None]]) -> list[Copy]:
    """Of the mirrors that are as wanted, those of which nobody knows whether they will receive.

    What sources list is looked at once: it tells nothing of a mirror that a run makes.
    """
    unlisted = Unlisted(first)
    mirrors = (copy for copy in first.copies.values() if copy.id in holds and copy.role is Role.MIRROR)
    return [copy for copy in mirrors if unlisted.has(copy)]


def _not_mirrored_back(standing: Standing, by_source: Mapping[str, list[Copy]]) -> frozenset[tuple[str, str | None]]:
    """The mirrors that the home lacks of what others serve, while none is there: nothing here makes the first."""
    home = standing.group.home.name
    if not is_left_behind(standing):
        return frozenset()
    others = (copies for source, copies in by_source.items() if source != home)
    return frozenset((home, copy.id.volume) for copies in others for copy in copies)


def _refusal(doubt: Doubt) -> Refusal:
    return Refusal(volume=doubt.volume, backend=doubt.backend, text=doubt.text, hint=doubt.hint)


def _is_contested(standing: Standing) -> bool:
    """Whether two back ends were taken over and neither overtook the other: then no site can be told which."""
    return len(standing.contenders) > 1


def _claim(situation: Situation) -> Claim:
    """The newest claim, so that every site learns of it; for a group that nobody claimed, that its home serves."""
    standing = situation.now
    if standing.claims:
        return standing.claims[0].claim
    return new_claim(situation, standing.group.home.name, 1, served=True)


def _mark_all(
    standing: Standing, due: StepList, refusals: list[Refusal]
) -> tuple[Mapping[str, list[Copy]], set[tuple[str, str | None]]]:
    """Active copies in sight by back end, with their marks on the way; and those whose marks are as wanted."""
    by_source: dict[str, list[Copy]] = {}
    holds: set[tuple[str, str | None]] = set()
    told = {refusal.volume for refusal in refusals}
    for volume in standing.volumes:
        active = standing.active[volume]
        copy = standing.copies.get(active or _at_home(standing, volume))
        obstacle = copy_obstacle(copy) if copy else None
        if active is None and obstacle is None and volume not in told:
            obstacle = unknown_server(standing, volume)
        if obstacle is not None:
            refusals.append(Refusal(volume=volume, text=obstacle[0], hint=obstacle[1]))
            continue
        if active is None:
            continue
        if copy is None:
            refusals += unseen_source(standing, active)
            continue
        if refusal := mark_active(due, standing, copy):
            refusals.append(refusal)
            continue
        by_source.setdefault(copy.id.backend, []).append(copy)
        if active_mark(standing, copy) == copy.mark:
            holds.add(copy.id)
    return by_source, holds


def _serving(standing: Standing) -> str:
    return standing.claims[0].backend if standing.claims else standing.group.home.name


def _at_home(standing: Standing, volume: str) -> CopyId:
    return CopyId(_serving(standing), volume)
