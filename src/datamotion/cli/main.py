"""The command line: parse, call the service, render. It holds no decision.

Data goes to standard output, everything else to standard error. What exit statuses say is told in `exit_status`.
"""

from __future__ import annotations

import gc
import inspect
import io
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from types import TracebackType
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from datamotion.cli.commands import commands, groups, listed, need_clusters
from datamotion.cli.failing import Interrupted, MachineError, NotAgreed, UsageMistake, single
from datamotion.cli.listing import Listing
from datamotion.cli.logged import logged
from datamotion.errors import DataMotionError
from datamotion.exit_status import CHANGES, IN_ONE_LINE, ExitStatus

if TYPE_CHECKING:
    from datamotion.service.session import World

_OBJECTS = 50_000  # made and not dropped since the last search

_HELP = (
    "Protects and moves data between NetApp ONTAP back ends: mirrors them, fails over, and shows what it will do before"
    " it does it."
)


class _Listed(Listing):
    """The command line as help lists it. Only of the command that is called, or completed, the whole is imported."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed if name is None else command_line(name).commands[name], rest


def _listed() -> TyperGroup:
    app = _app(_Listed)
    for name, summary in listed().items():
        app.command(name=name, help=summary)(_below)
    return _made(app)


def command_line(asked: str | None = None) -> TyperGroup:
    """The command line, with the command or group of that name alone; where there is none, with all."""
    app = _app(Listing)
    for command in commands(asked):
        asks_clusters = {"context", "config"} <= inspect.signature(command).parameters.keys()
        app.command(name=command.__name__.removesuffix("_"), epilog=IN_ONE_LINE)(
            logged(command) if asks_clusters else command
        )
    for group in groups(asked):
        for each in (group, *(below.typer_instance for below in group.registered_groups if below.typer_instance)):
            for subcommand in each.registered_commands:
                subcommand.epilog = IN_ONE_LINE
        app.add_typer(group, epilog=IN_ONE_LINE)
    return _made(app)


def _app(of_class: type[TyperGroup]) -> typer.Typer:
    """One without commands. Its help is plain text: what would draw boxes takes longer to import than all the rest."""
    return typer.Typer(
        name="datamotion",
        cls=of_class,
        help=_HELP,
        epilog=IN_ONE_LINE,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        callback=_below,  # so that a single command has its name still
    )


def _made(app: typer.Typer) -> TyperGroup:
    made = typer.main.get_command(app)
    assert isinstance(made, TyperGroup)
    return made


def _below() -> None:
    pass


def run(arguments: Sequence[str], world: World | None) -> int:
    """Run one command in this world (None: it needs none); returns its exit status. Errors are shown, not raised."""
    try:
        status: int = (
            _listed().main(args=list(arguments), prog_name="datamotion", standalone_mode=False, obj=world) or 0
        )
    except typer.TyperException as error:
        return _failed(UsageMistake.of(error), arguments)
    except typer.Abort:
        return _failed(NotAgreed("not carried out"), arguments, "Not carried out.")
    except (DataMotionError, BaseExceptionGroup) as raised:
        return _failed(single(raised), arguments)
    except OSError as error:
        return _failed(MachineError.of(error), arguments)
    except KeyboardInterrupt:  # before the command itself began, or behind it
        status = ExitStatus.INTERRUPTED
    if status == ExitStatus.INTERRUPTED:
        said = "interrupted. Run the same command again: it begins with what the clusters show."
        return _failed(Interrupted("interrupted", hint=said.partition(". ")[2]), arguments, said)
    return status


def _failed(error: DataMotionError, arguments: Sequence[str], in_text: str | None = None) -> int:
    """Shown as JSON where reports would be, else in these words, where it has any; returns the exit status."""
    from datamotion.cli.telling import show_error, show_json

    # Of `plan --exit-code` a mistake must not look like changes.
    tells_changes = _asked(arguments) == "plan" and "--exit-code" in arguments
    status = ExitStatus.FAILED if tells_changes and error.exit_status == CHANGES else error.exit_status
    if _wants_json(arguments):
        show_json(error, status)
    elif in_text is not None:
        print(in_text, file=sys.stderr)
    else:
        show_error(error)
    return status


def _wants_json(arguments: Sequence[str]) -> bool:
    forms = [form for option, form in pairwise(arguments) if option in ("-o", "--output")]
    forms += [
        each.removeprefix(option) for option in ("-o", "--output=") for each in arguments if each.startswith(option)
    ]
    return not {"json", "jsonl"}.isdisjoint(forms)


def _asked(arguments: Sequence[str]) -> str | None:
    return arguments[0] if arguments else None


def _world(arguments: Sequence[str]) -> World | None:
    """This machine's; imported only where the command has to do with clusters."""
    if _asked(arguments) not in need_clusters():
        return None
    from datamotion.clock import SystemClock
    from datamotion.service.session import World

    return World(clock=SystemClock(), environ=os.environ)


def collect_seldom() -> None:
    """Garbage in cycles is looked for seldom, and never among what was imported.

    A look at thousands of volumes makes objects that all stay: to go through them again and again, as Python does after
    every 700, takes a quarter of a failover's time and finds next to nothing.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS, 20, 20)


def main() -> None:
    """The `datamotion` command."""
    _open_what_is_closed()
    _bear_any_text()
    sys.excepthook = _show_unexpected
    collect_seldom()
    try:
        status = run(sys.argv[1:], _world(sys.argv[1:]))
    except OSError:  # standard error cannot be written to: its terminal is gone, so nobody is left to be told
        status = ExitStatus.FAILED
    try:
        sys.stdout.flush()
    except OSError:  # nobody reads any more, or the disk is full: the interpreter must not try again at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = status or ExitStatus.FAILED
    sys.exit(status)


def _show_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from datamotion.cli.telling import show_unexpected, show_unexpected_json

    show = show_unexpected_json if _wants_json(sys.argv[1:]) else show_unexpected
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
