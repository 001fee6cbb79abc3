"""What commands fail with, and the exit status that each comes to."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import typer

from datamotion.errors import ConfigError, DataMotionError
from datamotion.exit_status import ExitStatus


class UsageMistake(ConfigError):
    """The command line cannot be read. Nothing was contacted, nothing was changed."""

    code = "usage"

    @classmethod
    def of(cls, error: typer.TyperException) -> Self:
        command = getattr(getattr(error, "ctx", None), "command_path", "datamotion")
        shows = "shows the commands" if command == "datamotion" else "shows what it takes"
        # What typer has from pydantic begins with the kind of error.
        return cls(error.format_message().replace(": Value error, ", ": ", 1), hint=f"`{command} --help` {shows}")


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
