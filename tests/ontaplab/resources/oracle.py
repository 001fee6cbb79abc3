"""NetApp's own client as the judge of what the lab answers."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields
from netapp_ontap.resource import Resource


def complaints(record: dict[str, Any], resource: type[Resource]) -> list[str]:
    """Names that the client's schema for this resource does not know, and values it does not take."""
    return list(_complaints(record, resource._schema().fields, ""))


def _complaints(record: dict[str, Any], known: dict[str, fields.Field], path: str) -> list[str]:
    by_name = {field.data_key or name: field for name, field in known.items()}
    found: list[str] = []
    for name, value in record.items():
        if name not in by_name:
            found.append(f"{path}{name} is unknown")
            continue
        field, items = by_name[name], [value]
        if isinstance(field, fields.List):
            assert isinstance(value, list), f"{path}{name} has to be a list"
            field, items = field.inner, value
        for item in items:
            found += _complaints_of_value(item, field, f"{path}{name}")
    return found


def _complaints_of_value(value: Any, field: fields.Field, path: str) -> list[str]:
    if isinstance(field, fields.Nested):
        nested = field.schema
        assert not isinstance(nested, type), "marshmallow gives an instance"
        return _complaints(value, nested.fields, path + ".")
    try:
        field.deserialize(value)
    except ValidationError as error:
        return [f"{path}: {error.messages} for {value!r}"]
    return []
