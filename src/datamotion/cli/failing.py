"""How errors are shown: what went wrong, and apart from it what to do next."""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

import typer

from datamotion.cli.terminal import open_console, plain, tell
from datamotion.errors import ConfigError, DataMotionError, InternalError
from datamotion.exit_status import ExitStatus
from datamotion.service.envelope import enveloped
from datamotion.service.error_reports import error_report


class UsageMistake(ConfigError):
    """The command line cannot be read. Nothing was contacted, nothing was changed."""

    code = "usage"

    @classmethod
    def of(cls, error: typer.TyperException) -> Self:
        return cls(
            error.format_message(),
            hint="`datamotion --help` shows the commands, `datamotion COMMAND --help` what each of them takes",
        )


class MachineError(DataMotionError):
    """This machine does not let us: a full disk, a folder that cannot be written to."""

    code = "machine"

    @classmethod
    def of(cls, error: OSError) -> Self:
        if not _has_folder():
            return cls("the folder that this was started in is gone", hint="change to a folder that is there")
        where = f": {error.filename}" if error.filename else ""
        return cls(f"this machine says no{where}: {error.strerror or error}")


def _has_folder() -> bool:
    """Whether the folder that this runs in is there."""
    try:
        Path.cwd()
    except OSError:
        return False
    return True


def single(raised: BaseException) -> DataMotionError:
    """The one error of ours in what was raised, out of any groups around it; anything else is raised again."""
    error = raised
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, DataMotionError):
        return error
    raise error


class NotAgreed(DataMotionError):
    """The person who was asked did not agree. Nothing of that plan was carried out."""

    code = "not-agreed"


class Interrupted(DataMotionError):
    """A signal or Ctrl-C ended the command. What was asked of clusters may go on there."""

    code = "interrupted"
    exit_status = ExitStatus.INTERRUPTED


def status_of(raised: BaseException) -> int:
    """What the command ends with where that is raised and nobody deals with it."""
    if isinstance(raised, KeyboardInterrupt):
        return ExitStatus.INTERRUPTED
    while isinstance(raised, BaseExceptionGroup):
        raised = raised.exceptions[0]
    return raised.exit_status if isinstance(raised, DataMotionError) else ExitStatus.FAILED


def show_json(error: DataMotionError, exit_status: int | None = None) -> None:
    """The error on standard error, as JSON on one line."""
    status = error.exit_status if exit_status is None else exit_status
    print(json.dumps(enveloped("error", asdict(error_report(error)), status)), file=sys.stderr)


def show_error(error: DataMotionError) -> None:
    """The error on standard error, for people."""
    console = open_console(stderr=True)
    message, *below = error.lines
    tell(console, f"[bold red]error:[/] {plain(message)}")
    for line in below:
        tell(console, plain(line))
    if error.hint:
        tell(console, f" [bold]hint:[/] {plain(error.hint)}")


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
    tell(open_console(stderr=True), f"[bold yellow]warning:[/] {plain(text)}")
