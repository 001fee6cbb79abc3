"""The page about `status`: its exit statuses, and every line with a `!` or a `-`."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.service.concern_rows import ROWS, Row
from datamotion.service.status_reports import Severity
from datamotion.service.verdict import Verdict

_INTRODUCTION = """\
<!-- Made from src/datamotion/service by `make docs`; changes here are overwritten. -->
# What `status` says

`datamotion status` looks once at all clusters of the groups and changes nothing. For each group it says who serves it
since when, and every copy of each volume with its role, state, junction path and age. The age is that of the newest
complete state that a mirror could serve, as its cluster tells it; it stays visible while a transfer runs. A mirror is
fresh only if it comes from the copy that serves, along relationships that still carry: that of a copy that was
overtaken is not, whatever its lag says.

Below that, the worst first, stands what a person should know. A line that begins with `!` makes the exit status other
than 0, one that begins with `-` is a note. Volumes of which the same is to be said share a line, which says how many
they are and names the worst of them; `-o json` lists all.

| exit status | |
|---|---|"""

_MEANINGS = {
    Verdict.DONE: "all is well; there may be notes",
    Verdict.ATTENTION: "something is marked `!`, and all clusters answer, if only with a no",
    Verdict.SILENT: "a cluster does not answer, whatever else there is",
}

_ROWS = """
A configuration that cannot be read ends with 2.

`--sort lag` and `--sort state` show the worst volumes first; `--only late`, `--only broken` and `--only 'vol_1*'` show
those alone. A volume is late that has a mirror older than the RPO or not of what is served, and broken where something
else is marked. What is said of the group, and the exit status, stay those of all volumes.

`--watch` looks every five seconds (`--every`) until Ctrl-C, and ends as its last look would have. On a terminal it is
one screen with as many volumes as that has room for, the worst first; elsewhere, and with `TERM=dumb`, a line for each
change behind the first look. `-o jsonl` prints the document of each look on a line.

## Lines

`kind` is what `-o json` calls it. Words in braces are filled in; a line without words of its own is a sentence with its
evidence. In that order:

| kind | | exit status | when | what is said | hint |
|---|---|---|---|---|---|"""


def concerns_page() -> str:
    """Markdown: the exit statuses, and a row for each thing that `status` may say."""
    statuses = [f"| {verdict.exit_status} | {meaning} |" for verdict, meaning in _MEANINGS.items()]
    return "\n".join([_INTRODUCTION, *statuses, _ROWS, *_rows()]) + "\n"


def _rows() -> Iterator[str]:
    for kind, row in ROWS.items():
        sign = "`-` note" if row.severity is Severity.NOTE else f"`!` {row.severity}"
        yield f"| {kind} | {sign} | {row.exit_status} | {row.meaning} | {_said(row)} | {row.hint} |"


def _said(row: Row) -> str:
    return row.text or "its evidence"
