"""Commands that a group's configuration names, run on this host before and after moments of a failover.

before-freeze   before clients are kept away, once little is left to carry
before-fence    before the epoch is taken: what then keeps clients from what served cannot be undone any more
before-break    before the epoch is taken
before-serve    before any client is let in, when the epoch is taken: what fails there only stops it

One that fails before a moment stops all volumes there, and where nothing is decided yet clients are let in again. After
a moment a command is run once all of it was seen to hold; one that fails is told, and stops nothing. Which have been
run a run knows by itself: after one that was cut off, those before a moment that is not over are run again.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from datamotion.model.acts import THIS_HOST, ActId, RunHook
from datamotion.model.group import Backend, Hook
from datamotion.model.mirror_acts import Break
from datamotion.model.plan import Gate
from datamotion.model.volume_acts import ModifyVolume
from datamotion.policy.clients.fence import FENCING
from datamotion.policy.clients.letting_in import SERVE
from datamotion.policy.failover.planned import FREEZE
from datamotion.policy.mirrors.breaking import BREAKING
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_BEFORE_BECAUSE = "the configuration has it run first: where it fails, nothing goes on"
_BEFORE = {
    "freeze": Phase(rank=-10, title="Run hooks before clients are kept away", because=_BEFORE_BECAUSE, gate=Gate.ALL),
    "fence": Phase(rank=8, title="Run hooks before the fence", because=_BEFORE_BECAUSE, gate=Gate.ALL),
    "break": Phase(rank=9, title="Run hooks before mirrors are broken off", because=_BEFORE_BECAUSE, gate=Gate.ALL),
    "serve": Phase(rank=43, title="Run hooks before clients are let in", because=_BEFORE_BECAUSE, gate=Gate.ALL),
}
_AFTER = Phase(rank=-20, title="Run hooks", because="the configuration has them run behind what is done")
_FROZEN = replace(_AFTER, gate=Gate.REST)  # what it flushes is in the last snapshot
_TITLES = {
    "freeze": FREEZE,
    "fence": FENCING,
    "break": BREAKING,
    "serve": SERVE,
}


class Moves(NamedTuple):
    """What moves where: all that a hook is told."""

    to: str
    sources: tuple[str, ...]
    volumes: tuple[str, ...]
    epoch: int


def add_hooks(due: StepList, situation: Situation, moves: Moves, *, is_planned: bool) -> None:
    """Those that are due, beside what is: before what is left to do, and behind what this run has done."""
    titles = due.titles()
    for number, hook in enumerate(situation.now.group.hooks):
        when, _, moment = hook.at.partition("-")
        phase = _BEFORE[moment] if when == "before" else _FROZEN if moment == "freeze" else _AFTER
        is_left = _TITLES[moment] in titles
        is_due = is_left if when == "before" else not is_left and _was_asked(situation, moment, moves, is_planned)
        backend = Backend(name=f"hook {hook.at}", cluster=THIS_HOST, svm="")
        about = str(number)
        if is_due and ActId(THIS_HOST, backend.name, None, RunHook, about) not in situation.accepted:
            facts = tuple(_facts(situation.now.group.name, hook, moves))
            change = RunHook(command=hook.command, limit_s=hook.limit.total_seconds(), facts=facts)
            text = f"{hook.at}: {shlex.join(hook.command)}, for {hook.limit.total_seconds():.0f} s at most"
            due.add(phase, backend, None, change, text, about=about)


def _facts(group: str, hook: Hook, moves: Moves) -> Iterator[tuple[str, str]]:
    yield "DATAMOTION_GROUP", group
    yield "DATAMOTION_HOOK", hook.at
    yield "DATAMOTION_FROM", " ".join(moves.sources)
    yield "DATAMOTION_TO", moves.to
    yield "DATAMOTION_EPOCH", str(moves.epoch)
    yield "DATAMOTION_VOLUMES", " ".join(moves.volumes)


def _was_asked(situation: Situation, moment: str, moves: Moves, is_planned: bool) -> bool:
    """Whether anything of a moment was asked for in this run."""
    shuts: Callable[[ActId], bool] = lambda act: act.kind is ModifyVolume and act.backend in moves.sources  # noqa: E731
    tests: dict[str, Callable[[ActId], bool]] = {
        "freeze": lambda act: is_planned and shuts(act),
        "fence": lambda act: not is_planned and shuts(act),
        "break": lambda act: act.kind is Break,
        "serve": lambda act: act.kind is ModifyVolume and act.backend == moves.to,
    }
    return any(map(tests[moment], situation.accepted))
