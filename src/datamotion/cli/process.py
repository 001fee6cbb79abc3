"""This process, from its arguments to its exit status. What a command does not need is not imported for it."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from types import TracebackType

from datamotion.exit_status import ExitStatus

_OBJECTS = 100_000  # made and not dropped since the last search: more than a start makes


def main() -> None:
    """The `datamotion` command."""
    _open_what_is_closed()
    _bear_any_text()
    sys.excepthook = _show_unexpected
    collect_seldom()
    _look_for_no_plugins()
    arguments = sys.argv[1:]
    try:
        status = _run_copy(arguments)
        if status is None:
            from datamotion.cli.main import run, world_of

            status = run(arguments, world_of(arguments))
    except OSError:  # standard error cannot be written to: its terminal is gone, so nobody is left to be told
        status = ExitStatus.FAILED
    try:
        sys.stdout.flush()
    except OSError:  # nobody reads any more, or the disk is full: the interpreter must not try again at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = status or ExitStatus.FAILED
    gc.freeze()  # all is over: the interpreter, too, need not look for garbage among it
    sys.exit(status)


def collect_seldom() -> None:
    """Garbage in cycles is looked for seldom.

    What is imported makes objects that all stay, and so does a look at thousands of volumes: to go through them again
    and again, as Python does after every 700, takes a twentieth of a start and a quarter of a failover's time, and
    finds next to nothing.
    """
    gc.set_threshold(_OBJECTS, 20, 20)


def _look_for_no_plugins() -> None:
    """pydantic, once it is imported, does not go through all that is installed for plugins: none is of use here."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def _run_copy(arguments: Sequence[str]) -> int | None:
    """A copy whose line is plain begins without all that reads and helps with the others; None for anything else."""
    if arguments[:1] != ["copy"]:
        return None
    from datamotion.cli.copy_line import read

    line = read(arguments[1:])
    if line is None:
        return None
    from datamotion.cli.copying import carry_out
    from datamotion.errors import DataMotionError

    try:
        return carry_out(line, to_the_end=True)
    except (DataMotionError, OSError, KeyboardInterrupt) as error:
        from datamotion.cli.main import told

        return told(error, arguments)


def _show_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from datamotion.cli.main import wants_json
    from datamotion.cli.telling import show_unexpected, show_unexpected_json

    show = show_unexpected_json if wants_json(sys.argv[1:]) else show_unexpected
    show(kind, error, trace)


def _bear_any_text() -> None:
    """What standard output has no letters for is an escape, as on standard error; what is typed may be no text."""
    for stream, errors in ((sys.stdout, "backslashreplace"), (sys.stdin, "replace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def _open_what_is_closed() -> None:
    """Standard streams that are closed lead nowhere: otherwise the next file that is opened would take their place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115  # a device, open to the end
