"""The page of what ontaplab simulates: its route table, its table of rules, and what it assumes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import ontaplab
from ontaplab.resources.relationships.decisions import Gone, Interrupt, Move, Outcome, Refusal, Turn, Wait, Word
from ontaplab.resources.relationships.rules import Row, always, table_of
from ontaplab.resources.relationships.state import Kind
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
    return "\n".join([_INTRODUCTION, *_routes(), "", *_rules(), *_assumptions()]) + "\n"


def _routes() -> Iterator[str]:
    yield "## Paths and methods\n"
    yield "| path | methods |"
    yield "|---|---|"
    for path, methods in routes():
        yield f"| `{path}` | {methods} |"


_TABLES: tuple[tuple[Kind, str], ...] = (
    ("async", "an asynchronous relationship"),
    ("sync", "a synchronous relationship"),
    ("restore", "a restore relationship"),
)


def _rules() -> Iterator[str]:
    yield "## What may be asked of a relationship\n"
    yield (
        "Tried from the top; the first row that fits decides, and what no row allows is refused. `PATCH state:"
        " snapmirrored`, or `in_sync` for a synchronous policy, is an initialize, a resume or a resync by the state it"
        " meets. What is in parentheses happens by itself.\n"
    )
    for kind, name in _TABLES:
        yield f"### Of {name}\n"
        yield "| state | asked | while | then |"
        yield "|---|---|---|---|"
        yield from _table(table_of(kind))
        yield ""


def _table(rows: Sequence[Row]) -> Iterator[str]:
    every = dict.fromkeys(row.state for row in rows)
    for (when, outcome), group in groupby(rows, key=lambda row: (row.when, row.outcome)):
        for states, words in _together(list(group), every):
            condition = "" if when is always else when.__name__.replace("_", " ")
            yield f"| {states} | {words} | {condition} | {_outcome(outcome)} |"


def _together(rows: Sequence[Row], every: Collection[str]) -> Iterator[tuple[str, str]]:
    """The states and words of neighbouring rows with one outcome: on one line where every pair of them is meant."""
    states, words = dict.fromkeys(row.state for row in rows), dict.fromkeys(row.word for row in rows)
    if len(rows) == len(states) * len(words):
        yield _listed(states, len(every)), _listed(words, len(Word))
    else:
        yield from ((row.state, row.word) for row in rows)


def _listed(named: Collection[str], every: int) -> str:
    return "any" if len(named) == every > 1 else ", ".join(named)


_FIXED: Mapping[type, str] = {
    Gone: "gone",
    Wait: "decided when the running transfer has ended",
    Interrupt: "the running transfer is aborted, then decided anew",
    Turn: "the ends change places: at the other cluster broken_off, then a resync",
}


def _outcome(outcome: Outcome) -> str:
    match outcome:
        case Move(to, None, _):
            return f"{to}"
        case Move(to, transfer, after):
            return f"{to}, a transfer ({transfer}) starts, then {after or 'gone'}"
        case Refusal(code, reason):
            return f"refused, {code}: {reason}" if reason else f"refused, {code}"
    return _FIXED[type(outcome)]


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
                text = _paragraph(lines[number:]) + _subject(lines[number:])
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


def _subject(lines: Sequence[str]) -> str:
    """The line of code that the comment in the first of these lines is about; nothing for a docstring."""
    before, hash_, _ = lines[0].partition("#")
    if not hash_ or _ASSUMPTION not in lines[0].partition("#")[2]:
        return ""
    below = (line.strip() for line in lines[1:] if not line.lstrip().startswith("#"))
    code = before.strip() or next(line for line in below if any(map(str.isalpha, line)))
    return f" (`{code.rstrip(',')}`)"


def _place(source: str, line: int) -> str:
    """The innermost function or class around a line."""
    around = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.lineno <= line <= (node.end_lineno or line)
    ]
    return f", `{max(around, key=lambda node: node.lineno).name}`" if around else ""
