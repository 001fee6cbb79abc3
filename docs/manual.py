"""Manual pages, in the language of man(7), made from what the page of commands is; and the completion of shells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from typer._completion_shared import get_completion_script

from datamotion.exit_status import ExitStatus
from docs.commands import Command, commands

_NAME = "datamotion"
_SHELLS = ("bash", "fish", "zsh")
_WHAT_IT_DOES = "protects and moves data between NetApp ONTAP back ends"
_OVERVIEW = (
    "Every command that changes something at the clusters makes a plan first, shows it and asks. --dry-run stops there,"
    " --yes asks nothing. Each can be run again after an interruption: it begins with what the clusters show.",
    "Data goes to standard output, everything else to standard error.",
)


def manual() -> Mapping[str, Callable[[], str]]:
    """What is installed for `man`: a page for each command, and one of all; under their names below `man/`."""
    found = tuple(commands())
    pages: dict[str, Callable[[], str]] = {f"man/{_NAME}.1": partial(_of_all, found)}
    return pages | {f"man/{_page(each)}.1": partial(_of_one, each) for each in found}


def completion() -> Mapping[str, Callable[[], str]]:
    """What is installed for shells, as `datamotion --show-completion` prints it; under names below `completion/`."""
    return {f"completion/{_NAME}.{shell}": partial(_script, shell) for shell in _SHELLS}


def _script(shell: str) -> str:
    variable = f"_{_NAME.upper()}_COMPLETE"
    return get_completion_script(prog_name=_NAME, complete_var=variable, shell=shell).strip() + "\n"


def _page(command: Command) -> str:
    return "-".join((_NAME, *command.words))


def _of_all(found: tuple[Command, ...]) -> str:
    lines = [*_title(_NAME, _WHAT_IT_DOES), ".SH SYNOPSIS", f".B {_NAME}", r"\fICOMMAND\fR [\fIOPTIONS\fR]"]
    lines += [".SH DESCRIPTION", *_paragraphs(_OVERVIEW), ".SH COMMANDS"]
    for each in found:
        lines += [".TP", rf"\fB{_text(_page(each))}\fR(1)", _text(each.summary)]
    return "\n".join([*lines, *_statuses()]) + "\n"


def _of_one(command: Command) -> str:
    lines = [*_title(_page(command), command.summary.rstrip(".")), ".SH SYNOPSIS", f".B {_text(command.usage)}"]
    lines += [".SH DESCRIPTION", *_paragraphs((command.summary, *command.more))]
    if command.takes:
        lines.append(".SH OPTIONS")
    for name, meaning in command.takes:
        lines += [".TP", rf"\fB{_text(name)}\fR", _text(meaning)]
    lines += [".SH EXAMPLES", *(f".EX\n{_text(each)}\n.EE" for each in command.examples)]
    return "\n".join([*lines, *_statuses(), ".SH SEE ALSO", rf"\fB{_NAME}\fR(1)"]) + "\n"


def _title(name: str, about: str) -> Iterator[str]:
    yield r".\" Made from src/datamotion/cli by `make docs`; changes here are overwritten."
    yield f'.TH "{name.upper()}" "1" "" "{_NAME}"'
    yield ".SH NAME"
    yield rf"{_text(name)} \- {_text(about)}"


def _paragraphs(texts: tuple[str, ...]) -> Iterator[str]:
    for number, text in enumerate(texts):
        if number:
            yield ".PP"
        yield _text(text)


def _statuses() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for status, meaning in ((each.value, each.meaning) for each in ExitStatus):
        yield f".TP\n.B {status}\n{_text(meaning)}"


def _text(text: str) -> str:
    """What is nothing but text there: a hyphen is one that can be copied, a line begins no request."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
