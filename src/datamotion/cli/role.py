"""The role that an account needs, printed."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from datamotion.cli.options import OutputForm
from datamotion.cli.output import Output, print_json
from datamotion.errors import ConfigError
from datamotion.exit_status import ExitStatus
from datamotion.service import role as roles

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}", re.ASCII)


def role(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What it, and the account, are called.")] = (
        "datamotion"
    ),
    output: OutputForm = Output.TEXT,
) -> None:
    """Print the least that an account needs at each cluster, as commands for there. Asks no cluster.

    Example: datamotion role --name datamotion
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name of a role", hint="letters, digits, `_`, `-` and `.`, 40 at most")
    report = roles.role(name)
    if output is Output.TEXT:
        print("\n".join(report.commands))
    else:
        print_json("role", report, ExitStatus.DONE, output)
