"""The commands as the application knows them: for the page of reference, and for the manual pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import typer
from typer.core import TyperCommand, TyperGroup

from datamotion.cli.listing import taken
from datamotion.cli.main import command_line
from datamotion.exit_status import ExitStatus

_PROGRAM = "datamotion"
_EXAMPLE = "Example: "

_INTRODUCTION = """\
<!-- Made from src/datamotion/cli by `make docs`; changes here are overwritten. -->
# Commands

`datamotion COMMAND --help` prints the same, and so do the manual pages that a wheel brings (`man datamotion-failover`).
Completion for bash, zsh and fish comes with it too, and `datamotion --install-completion` sets it up for one account.
Data goes to standard output, everything else to standard error.

| exit status | |
|---|---|"""

_STATUSES_OF = """
What that means for whom is in [exit statuses](exit-statuses.md).

| command | |
|---|---|"""


@dataclass(frozen=True, slots=True)
class Command:
    """One command as help tells of it. `takes` are its arguments and options, each with its meaning."""

    words: tuple[str, ...]
    usage: str
    summary: str
    more: tuple[str, ...]
    examples: tuple[str, ...]
    takes: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return " ".join(self.words)


def commands_page() -> str:
    """Markdown: every command with what it takes, and an example."""
    found = list(commands())
    statuses = (f"| {each.value} | {each.sentence} |" for each in ExitStatus)
    listed = (f"| [`{each.name}`](#{'-'.join(each.words)}) | {_cell(each.summary)} |" for each in found)
    return "\n".join([_INTRODUCTION, *statuses, _STATUSES_OF, *listed, *chain(*map(_section, found))]) + "\n"


def commands() -> Iterator[Command]:
    """Every command that does something, in the order that help shows them; those below a group follow it."""
    group = command_line()
    assert isinstance(group, TyperGroup)
    yield from _below(group, ())


def _below(group: TyperGroup, words: tuple[str, ...]) -> Iterator[Command]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _below(command, (*words, name))
        else:
            assert isinstance(command, TyperCommand)
            yield _command(command, (*words, name))


def _command(command: TyperCommand, words: tuple[str, ...]) -> Command:
    context = typer.Context(command, info_name=" ".join((_PROGRAM, *words)))
    told = [" ".join(each.split()) for each in (command.help or "").split("\n\n")]
    summary, *more = (each for each in told if not each.startswith(_EXAMPLE))
    records = (taken(each, context) for each in command.params)
    return Command(
        words=words,
        usage=command.get_usage(context).removeprefix("Usage: "),
        summary=summary,
        more=tuple(more),
        examples=tuple(each.removeprefix(_EXAMPLE) for each in told if each.startswith(_EXAMPLE)),
        takes=tuple((name, " ".join(meaning.split())) for name, meaning in filter(None, records)),
    )


def _section(command: Command) -> Iterator[str]:
    yield f"\n## {command.name}\n"
    yield "\n\n".join((command.summary, *command.more))
    yield "\n```sh"
    yield from command.examples
    yield "```\n"
    yield f"`{command.usage}`"
    if command.takes:
        yield "\n| it takes | |\n|---|---|"
        yield from (f"| `{_cell(name)}` | {_cell(meaning)} |" for name, meaning in command.takes)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
