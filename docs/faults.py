"""The table of faults, for the page about them."""

from __future__ import annotations

from collections.abc import Iterator

from ontaplab.faults.fault import CHOICE, KINDS, SCRIPT

_INTRODUCTION = """\
<!-- Made from src/ontaplab by `make docs`; changes here are overwritten. -->
# The lab's faults

What they are for and how they are counted is in [the design page](../design/faults.md). `POST /lab/faults` takes these
fields; `datamotion lab fault add` has an option for each.

| kind | what happens | needs | may have |
|---|---|---|---|"""


def faults_page() -> str:
    """Markdown: every kind of fault with the fields it takes."""
    return "\n".join([_INTRODUCTION, *_kinds()]) + "\n"


def _kinds() -> Iterator[str]:
    for kind, takes in KINDS.items():
        yield f"| `{kind}` | {takes.meaning} | {_fields(takes.needs)} | {_fields(takes.may)} |"


def _fields(names: frozenset[str]) -> str:
    common = "whom and when" if names >= CHOICE else "when" if names >= SCRIPT else ""
    own = sorted(names - (CHOICE if names >= CHOICE else SCRIPT if names >= SCRIPT else frozenset()))
    return ", ".join([*(f"`{name}`" for name in own), *([common] if common else [])])
