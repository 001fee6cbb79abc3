"""The use cases that make mirrors and bring them up to date."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.group import Group
from datamotion.model.view import EVERYTHING, STANDING, Aspect
from datamotion.model.words import Operation
from datamotion.policy.drills.ends import sweeping
from datamotion.policy.mirrors.cluster_peering import unpeered
from datamotion.policy.mirrors.update import update_planner
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.protect.taking_up import to_compare
from datamotion.service.intents import Intent, check_is_backend, check_is_no_migration, glances_of


def protect(group: Group, *, makes_peers: bool = False, recreate: Collection[str] = ()) -> Intent:
    """Mirror every volume of the group from where it is served to every target, as configured.

    `makes_peers`: clusters that are to be peers are made that. Where they are reached is looked at only where they are
    none, and what copies hold only where they have lost their relationships. `recreate` are back ends at which mirrors
    that no update mends are deleted and made anew.
    Raises: ConfigError for one that is no back end of the group, and where the group is a migration.
    """
    check_is_no_migration(group)
    for each in recreate:
        check_is_backend(group, each)
    aspects = EVERYTHING | {Aspect.LEGS, *([Aspect.DESTINATIONS] if recreate else [])}
    return Intent(
        operation=Operation.PROTECT,
        group=group,
        planner=sweeping(protect_planner(group, makes_peers=makes_peers, recreate=frozenset(recreate)), group),
        glances=glances_of(group, aspects),
        more=glances_of(group, aspects | {Aspect.INTERFACES, Aspect.SNAPSHOTS}),
        also=lambda standing: unpeered(standing) | to_compare(standing),
    )


def update(group: Group) -> Intent:
    """Carry what is served now to every mirror of it."""
    glances = glances_of(group, STANDING)
    return Intent(
        operation=Operation.UPDATE, group=group, planner=sweeping(update_planner(group), group), glances=glances
    )
