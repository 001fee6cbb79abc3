"""JSON documents held against the published schema, which is taken at its word: what it does not name is wrong."""

from __future__ import annotations

import json
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
