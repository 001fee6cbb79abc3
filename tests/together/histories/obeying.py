"""Somebody who knows nothing and does, to the letter, what reports and `status` say leads on."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from datamotion.errors import DataMotionError
from datamotion.model.group import Group
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.selection import Selection
from datamotion.service import drills, failing_over, mirrors, protecting, removal
from datamotion.service.intents import Intent
from datamotion.service.status import status
from datamotion.service.status_reports import GroupReport, Severity
from datamotion.service.verdict import Verdict
from tests.together.stories import told
from tests.together.world import GROUP

if TYPE_CHECKING:
    from tests.together.histories.history import History

_TAKES = "at|discard|discard-divergent|keep|overrule|to"
_COMMAND = re.compile(
    rf"datamotion (?P<verb>drill stop|[a-z]+)(?P<rest>(?: (?:{GROUP}\b|--(?:{_TAKES}) [A-Za-z0-9_:-]+|--[a-z-]+))*)"
)
_AT_MOST, _TWICE = 45, 2

Options = Mapping[str, Sequence[str]]


def _one(options: Options, name: str) -> str | None:
    return options[name][0] if name in options else None


def _failover(group: Group, options: Options) -> Intent:
    if "abort" in options:
        return failing_over.thaw(group)
    is_planned = True if "planned" in options else False if "unplanned" in options else None
    choice = FailoverChoice(
        to=_one(options, "to"),
        is_planned=is_planned,
        overrule=_one(options, "overrule"),
        best_effort="best-effort" in options,
        allow_partial="allow-partial" in options,
    )
    return failing_over.failover(group, choice)


def _resync(group: Group, at: str | None, discard: str | None) -> Intent:
    return mirrors.resync(group, Selection(at=at), discard=discard)


_VERBS: Mapping[str, Callable[[Group, Options], Intent]] = {
    "apply": lambda group, _: protecting.protect(group),
    "update": lambda group, _: protecting.update(group),
    "reprotect": lambda group, given: mirrors.reprotect(group, discard=given.get("discard-divergent", ())),
    "settle": lambda group, given: failing_over.settle(group, _one(given, "keep") or ""),
    "resume": lambda group, _: mirrors.resume(group, Selection()),
    "resync": lambda group, given: mirrors.resync(
        group, Selection(at=_one(given, "at")), discard=_one(given, "discard")
    ),
    "drill stop": lambda group, _: drills.stop(group),
    "gc": lambda group, _: removal.gc(group, {GROUP}),
    "failover": _failover,
}
"""What changes something. All others only show."""


def commands(hint: str | None) -> Iterator[str]:
    """Those of a hint that change something, in its order.

    >>> list(commands("datamotion reprotect gold --discard-divergent gold-oslo gives that up; datamotion status gold"))
    ['reprotect gold --discard-divergent gold-oslo']
    """
    for found in _COMMAND.finditer(hint or ""):
        if found["verb"] in _VERBS:
            yield f"{found['verb']}{found['rest']}"


def intent(group: Group, command: str) -> Intent:
    """Raises: ConfigError where what was said cannot be meant."""
    verb = next(each for each in _VERBS if command.startswith(each))
    options: dict[str, list[str]] = {}
    words = shlex.split(command[len(verb) :])
    for number, word in enumerate(words):
        if word.startswith("--"):
            value = words[number + 1 : number + 2] if word[2:] in _TAKES.split("|") else []
            options.setdefault(word[2:], []).extend(value)
    return _VERBS[verb](group, options)


async def end_as_told(history: History) -> None:
    """What the last report says comes first, then what `status` says, until nothing is left.

    The same at most twice, unless another command came to its end in between.
    """
    done, said = Counter[str](), list[str | None]()
    for _ in range(_AT_MOST):
        group = await _group(history)
        hints = [*said, *(each.hint for each in group.concerns)]
        command = next((each for hint in hints for each in commands(hint) if done[each] < _TWICE), None)
        if command is None:
            break
        done[command] += 1
        said, is_done = await _do(history, command)
        done = Counter({command: done[command]}) if is_done else done
        await history.check()
    group = await _group(history)
    left = [f"{each.text} ({each.hint})" for each in group.concerns if each.severity is not Severity.NOTE]
    assert (left, group.serving is None) == ([], False), history.as_told(f"left: {left}")


async def _do(history: History, command: str) -> tuple[list[str | None], bool]:
    """What is said to be done next; whether this came to its end."""
    place = history.story.place
    try:
        report = await place.run(intent(place.session.group(GROUP), command))
    except DataMotionError as error:
        history.told.append(f"obeyed: {command}\n  {error} ({error.hint})")
        return [error.hint], False
    history.told.append(f"obeyed: {command}\n  {told(report)}")
    refused, ended = [each.hint for each in report.refusals], [each.hint for each in report.volumes]
    return [*refused, *ended, *(each.hint for each in report.notes)], report.verdict is Verdict.DONE


async def _group(history: History) -> GroupReport:
    return (await status(history.story.place.session, [GROUP])).groups[0]
