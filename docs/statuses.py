"""The page of exit statuses: what a command ends with, and which errors there are."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import datamotion
from datamotion.errors import DataMotionError
from datamotion.exit_status import CHANGES, ExitStatus
from datamotion.service.verdict import Verdict

_INTRODUCTION = """\
<!-- Made from src/datamotion by `make docs`; changes here are overwritten. -->
# Exit statuses

The same for every command, so that a script need not know which one it calls; of several groups it is the highest.

| exit status | |
|---|---|"""

_VERDICTS = """
`status` ends with 1 where something is to be seen to ([what](../status.md)), `check` where not all is ready
([why](../check.md)). `demo` ends with 128 and the number of the signal that ended it.

`datamotion plan --exit-code` ends as Terraform's `plan -detailed-exitcode` does: {none} where there is nothing to do,
{changes} where there are changes to make. So that a mistake never looks like changes, what is {usage} otherwise, a
wrong option or configuration, is {failed} there, as in Terraform. A plan that refuses something for some volumes still
ends with {failed}, one that refuses all of it with {refused}, one that cannot be made because a cluster is silent with
{silent}.

## By what a report says

What was asked for has a verdict in every report (`verdict` with `-o json`); the worst of several counts.

| verdict | exit status |
|---|---|"""

_ERRORS = """
## By error

An error goes to standard error, and ends the command. With `-o json` it is [a document](json.md#error) there, whose
`code` is one of these and keeps its meaning.

| code | exit status | |
|---|---|---|"""


def statuses_page() -> str:
    """Markdown: a row for each exit status, verdict and error."""
    statuses = (f"| {each.value} | {each.sentence} |" for each in ExitStatus)
    told = _VERDICTS.format(
        none=ExitStatus.DONE.value,
        changes=CHANGES.value,
        usage=ExitStatus.USAGE.value,
        failed=ExitStatus.FAILED.value,
        refused=ExitStatus.REFUSED.value,
        silent=ExitStatus.SILENT.value,
    )
    verdicts = (f"| {verdict} | {int(verdict.exit_status)} |" for verdict in Verdict)
    return "\n".join([_INTRODUCTION, *statuses, told, *verdicts, _ERRORS, *_errors()]) + "\n"


def _errors() -> Iterator[str]:
    """Two that share a code are told one below the other."""
    for each in sorted(_kinds(), key=lambda kind: (kind.exit_status, kind.code, kind.__name__)):
        about = " ".join((each.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
        yield f"| `{each.code}` | {int(each.exit_status)} | {about} |"


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
