"""Whether a plan is to be carried out, and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import anyio

from datamotion.cli.output import Output
from datamotion.cli.render_groups import render_plans
from datamotion.cli.telling import show_warning
from datamotion.errors import ConfigError
from datamotion.service.reports import PlanReport

_LONGEST_REASON = 500


def check_can_ask() -> None:
    """Raises ConfigError where there is nobody to ask."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            "there is no terminal to ask on",
            hint="--yes carries the plan out without asking, --dry-run only shows it",
        )


async def agreed(
    plans: Sequence[PlanReport], *, yes: bool, output: Output, but: str | None = None, word: str | None = None
) -> bool:
    """Whether the plans are to be carried out: told so beforehand, or asked now with all of them on the screen.

    `but` is what else has to be known then. `word` has to be typed, where a yes is too little.
    """
    if output is Output.TEXT:
        render_plans(plans)
    elif not yes:
        render_plans(plans, stderr=True)  # standard output is for the JSON alone
    if but is not None:
        show_warning(but)
    return yes or await confirmed(word)


async def confirmed(word: str | None) -> bool:
    """Asked on standard error; anything but a yes is a no. Waits in the event loop, so that Ctrl-C ends it."""
    question = "Carry this out? [y/N]: " if word is None else f"Type {word} to carry this out: "
    print(question, end="", file=sys.stderr, flush=True)
    try:
        await anyio.wait_readable(sys.stdin)
    except anyio.get_cancelled_exc_class():
        print("\nNothing of this plan was carried out.", file=sys.stderr)
        raise
    answer = sys.stdin.readline().strip()
    return answer.lower() in ("y", "yes") if word is None else answer == word


def checked_reason(reason: str | None) -> str | None:
    """Raises: ConfigError for one that is longer than a person reads."""
    if reason is not None and len(reason) > _LONGEST_REASON:
        raise ConfigError(f"--reason has {len(reason)} characters", hint=f"it takes up to {_LONGEST_REASON}")
    return reason
