"""The page of what ontaplab simulates: its route table, its table of rules, and what it assumes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from pathlib import Path

import ontaplab
from ontaplab.resources.relationships.rules import ASYNC, Gone, Move, Outcome, Refusal, Row, Wait, Word, always
from ontaplab.resources.relationships.state import State
from ontaplab.resources.routes import routes

_INTRODUCTION = """\
<!-- Made from src/ontaplab by `make docs`; changes here are overwritten. -->
# What ontaplab simulates

Anything else answers with an error that says it is not simulated. How it is built is in
[the design page](../design/lab.md).
"""

_ASSUMPTION = "Assumption:"
_QUOTES = '"""'


def simulated_page() -> str:
    """Markdown: paths and methods, the rules of a relationship, the assumptions."""
    return "\n".join([_INTRODUCTION, *_routes(), "", *_rules(), "", *_assumptions()]) + "\n"


def _routes() -> Iterator[str]:
    yield "## Paths and methods\n"
    yield "| path | methods |"
    yield "|---|---|"
    for path, methods in routes():
        yield f"| `{path}` | {methods} |"


def _rules() -> Iterator[str]:
    yield "## What may be asked of an asynchronous relationship\n"
    yield (
        "Tried from the top; the first row that fits decides, and what no row allows is refused. `PATCH state:"
        " snapmirrored` is an initialize, a resume or a resync by the state it meets.\n"
    )
    yield "| state | asked | while | then |"
    yield "|---|---|---|---|"
    for (when, outcome), group in groupby(ASYNC, key=lambda row: (row.when, row.outcome)):
        for states, words in _together(list(group)):
            condition = "" if when is always else when.__name__
            yield f"| {states} | {words} | {condition} | {_outcome(outcome)} |"


def _together(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """The states and words of neighbouring rows with one outcome: on one line where every pair of them is meant."""
    states, words = dict.fromkeys(row.state for row in rows), dict.fromkeys(row.word for row in rows)
    if len(rows) == len(states) * len(words):
        yield _listed(states, State), _listed(words, Word)
    else:
        yield from ((row.state, row.word) for row in rows)


def _listed(named: Collection[str], every: type[StrEnum]) -> str:
    return "any" if len(named) == len(every) else ", ".join(named)


def _outcome(outcome: Outcome) -> str:
    match outcome:
        case Move(to, None, _):
            return f"{to}"
        case Move(to, transfer, after):
            return f"{to}, a transfer ({transfer}) starts, then {after}"
        case Gone():
            return "gone"
        case Wait():
            return "decided when the running transfer has ended"
        case Refusal(code, reason):
            return f"refused, {code}: {reason}" if reason else f"refused, {code}"


def _assumptions() -> Iterator[str]:
    """What no source confirms, as the code says it."""
    yield "## Assumptions\n"
    yield "No source at hand confirms these; whoever knows better is welcome to say so.\n"
    root = Path(ontaplab.__file__).parent
    for path in sorted(root.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        for number, line in enumerate(lines):
            if _ASSUMPTION in line:
                text = _paragraph(lines[number:])
                yield f"- `{path.relative_to(root.parent)}`{_place(source, number + 1)}: {text[:1].upper()}{text[1:]}"


def _paragraph(lines: Sequence[str]) -> str:
    """The comment, or the paragraph of a docstring, that begins with an assumption in the first of these lines."""
    code, _, text = lines[0].partition(_ASSUMPTION)
    is_comment = code.lstrip().startswith("#")
    words = [text]
    for line in lines[1:] if is_comment or "#" not in code else ():
        if words[-1].rstrip().endswith(_QUOTES) or not line.strip() or is_comment != line.lstrip().startswith("#"):
            break
        words.append(line.strip().removeprefix("#"))
    return " ".join(word.strip() for word in words).removesuffix(_QUOTES).strip()


def _place(source: str, line: int) -> str:
    """The innermost function or class around a line."""
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.lineno <= line <= (node.end_lineno or line)
    ]
    return f", `{max(around, key=lambda node: node.lineno).name}`" if around else ""
