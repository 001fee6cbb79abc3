"""The way back of a migration by mirrors: clients are let in again, the mirrors go, and all that told of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

from datamotion.model.group import Backend
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, DoubtKind, Standing
from datamotion.model.volume_records import Snapshot
from datamotion.model.words import Operation, Role, VolumeType
from datamotion.policy.copies.common import common, snapshots_of
from datamotion.policy.copies.frozen import last_prefix
from datamotion.policy.copies.health import RECEIVING
from datamotion.policy.failover.thaw import frozen_copies, thaw_planner
from datamotion.policy.movers.finish import delete_claims
from datamotion.policy.movers.offer import Leaving
from datamotion.policy.movers.unmarked import unmarked
from datamotion.policy.removal.ending import Ending
from datamotion.policy.situation import Planner, Situation


def undo_planner(migration: Leaving, made_at: Sequence[Backend]) -> Planner:
    """`made_at` are the back ends at which all that belongs to its group was put by the migration.

    Where somebody else brings the group to a back end that is not known here, only what is at these goes.
    """
    thawing, names = thaw_planner(migration.group), frozenset(each.name for each in made_at)
    goes_too = partial(_is_superseded, migration.source.name)

    def plan(situation: Situation) -> Plan:
        standing, title = situation.now, f"Undo the migration to {migration.to.name}"
        newest = standing.claims[0] if standing.claims else None
        if newest is not None and newest.backend == migration.to.name:
            text = f"{migration.to.name} has been taken over in epoch {newest.epoch}: there is only the way forward"
            refusal = Refusal(text=text, hint="the same command without --abort goes on with it")
            return Plan(operation=Operation.MIGRATE, group=migration.name, title=title, refusals=(refusal,))
        marked = [each for each in situation.first.volumes if any(it.mark for it in situation.first.copies_of(each))]
        leaving = [each for each in marked if each in standing.active]
        because = "they were made by it, and nothing serves them"
        ending = Ending(situation, leaving, delete_copies=True, at=names, because=because, goes_too=goes_too)
        ending.plan()
        losses, thawed = tuple(ending.losses), thawing(situation)
        elsewhere = [each for each in standing.doubts if each.kind is DoubtKind.TAKEN_ELSEWHERE and made_at]
        if frozen_copies(standing) and not elsewhere:
            return replace(thawed, operation=Operation.MIGRATE, title=title, losses=losses, part="thaw")
        left = () if ending.due.steps() else (*unmarked(migration, standing), *_unseen(migration, standing, names))
        if not (ending.due.steps() or ending.refusals or left):
            for each in made_at:
                delete_claims(ending.due, migration.name, standing.sites[each.name])
        return Plan(
            operation=Operation.MIGRATE,
            group=migration.name,
            title=title,
            steps=ending.due.steps(),
            losses=losses,
            refusals=(*ending.refusals, *left),
            notes=(*ending.notes(), *(Remark(f"Who is kept away stays so: {each.text}.") for each in elsewhere[:1])),
            holds=ending.holds() | thawed.holds,
        )

    return plan


def _unseen(migration: Leaving, standing: Standing, made_at: Collection[str]) -> Iterator[Refusal]:
    """That what it made where it went is there still, as far as anybody knows."""
    to = migration.to.name
    if to in made_at and (unseen := standing.sites[to].unseen) is not None:
        yield Refusal(
            backend=to,
            text=f"whether anything that was made at {to} is left cannot be seen: {unseen.reason}",
            hint="once it answers, the same command again takes that away",
            unseen=unseen,
        )


def _is_superseded(source: str, standing: Standing, copy: Copy) -> bool:
    """Whether it is a mirror of what is at `source`, never writable, and all that it holds is elsewhere too.

    So is what was made by a migration before somebody served the group elsewhere: what it mirrors serves no more.
    """
    if copy.mark is None or copy.role not in (Role.MIRROR, Role.DETACHED) or copy.volume.type is not VolumeType.DP:
        return False
    if copy.edge is not None and copy.edge.relationship.state not in RECEIVING:
        return False
    others = [each for each in standing.copies_of(copy.id.volume) if each.id != copy.id]
    found = (common(standing, copy, each) for each in others)
    if any(each.newest is not None and not each.beyond for each in found):
        return True
    held = snapshots_of(standing, copy)
    active = standing.active.get(copy.id.volume)
    served = standing.copies.get(active) if active is not None else None
    return bool(held) and served is not None and _has_followed(standing, source, served, held[-1])


def _has_followed(standing: Standing, source: str, served: Copy, state: Snapshot) -> bool:
    """Whether what serves holds a last snapshot of what was at `source`, taken no earlier than this state of it.

    In the second in which that was taken clients were kept away: a state of the same second holds no more.
    """
    ended = (later.epoch for later, before in pairwise(standing.claims) if before.backend == source)
    prefixes = tuple(last_prefix(each) for each in ended)
    lasts = (each for each in snapshots_of(standing, served) if each.name.startswith(prefixes))
    return any(state.created_at <= each.created_at for each in lasts)
