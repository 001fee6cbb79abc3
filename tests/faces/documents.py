"""JSON documents held against the published schema, which is taken at its word: what it does not name is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

PUBLISHED = Path(__file__).parents[2] / "docs/reference/json.schema.json"


def check_document(document: Any) -> None:
    """Raises: AssertionError, with what is wrong, for one that the schema does not allow."""
    branches = {branch["properties"]["kind"]["const"]: branch for branch in published()["oneOf"]}
    branch = {**branches[document["kind"]], "$defs": published()["$defs"]}  # of all branches it would not say why
    wrong = sorted(Draft202012Validator(branch, format_checker=FormatChecker()).iter_errors(document), key=str)
    assert not wrong, [f"{each.json_path}: {each.message}" for each in wrong]
    mixed = [f"{path}: {text}" for path, text in _texts(document) if _WAY_OUT.search(text)]
    assert not mixed, mixed


_WAY_OUT = re.compile(r"\bdatamotion [a-z]+ ?(--)?[a-z]|`datamotion|\b[Rr]un (it|the same) ")
_OF_COMMANDS = frozenset({"hint", "goes_on", "configuration"})


def _texts(part: Any, path: str = "$") -> Iterator[tuple[str, str]]:
    """What is said, but for the fields that are there for commands: a way out stands in those alone."""
    if isinstance(part, str):
        yield path, part
    for name, below in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        if name not in _OF_COMMANDS:
            yield from _texts(below, f"{path}.{name}")


@cache
def published() -> Any:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return _closed(schema)


def _closed(part: Any) -> Any:
    """Programs are to bear fields that a later version adds; what is printed today has no others."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {name: _closed(below) for name, below in part.items()}
    return {**closed, "additionalProperties": False} if isinstance(part.get("properties"), dict) else closed
