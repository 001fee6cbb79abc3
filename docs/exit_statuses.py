"""The page about exit statuses: the table, and the code of every error with the status it ends with."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.cli import demo_story, failing, lab
from datamotion.errors import DataMotionError
from datamotion.exit_status import CHANGES, ExitStatus

_INTRODUCTION = """\
<!-- Made from src/datamotion by `make docs`; changes here are overwritten. -->
# Exit statuses

What a command ends with, the same for every command; of several groups it is the highest.

| exit status | |
|---|---|"""

_CHANGES = """
`datamotion plan --exit-code` ends as Terraform's `plan -detailed-exitcode` does: {none} where there is nothing to do,
{changes} where there are changes to make. So that a mistake never looks like changes, what is {usage} otherwise, a
wrong option or configuration, is {failed} there, as in Terraform. A plan that refuses something for some volumes still
ends with {failed}, one that refuses all of it with {refused}, one that cannot be made because a cluster is silent with
{silent}.

## Errors

An error stands on standard error: its message, then a hint what to do. With `-o json` it is
[a document](json.md#error) there, whose `code` is one of these and keeps its meaning:

| code | exit status | what it says |
|---|---|---|"""

_OF_COMMANDS = (
    *(failing.UsageMistake, failing.MachineError, failing.NotAgreed, failing.Interrupted),
    *(lab.LabError, lab.LabFailed, demo_story.DemoError),
)


def exit_statuses_page() -> str:
    """Markdown: the statuses, and the codes of errors."""
    statuses = [f"| {each.value} | {each.sentence} |" for each in ExitStatus]
    changes = _CHANGES.format(
        none=ExitStatus.DONE.value,
        changes=CHANGES.value,
        usage=ExitStatus.USAGE.value,
        failed=ExitStatus.FAILED.value,
        refused=ExitStatus.REFUSED.value,
        silent=ExitStatus.SILENT.value,
    )
    return "\n".join([_INTRODUCTION, *statuses, changes, *sorted(set(_codes()))]) + "\n"


def _codes() -> Iterator[str]:
    """Of each code the topmost class that has it."""
    told: set[str] = set()
    classes = [DataMotionError, *_OF_COMMANDS]
    for kind in classes:
        classes += kind.__subclasses__()
        if kind.__module__.startswith("datamotion.") and kind.code not in told:
            told.add(kind.code)
            meaning = (kind.__doc__ or "").splitlines()[0]
            yield f"| `{kind.code}` | {int(kind.exit_status)} | {meaning} |"
