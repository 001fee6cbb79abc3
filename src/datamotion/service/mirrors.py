"""The use cases that are about mirrors one by one: of some or all volumes of a group, at one target or at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from datamotion.errors import ConfigError
from datamotion.model.group import Group
from datamotion.model.names import is_plain
from datamotion.model.view import LETTING_IN, STANDING, TURNING, Aspect
from datamotion.model.words import Operation
from datamotion.policy.copies.divergence import Sizes, to_measure
from datamotion.policy.drills.ends import sweeping
from datamotion.policy.mirrors.abort import abort_planner
from datamotion.policy.mirrors.breaking import break_planner
from datamotion.policy.mirrors.pause import pause_planner, resume_planner
from datamotion.policy.mirrors.resync import newest_common, resync_planner
from datamotion.policy.reprotect.reprotect import reprotect_planner
from datamotion.policy.reprotect.turning import Consent
from datamotion.policy.selection import Selection
from datamotion.policy.situation import Planner
from datamotion.service.intents import Intent, Measuring, check_is_backend, check_is_no_migration, glances_of


def pause(group: Group, selection: Selection, *, timeout: timedelta, reason: str | None = None) -> Intent:
    """No transfer starts any more, and none runs: one that does is aborted after `timeout`.

    Raises: ConfigError for a back end that is not the group's, or a reason that is more than a line of text.
    """
    if reason is not None and not is_plain(reason):
        raise ConfigError("the reason holds what is no text", hint="give it on one line, without control characters")
    check_is_backend(group, selection.at)
    planner = pause_planner(group, selection, reason=reason or None, timeout=timeout)
    return Intent(operation=Operation.PAUSE, group=group, planner=planner, glances=glances_of(group, STANDING))


def resume(group: Group, selection: Selection) -> Intent:
    """Paused mirrors follow their schedules again, whoever paused them. Raises: ConfigError."""
    check_is_backend(group, selection.at)
    planner = resume_planner(group, selection)
    return Intent(operation=Operation.RESUME, group=group, planner=planner, glances=glances_of(group, STANDING))


def abort(group: Group, selection: Selection) -> Intent:
    """The transfers that run now are stopped. Raises: ConfigError."""
    check_is_backend(group, selection.at)
    planner = abort_planner(group, selection)
    return Intent(operation=Operation.ABORT, group=group, planner=planner, glances=glances_of(group, STANDING))


def break_off(group: Group, selection: Selection) -> Intent:
    """Mirrors at one back end become writable; nothing is served from them. Raises: ConfigError."""
    check_is_backend(group, selection.at)
    planner = break_planner(group, selection)
    return Intent(operation=Operation.BREAK, group=group, planner=planner, glances=glances_of(group, STANDING))


def resync(group: Group, selection: Selection, *, discard: str | None = None) -> Intent:
    """Copies at one back end that were broken off become mirrors again.

    `discard` is that back end, where what was written there may be given up. Raises: ConfigError.
    """
    check_is_backend(group, selection.at)
    if discard not in (None, selection.at):
        raise ConfigError(
            f"--discard {discard} is not the back end that is resynced, {selection.at}",
            hint="what is given up is what was written at the copies that become mirrors again",
        )

    def planner(sizes: Sizes) -> Planner:
        return resync_planner(group, selection, discard=discard is not None, sizes=sizes)

    return Intent(
        operation=Operation.RESYNC,
        group=group,
        planner=planner({}),
        glances=glances_of(group, LETTING_IN | {Aspect.SNAPSHOTS}),
        measuring=Measuring(wanted=lambda standing: newest_common(standing, selection), planner=planner),
    )


def reprotect(group: Group, *, discard: Collection[str] = (), keep: bool = True) -> Intent:
    """Every other back end mirrors what serves, the home too.

    `discard` are back ends of which what only they hold may be given up; with `keep` a clone of it is made first.
    Raises: ConfigError.
    """
    check_is_no_migration(group)
    for each in discard:
        check_is_backend(group, each)
    consent = Consent(discard=frozenset(discard), keep=keep)

    def planner(sizes: Sizes) -> Planner:
        return sweeping(reprotect_planner(group, consent, sizes), group)

    return Intent(
        operation=Operation.REPROTECT,
        group=group,
        planner=planner({}),
        glances=glances_of(group, TURNING),
        measuring=Measuring(wanted=to_measure, planner=planner),
    )
