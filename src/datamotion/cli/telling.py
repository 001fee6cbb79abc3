"""How errors are shown: what went wrong, and apart from it what to do next."""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import asdict
from types import TracebackType

from datamotion.cli.terminal import open_console, plain, say, tell
from datamotion.errors import DataMotionError, InternalError
from datamotion.service.envelope import enveloped
from datamotion.service.error_reports import error_report


def show_json(error: DataMotionError, exit_status: int | None = None) -> None:
    """The error on standard error, as JSON on one line."""
    status = error.exit_status if exit_status is None else exit_status
    print(json.dumps(enveloped("error", asdict(error_report(error)), status)), file=sys.stderr)


def show_error(error: DataMotionError, *, of: str | None = None, follows: bool = False) -> None:
    """The error on standard error, for people; `of` which group, where there are several, or which part of a command.

    A warning where it is of what `follows` something that came about: the exit status says nothing of it.
    """
    console = open_console(stderr=True)
    message, *below = error.lines
    whose = f"{plain(of)}: " if of is not None else ""
    word = "[bold yellow]warning:[/]" if follows else "[bold red]error:[/]"
    say(console, f"{word} {whose}{plain(message)}", hang=2)
    for line in below:
        tell(console, plain(line))
    if error.hint:
        say(console, f"[bold]hint:[/] {plain(error.hint)}", indent=1, hang=2)


def show_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Our own mistake, with where it was made, on standard error: what it says may come from outside too."""
    console = open_console(stderr=True)
    for line in "".join(traceback.format_exception(kind, error, trace)).rstrip("\n").split("\n"):
        tell(console, plain(line))


def show_unexpected_json(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """As `show_unexpected`, as an error of ours."""
    lines = "".join(traceback.format_exception(kind, error, trace)).rstrip("\n").split("\n")
    show_json(
        InternalError(lines[-1], below=lines[:-1], hint="this is our mistake; please report it with this message")
    )


def show_warning(text: str) -> None:
    """What a person has to know beforehand, on standard error."""
    say(open_console(stderr=True), f"[bold yellow]warning:[/] {plain(text)}", hang=2)
