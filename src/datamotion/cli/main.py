"""The command line: parse, call the service, render. It holds no decision.

Exit statuses: 0 done, 1 done in part or failed, 2 usage or configuration, 3 refused by a safety rule, 4 a cluster that
is needed does not answer. Data goes to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise

import click
import typer

from datamotion.cli.commands import COMMANDS, GROUPS
from datamotion.cli.failing import show_error, single
from datamotion.clock import SystemClock
from datamotion.errors import DataMotionError
from datamotion.service.session import World

EXIT_STATUSES = (
    "Exit status: 0 done; 1 done in part or failed; 2 usage or configuration; 3 refused by a safety rule; 4 a cluster "
    "that is needed does not answer."
)

app = typer.Typer(
    name="datamotion",
    help="Protects and moves data between NetApp ONTAP back ends: mirrors them, fails over, and shows what it will do "
    "before it does it.",
    epilog=EXIT_STATUSES,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for command in COMMANDS:
    app.command(epilog=EXIT_STATUSES)(command)
for group in GROUPS:
    app.add_typer(group)


def run(arguments: Sequence[str], world: World) -> int:
    """Run one command in this world; returns its exit status. Errors are shown, not raised."""
    try:
        status: int | None = typer.main.get_command(app).main(
            args=list(arguments), prog_name="datamotion", standalone_mode=False, obj=world
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("interrupted. Run the same command again: it goes on from what the clusters show.", file=sys.stderr)
        return 130
    except (DataMotionError, BaseExceptionGroup) as raised:
        ours = single(raised)
        show_error(ours, as_json=_wants_json(arguments))
        return ours.exit_status
    return status or 0


def _wants_json(arguments: Sequence[str]) -> bool:
    two_words = any(option in ("-o", "--output") and form == "json" for option, form in pairwise(arguments))
    return two_words or not {"-ojson", "--output=json"}.isdisjoint(arguments)


def main() -> None:
    """The `datamotion` command."""
    sys.exit(run(sys.argv[1:], World(clock=SystemClock(), environ=os.environ)))
