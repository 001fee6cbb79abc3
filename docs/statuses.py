"""The page of exit statuses: what a command ends with, and which errors there are."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import datamotion
from datamotion.cli.statuses import STATUSES
from datamotion.errors import DataMotionError
from datamotion.service.reports import Verdict

_INTRODUCTION = """\
<!-- Made from src/datamotion by `make docs`; changes here are overwritten. -->
# Exit statuses

The same for every command, so that a script need not know which one it calls.

| exit status | |
|---|---|"""

_VERDICTS = """
`status` ends with 1 where something is to be seen to ([what](../status.md)), `check` where not all is ready
([why](../check.md)). `demo` ends with 128 and the number of the signal that ended it.

## By what a report says

What was asked for has a verdict in every report (`verdict` with `-o json`); the worst of several counts.

| verdict | exit status |
|---|---|"""

_ERRORS = """
## By error

An error goes to standard error, and ends the command. With `-o json` it is an object `error` there, with its `code`, a
`message` and a `hint` that may be null.

| code | exit status | |
|---|---|---|"""


def statuses_page() -> str:
    """Markdown: a row for each exit status, verdict and error."""
    statuses = (f"| {status} | {meaning} |" for status, meaning in STATUSES.items())
    verdicts = (f"| {verdict} | {verdict.exit_status} |" for verdict in Verdict)
    return "\n".join([_INTRODUCTION, *statuses, _VERDICTS, *verdicts, _ERRORS, *_errors()]) + "\n"


def _errors() -> Iterator[str]:
    """Two that share a code are told one below the other."""
    for each in sorted(_kinds(), key=lambda kind: (kind.exit_status, kind.code, kind.__name__)):
        about = " ".join((each.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
        yield f"| `{each.code}` | {each.exit_status} | {about} |"


def _kinds() -> set[type[DataMotionError]]:
    """Those that are raised: what only others are made from has the code of nothing."""
    prefix = f"{datamotion.__name__}."
    for module in pkgutil.walk_packages(datamotion.__path__, prefix):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    found: set[type[DataMotionError]] = set()
    waiting = [*DataMotionError.__subclasses__()]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith(prefix):
            found.add(kind)
    return found
