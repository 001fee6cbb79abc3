"""A protected group brought to another home with all its mirrors: they follow it there from snapshots that both hold.

It is the group's own marks, claims and lock by which that goes: its volumes are mirrored to where they are to live,
served there as by a planned failover, its other mirrors told to follow, and the old home parted from last.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from datamotion.model.group import Group
from datamotion.model.group_migration import GroupMigration
from datamotion.model.migration import ALL_SNAPSHOTS
from datamotion.model.plan import Loss, Offer, Plan
from datamotion.model.standing import Copy, Standing
from datamotion.model.units import size_text
from datamotion.policy.copies.common import common
from datamotion.policy.failover.thaw import frozen_copies
from datamotion.policy.home import as_new_home
from datamotion.policy.movers.arriving import Arriving
from datamotion.policy.movers.course import Course, Part, Words, followed_by, old_volumes
from datamotion.policy.movers.finish import is_turned
from datamotion.policy.movers.group_obstacles import exchanged, members, mirrored, why_not
from datamotion.policy.movers.offer import Mover, seconds_for
from datamotion.policy.movers.undo import undo_planner
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.reprotect.reprotect import reprotect_planner
from datamotion.policy.reprotect.turning import Consent
from datamotion.policy.situation import Planner, Situation


def title(migration: GroupMigration) -> str:
    return f"Bring {migration.name} from {migration.source.name} to {migration.to.name}, and its mirrors with it"


def _offer(migration: GroupMigration, standing: Standing) -> Offer:
    data = sum(each.volume.used_bytes for each in members(migration, standing))
    data += sum(served.volume.used_bytes for served, _ in _carried_anew(migration, standing))
    return Offer(
        mechanism="SnapMirror, cut-over, and its mirrors follow",
        data=data,
        seconds=seconds_for(data),
        interruption="Clients wait for the last update, seconds, and find the volumes at another address",
        needs="peers; SnapMirror at all ends; room in the aggregate",
        why_not=why_not(migration, standing),
    )


def _carried_anew(migration: GroupMigration, standing: Standing) -> Iterator[tuple[Copy, Copy]]:
    """Those of which no snapshot will be common with what is served where the group goes, and what serves them now.

    What is mirrored there with all its snapshots holds what the source does; else it is what it is seen to hold.
    """
    target = migration.group.target(migration.to.name)
    brings_all = target is not None and target.policy == ALL_SNAPSHOTS
    for served, mirror in mirrored(migration, standing):
        new = standing.copy(migration.to.name, served.id.volume)
        held_by = served if brings_all or new is None else new
        is_held = (brings_all or new is not None) and common(standing, mirror, held_by).newest is not None
        is_there = served.id.backend == migration.to.name and mirror.edge and mirror.edge.source == served.id
        if not (is_held or is_there or mirror.is_writable):
            yield served, mirror


def _losses(migration: GroupMigration, situation: Situation) -> tuple[Loss, ...]:
    """The old volumes, and copies that are made anew: those that are until then no copies."""
    here = members(migration, situation.now)
    turned = [each for each in here if is_turned(migration, situation.now, each.id.volume)]
    source = migration.source.name
    return (
        *old_volumes(migration, (each.id.volume for each in here if each not in turned)),
        *(
            Loss(
                volume=mirror.id.volume,
                backend=source,
                given_up_at=source,
                kept=None,
                age=None,
                text=f"the copy at {source}, a mirror of what {migration.to.name} serves, and every snapshot in it",
            )
            for mirror in ([] if migration.keeps_source else turned)
        ),
        *(
            Loss(
                volume=mirror.id.volume,
                backend=mirror.id.backend,
                given_up_at=mirror.id.backend,
                kept=None,
                age=None,
                text=f"the copy at {mirror.id.backend}, until {size_text(served.volume.used_bytes)} are carried there"
                " anew: it has no snapshot in common with where the group goes",
            )
            for served, mirror in _carried_anew(migration, situation.first)
        ),
    )


def _then(migration: GroupMigration, part: Part, standing: Standing) -> tuple[str, ...]:
    anew = {mirror.id.backend for _, mirror in _carried_anew(migration, standing)}
    following = [each.backend.name for each in migration.others]
    behind = [
        f"{name} is told to mirror {migration.to.name}, "
        + ("and what has no snapshot in common is carried there anew." if name in anew else "with no new baseline.")
        for name in following
    ]
    return (*followed_by(migration, part, behind), f"When it is done, {to_configure(migration)}")


def to_configure(migration: GroupMigration) -> str:
    """What is left to a person."""
    return f"{as_new_home(migration.of, migration.to.name)}."


def without_home(of: Group, to: str) -> str:
    """By what clients are let in where its home is lost and the group was on its way from there."""
    added = "" if of.target(to) else f"name {to} among the targets of {of.name} in the configuration, and "
    return f"if {of.home.name} is lost: {added}datamotion failover {of.name} --to {to}"


def without_source(migration: GroupMigration, standing: Standing) -> str | None:
    """The same as it stands: it goes on where it is decided; before that any back end can take over."""
    newest, group = standing.claims[0] if standing.claims else None, migration.of
    if newest is None or newest.backend != migration.to.name:
        return f"if {group.home.name} is lost: datamotion failover {group.name} shows what that gives up, and asks"
    return without_home(group, migration.to.name) if newest.served is None else None


def is_over(migration: GroupMigration, standing: Standing) -> bool:
    """Whether it is served where it was to go, and nothing at its old home tells of it any more: that goes last."""
    newest, source = standing.claims[0] if standing.claims else None, migration.source.name
    if newest is None or newest.served is None or newest.backend != migration.to.name:
        return False
    if standing.sites[source].unseen is not None or any(source in each.at for each in standing.claims):
        return False
    return all(each.mark is None for each in standing.copies.values() if each.id.backend == source)


def _ongoing(migration: GroupMigration, standing: Standing) -> bool:
    newest, to = standing.claims[0] if standing.claims else None, migration.to.name
    if newest is not None and newest.backend == to:
        return not is_over(migration, standing)
    if migration.is_to_target:
        return bool(frozen_copies(standing))
    return any(to in each.at for each in standing.claims) or any(each.backend == to for each in standing.copies)


def _planner(migration: GroupMigration) -> Planner:
    group, source = migration.group, migration.source.name
    words = Words(
        title=title(migration),
        losses=lambda situation: _losses(migration, situation),
        then=lambda part, standing: _then(migration, part, standing),
    )

    def following(situation: Situation) -> Planner:
        anew = {mirror.id.backend for _, mirror in _carried_anew(migration, situation.first)}
        writable = {mirror.id.backend for _, mirror in mirrored(migration, situation.first) if mirror.is_writable}
        # All that these hold was carried over: who served them was kept as it was, up to its last snapshot.
        consent = Consent(discard=frozenset(anew - writable), keep=False)
        return reprotect_planner(group, consent, but=source)

    course = Arriving(
        migration,
        Course(
            migration,
            words,
            mirroring=protect_planner(group, only=migration.to.name),
            following=lambda situation: following(situation)(situation),
        ),
    )

    def plan(situation: Situation) -> Plan:
        planned = course(situation)
        then = (*planned.then, *_instead(migration, situation.now)) if planned.steps else planned.then
        return replace(planned, options=migration.options, then=then)

    return plan


def _instead(migration: GroupMigration, standing: Standing) -> Iterator[str]:
    """That the old home need not go, where it mirrors the new one: the configuration alone is left to change then."""
    group, home, to = migration.name, migration.source.name, migration.to.name
    if any(is_turned(migration, standing, each.id.volume) for each in members(migration, standing)):
        yield (
            f"Or none of this: {home} mirrors what {to} serves. To keep it so, change the configuration alone:"
            f" {exchanged(group, home, to)}."
        )


def _way_back(migration: GroupMigration) -> Planner:
    undoing = undo_planner(migration, () if migration.is_to_target else (migration.to,))
    options = (f"--to {migration.to.name}", "--abort")  # nothing serves there afterwards, as a plan's back end would
    return lambda situation: replace(undoing(situation), options=options)


GROUP_HOME = Mover(
    offer=_offer,
    is_meant=lambda migration, standing: True,
    ongoing=_ongoing,
    planner=_planner,
    way_back=_way_back,
)
