"""The command line: parse, call the service, render. It holds no decision.

Data goes to standard output, everything else to standard error. What exit statuses say is told in `exit_status`.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from datamotion.cli.commands import commands, groups, listed, need_clusters
from datamotion.cli.failing import Interrupted, MachineError, NotAgreed, UsageMistake, single
from datamotion.cli.listing import Listing, Taking
from datamotion.cli.logged import logged
from datamotion.errors import DataMotionError
from datamotion.exit_status import CHANGES, IN_ONE_LINE, ExitStatus

if TYPE_CHECKING:
    from datamotion.service.session import World

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
        app.command(name=command.__name__.removesuffix("_"), cls=Taking, epilog=IN_ONE_LINE)(
            logged(command) if asks_clusters else command
        )
    for group in groups(asked):
        for each in (group, *(below.typer_instance for below in group.registered_groups if below.typer_instance)):
            for subcommand in each.registered_commands:
                subcommand.cls, subcommand.epilog = Taking, IN_ONE_LINE
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
        line = command_line(asked) if (asked := _asked(arguments)) in listed() else _listed()
        status: int = line.main(args=list(arguments), prog_name="datamotion", standalone_mode=False, obj=world) or 0
    except typer.TyperException as error:
        return _failed(UsageMistake.of(error), arguments)
    except typer.Abort:
        return _failed(NotAgreed("not carried out"), arguments, "Not carried out.")
    except (DataMotionError, BaseExceptionGroup, OSError, KeyboardInterrupt) as error:
        return told(error, arguments)
    return told(KeyboardInterrupt(), arguments) if status == ExitStatus.INTERRUPTED else status


def told(raised: BaseException, arguments: Sequence[str]) -> int:
    """What ended a command has been shown; returns its exit status. What nobody expects is raised again."""
    if isinstance(raised, KeyboardInterrupt):  # before the command itself began, or behind it
        said = "interrupted. Run the same command again: it begins with what the clusters show."
        return _failed(Interrupted("interrupted", hint=said.partition(". ")[2]), arguments, said)
    if isinstance(raised, OSError):
        return _failed(MachineError.of(raised), arguments)
    return _failed(single(raised), arguments)


def _failed(error: DataMotionError, arguments: Sequence[str], in_text: str | None = None) -> int:
    """Shown as JSON where reports would be, else in these words, where it has any; returns the exit status."""
    from datamotion.cli.telling import show_error, show_json

    # Of `plan --exit-code` a mistake must not look like changes.
    tells_changes = _asked(arguments) == "plan" and "--exit-code" in arguments
    status = ExitStatus.FAILED if tells_changes and error.exit_status == CHANGES else error.exit_status
    if wants_json(arguments):
        show_json(error, status)
    elif in_text is not None:
        print(in_text, file=sys.stderr)
    else:
        show_error(error)
    return status


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether reports are asked for as JSON."""
    forms = [form for option, form in pairwise(arguments) if option in ("-o", "--output")]
    forms += [
        each.removeprefix(option) for option in ("-o", "--output=") for each in arguments if each.startswith(option)
    ]
    return not {"json", "jsonl"}.isdisjoint(forms)


def _asked(arguments: Sequence[str]) -> str | None:
    return arguments[0] if arguments else None


def world_of(arguments: Sequence[str]) -> World | None:
    """This machine's; imported only where the command has to do with clusters."""
    if _asked(arguments) not in need_clusters():
        return None
    from datamotion.clock import SystemClock
    from datamotion.service.session import World

    return World(clock=SystemClock(), environ=os.environ)
