"""Enumerations as the documentation of NetApp's client states them.

Only the client's uppermost schemas check their values. Those of nested objects state the choices beside the field, in
their source: `mode = ...Str(...)`, then a text with "Valid choices:" and a list.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from marshmallow import Schema, fields

from tests.contract.resources import ClientClass

_HEADING = "Valid choices:"


@cache
def stated(schema: type[Schema]) -> Mapping[str, frozenset[str]]:
    """The choices of a schema's own fields, in lower case, by the fields' names in Python."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(schema))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for field, text in pairwise(definition.body):
        match field, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(ast.Constant(str(said))) if _HEADING in said:
                listed = re.findall(r"^\* (\S+) *$", said.partition(_HEADING)[2], re.MULTILINE)
                found[name] = frozenset(choice.lower() for choice in listed)
    return found


def wrong_choices(record: Mapping[str, Any], resource: ClientClass) -> list[str]:
    """Values, at any depth, that are none of those that are stated for their fields."""
    return list(_wrong(record, resource._schema()))


def _wrong(record: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    choices = stated(type(schema))
    for python_name, field in schema.fields.items():
        name = field.data_key or python_name
        said = record.get(name)
        inner = field.inner if isinstance(field, fields.List) else field
        for value in said if isinstance(said, list) else [said]:
            if isinstance(inner, fields.Nested) and isinstance(value, Mapping):
                nested = inner.schema
                assert isinstance(nested, Schema)
                yield from (f"{name}.{wrong}" for wrong in _wrong(value, nested))
            elif value is not None and str(value).lower() not in choices.get(python_name, {str(value).lower()}):
                yield f"{name}: {value!r} is none of {sorted(choices[python_name])}"
