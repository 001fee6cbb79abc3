"""How help lists commands, and tells what each of them takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

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


_TYPE = re.compile(r"<(.*?)( range)?>$")
_TYPES: Mapping[str, str] = {"str": "TEXT", "int": "NUMBER", "float": "NUMBER", "path": "PATH"}


class Taking(TyperCommand):
    """A command whose help writes arguments as people do: `GROUP`, `[GROUP...]`, and no types of Python."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [each for each in self.get_params(ctx) if isinstance(each, TyperArgument)]
        shown = [_shown(each) if each.required else f"[{_shown(each)}]" for each in arguments]
        return [*filter(None, [self.options_metavar]), *shown]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            found = [taken(each, ctx) for each in self.get_params(ctx) if each.param_type_name == kind]
            if records := [each for each in found if each is not None]:
                with formatter.section(title):
                    formatter.write_dl(records)


def taken(parameter: Any, ctx: Any) -> tuple[str, str] | None:
    """What help calls an argument or an option, and what it says of it; None: nothing."""
    record = parameter.get_help_record(ctx)
    if record is None:
        return None
    if isinstance(parameter, TyperArgument):
        return _shown(parameter), record[1]
    return _TYPE.sub(lambda found: _TYPES.get(found[1], found[1]), record[0]), record[1]


def _shown(argument: TyperArgument) -> str:
    return argument.display_name_raw + ("..." if argument.nargs != 1 else "")
