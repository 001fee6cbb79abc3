"""NetApp's own client as the judge of the bodies that we send, and of the fields that we ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import Schema, fields
from netapp_ontap.resource import Resource


def assert_fits(resource: type[Resource], method: str, body: Mapping[str, Any]) -> None:
    """The body loads, names no field that the schema does not know, at any depth, and only fields that may be sent."""
    resource._schema().load(dict(body), unknown="raise")
    assert list(_unknown(resource._schema(), body)) == []
    allowed = {"POST": resource._schema.postable_fields, "PATCH": resource._schema.patchable_fields}[method]
    for leaf in _leaves(body):
        parts = leaf.split(".")
        assert any(".".join(parts[: n + 1]) in allowed for n in range(len(parts))), leaf


def knows(schema: Schema, dotted: str) -> bool:
    """Whether the schema has a field of that name, at any depth."""
    name, _, rest = dotted.partition(".")
    known = next((each for key, each in schema.fields.items() if (each.data_key or key) == name), None)
    inner = known.inner if isinstance(known, fields.List) else known
    if not rest:
        return known is not None
    return isinstance(inner, fields.Nested) and knows(inner.schema, rest)


def _unknown(schema: Any, body: Mapping[str, Any]) -> Iterator[str]:
    """Names that the schema lacks. marshmallow itself drops unknown names in nested objects without a word."""
    known = {known.data_key or name: known for name, known in schema.fields.items()}
    for name, value in body.items():
        if name not in known:
            yield name
            continue
        inner = known[name].inner if isinstance(known[name], fields.List) else known[name]
        if isinstance(inner, fields.Nested):
            for each in value if isinstance(value, list) else [value]:
                yield from (f"{name}.{nested}" for nested in _unknown(inner.schema, each))


def _leaves(body: Mapping[str, Any]) -> Iterator[str]:
    for name, value in body.items():
        nested = value if isinstance(value, list) else [value]
        if all(isinstance(each, Mapping) for each in nested):
            for each in nested:
                yield from (f"{name}.{leaf}" for leaf in _leaves(each))
        else:
            yield name
