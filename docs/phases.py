"""The page about phases: what a run goes through, with the way out of each in which it waits."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from types import ModuleType

import datamotion.policy
from datamotion.model.plan import Gate
from datamotion.model.units import duration_text
from datamotion.model.volume_acts import AwaitOnline, CreateVolume
from datamotion.policy.kinds import KINDS
from datamotion.policy.steps import Phase
from datamotion.runs.phases import TRANSITIONS

_INTRODUCTION = """\
<!-- Made from src/datamotion/runs and src/datamotion/policy by `make docs`; changes here are overwritten. -->
# Phases

## Of a run
What `datamotion history` tells of it. A run that was cut off is gone on with by the same command, from what the
clusters show: nothing is replayed.

```mermaid
stateDiagram-v2
    [*] --> acting"""

_STEPS = """
## Of what is carried out
A plan is made of these, as far as they are due; each module of `src/datamotion/policy` says its own, in their order.
Who goes on past a phase, its gate:

| gate | |
|---|---|"""

_ONLINE = "`online_timeout` of the target"
_GATES = {
    Gate.EACH: "a volume goes on alone, at each back end",
    Gate.VOLUME: "a volume waits for all that comes before it for the same volume, at whatever back end",
    Gate.ALL: "nobody goes on before every act of the phase holds",
    Gate.END: "nobody begins before every act of all phases before it holds",
    Gate.BESIDE: "a volume goes on alone, and nothing that failed for others keeps it out",
}

_WAITING = """
## Those that wait
Nothing is asked for in these: what goes on at the clusters is looked at until it has come about. The limit is how long
nothing may move, such as the bytes of a transfer, before a volume is given up; what is queued at its cluster, or waits
for its turn, is not given up. All else is given up when it has not been seen for {limits}.

| phase | of | limit | way out |
|---|---|---|---|"""


def phases_page() -> str:
    """Markdown: the states of a run, and a row for each phase of every planner."""
    return (
        "\n".join(
            [
                _INTRODUCTION,
                *_states(),
                "```",
                _STEPS,
                *_gates(),
                *_phases(),
                _WAITING.format(limits=_limits()),
                *_waiting(),
            ]
        )
        + "\n"
    )


def phases() -> Iterator[tuple[ModuleType, list[Phase]]]:
    """The phases of each planner that has some, in their order."""
    prefix = f"{datamotion.policy.__name__}."
    for found in sorted(each.name for each in pkgutil.walk_packages(datamotion.policy.__path__, prefix)):
        module = import_module(found)
        own = [each for each in vars(module).values() if isinstance(each, Phase)]
        if own:
            yield module, sorted(own, key=lambda each: each.rank)


def _states() -> Iterator[str]:
    for before, events in TRANSITIONS.items():
        for event, after in events.items():
            yield f"    {_state(before)} --> {_state(after)}: {event}"
        if not events:
            yield f"    {_state(before)} --> [*]"


def _state(phase: str) -> str:
    return phase.replace(" ", "_")


def _gates() -> Iterator[str]:
    yield from (f"| {gate} | {meaning} |" for gate, meaning in _GATES.items())


def _phases() -> Iterator[str]:
    for module, own in phases():
        about = " ".join((module.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
        yield f"\n### `{_path(module)}`\n{about}\n\n| phase | why | gate |\n|---|---|---|"
        yield from (f"| {each.title} | {each.because} | {each.gate} |" for each in own)


def _waiting() -> Iterator[str]:
    for module, own in phases():
        for each in own:
            if each.awaits:
                yield f"| {each.title} | `{_path(module)}` | {_limit(each)} | {each.way_out} |"


def _limits() -> str:
    """Of what is asked for: the usual one, and each other with what it is of."""
    others = [each for each, kind in KINDS.items() if kind.is_asked_for and each is not CreateVolume]
    usual = min(KINDS[each].limit_s for each in others)
    rest = (f"`{each.__name__}`: {_text(KINDS[each].limit_s)}" for each in others if KINDS[each].limit_s > usual)
    return f"{_text(usual)} (`CreateVolume`: {_ONLINE}; {'; '.join(rest)})"


def _limit(phase: Phase) -> str:
    if AwaitOnline in phase.awaits:
        return _ONLINE
    return _text(max(KINDS[each].limit_s for each in phase.awaits))


def _text(seconds: float) -> str:
    return duration_text(timedelta(seconds=seconds))


def _path(module: ModuleType) -> str:
    return module.__name__.removeprefix("datamotion.").replace(".", "/") + ".py"
