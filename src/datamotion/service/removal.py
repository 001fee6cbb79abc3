"""The use cases that take something away: mirrors that end, and what is left over of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from datamotion.model.group import Group
from datamotion.model.view import REMOVING, Aspect
from datamotion.model.words import Operation
from datamotion.policy.drills.ends import sweeping
from datamotion.policy.removal.forget import forget_planner
from datamotion.policy.removal.gc import gc_planner
from datamotion.policy.removal.unprotect import unprotect_planner
from datamotion.service.intents import Intent, check_is_backend, glances_of


def unprotect(group: Group, volumes: Sequence[str] = (), *, delete_copies: bool = False) -> Intent:
    """End the mirrors of these volumes, of all where none is named, and take them out of the group."""
    ending = unprotect_planner(group, volumes, delete_copies=delete_copies)
    planner = sweeping(ending, group, whole=delete_copies or not volumes)  # a volume with clones cannot be deleted
    # What is small may hold a file all the same: what is deleted as empty was seen to have no snapshot.
    glances = glances_of(group, REMOVING | ({Aspect.SNAPSHOTS} if delete_copies else set()))
    return Intent(operation=Operation.UNPROTECT, group=group, planner=planner, glances=glances, by_name=not volumes)


def forget(group: Group, backend: str) -> Intent:
    """End what the other back ends hold for one that will not come back. Raises: ConfigError for an unknown one."""
    check_is_backend(group, backend)
    glances = glances_of(group, REMOVING)
    return Intent(operation=Operation.FORGET, group=group, planner=forget_planner(group, backend), glances=glances)


def gc(group: Group, configured: Collection[str]) -> Intent:
    """Remove what is left over of a group. `configured` are all groups of the configuration."""
    planner = sweeping(gc_planner(group, frozenset(configured)), group, known=frozenset(configured))
    return Intent(operation=Operation.GC, group=group, planner=planner, glances=glances_of(group, REMOVING))
