"""The schema of everything that is printed as JSON, and the page that says the same to people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from datamotion.service.envelope import INTRODUCES, SCHEMA_VERSION
from datamotion.service.schema import KINDS, json_schema

_INTRODUCTION = f"""\
<!-- Made from src/datamotion/service by `make docs`; changes here are overwritten. -->
# Every field of the JSON

Version {SCHEMA_VERSION} of the schema, which is [json.schema.json](json.schema.json) (JSON Schema 2020-12).
[JSON](../json.md) says how to use it, with examples. Below is first what a document of each kind tells, then what that
is made of. Fields are always there; `null` is what was not seen, or does not apply, as the text says. Durations are
seconds, sizes bytes, instants in UTC.

| `kind` | printed by | under | |
|---|---|---|---|"""

_PRINTED_BY = {
    "operations": "`plan`, and every command that changes something, also with `--dry-run` and `--validate`",
    "status": "`status`",
    "check": "`check`",
    "explain": "`explain`",
    "history": "`history`, `history GROUP`",
    "run": "`history RUN`",
    "runs": "`runs`",
    "drill": "`drill start`",
    "migrations": "`migrations`",
    "copy": "`copy`",
    "role": "`role`",
    "import": "`import`",
    "error": "every command, on standard error",
    "event": "`-o jsonl`, as it happens",
    "progress": "`copy -o jsonl`, once a second",
}


def schema_file() -> str:
    """The schema as it is published."""
    return json.dumps(json_schema(), indent=2) + "\n"


def json_page() -> str:
    """Markdown: the kinds of documents, and every class that they are made of with its fields."""
    rows = [
        f"| `{kind}` | {_PRINTED_BY[kind]} | `{INTRODUCES.get(kind, 'report')}` | {_type_text(told)} |"
        for kind, told in KINDS.items()
    ]
    classes: dict[str, type] = {}
    for told in KINDS.values():
        classes |= {_name(each): each for each in _classes(told)}
    parts = [line for each in classes.values() for line in _part(each)]
    return "\n".join([_INTRODUCTION, *rows, *parts]) + "\n"


def _part(kind: type) -> Iterator[str]:
    yield ""
    yield f"## {_name(kind)}"
    yield ""
    text = (kind.__doc__ or "").strip()
    if text and not text.startswith(f"{kind.__name__}("):
        yield from (_in_json(line.strip()) for line in text.splitlines())
        yield ""
    hints = get_type_hints(kind)
    for each in fields(kind):
        yield f"- `{each.name}`: {_type_text(hints[each.name])}"


def _in_json(line: str) -> str:
    return line.replace("None", "`null`").replace("False", "`false`").replace("True", "`true`")


def _classes(hint: Any) -> Iterator[type]:
    """Those that a value may be of or hold, each before what it is made of."""
    if is_dataclass(hint) and isinstance(hint, type):
        yield hint
        for below in get_type_hints(hint).values():
            yield from _classes(below)
    for below in get_args(hint):
        yield from _classes(below)


_NAMES = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "datetime": "instant"}


def _type_text(hint: Any) -> str:
    if get_origin(hint) is UnionType:
        told = [_type_text(each) for each in get_args(hint) if each is not NoneType]
        return " or ".join([*told, "null"] if NoneType in get_args(hint) else told)
    if get_args(hint):
        return f"list of {_type_text(get_args(hint)[0])}"
    if is_dataclass(hint):
        return f"[{_name(hint)}](#{_name(hint).lower()})"
    if hasattr(hint, "__members__"):
        return ", ".join(f"`{each.value}`" for each in hint)
    return _NAMES[hint.__name__]


def _name(kind: Any) -> str:
    """Without what all have; two that are called alike are told apart by where they are from."""
    name: str = kind.__name__.removesuffix("Report")
    return "CopyThroughHost" if kind.__module__.startswith("datamotion.hostcopy") else name
