"""How help lists commands."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from datamotion.exit_status import ExitStatus


class Listing(TyperGroup):
    """A group whose help tells all of what each of its commands begins with, however narrow the terminal is.

    Where a command is left out, that help is what is shown.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            print(ctx.get_help())
            raise typer.Exit(ExitStatus.USAGE)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        del ctx
        begun = {name: (each.help or "").partition("\n\n")[0] for name, each in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl([(name, " ".join(text.split())) for name, text in begun.items()])
