"""A request's query string: the wire's own parameters, the resource's flags, and filters by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from ontaplab.errors import invalid_value, unexpected_argument
from ontaplab.wire.resource import Resource

_IGNORED = frozenset({"privilege_level", "serial_records"})
_OWN = frozenset(
    {
        "fields",
        "max_records",
        "order_by",
        "return_records",
        "return_timeout",
        "ignore_unknown_fields",
        "continue_on_failure",
        "query",
        "query_fields",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The query string, understood."""

    fields: tuple[str, ...] = ()
    max_records: int | None = None
    order_by: tuple[tuple[str, bool], ...] = ()
    """Field names, each with whether it is descending."""
    return_records: bool | None = None
    return_timeout_s: float = 0.0
    ignore_unknown_fields: bool = False
    continue_on_failure: bool = False
    query: str = ""
    """What any of `query_fields`, without them of all fields, has to match."""
    query_fields: tuple[str, ...] = ()
    start: Mapping[str, str] = field(default_factory=dict)
    """Where the page before this one ended: the values that its last record is sorted by."""
    filters: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)


def read_query(query: str) -> dict[str, str]:
    """The raw parameters. A second `?`, which one client sends, separates them like `&`."""
    return {name: value for name, value in parse_qsl(query.replace("?", "&")) if value}


def read_parameters(resource: Resource[Any], raw: Mapping[str, str]) -> Parameters:
    """Raises: OntapError 262179 for a name that is neither a field nor known otherwise, 262197 for a wrong value.

    Assumption: an object that has a name goes by it, as Cinder's driver deletes LUNs by `svm=...`.
    """
    rest = {name: value for name, value in raw.items() if name not in _OWN | _IGNORED}
    start = {name.removeprefix("start."): rest.pop(name) for name in list(rest) if name.startswith("start.")}
    flags = {name: rest.pop(name) for name in list(rest) if name in resource.flags}
    for name in [each for each in rest if each not in resource.fields]:
        by_name = f"{name}.name"
        if by_name not in resource.fields:
            raise unexpected_argument(name)
        rest[by_name] = rest.pop(name)
    return Parameters(
        fields=_names(raw.get("fields", "")),
        query=raw.get("query", ""),
        query_fields=_names(raw.get("query_fields", "")),
        max_records=_number(raw, "max_records") if "max_records" in raw else None,
        order_by=_order(raw.get("order_by", "")),
        return_records=_switch(raw, "return_records") if "return_records" in raw else None,
        return_timeout_s=_number(raw, "return_timeout") if "return_timeout" in raw else 0,
        ignore_unknown_fields=_switch(raw, "ignore_unknown_fields"),
        continue_on_failure=_switch(raw, "continue_on_failure"),
        start=start,
        filters=rest,
        flags=flags,
    )


def _names(text: str) -> tuple[str, ...]:
    """A comma too many does no harm."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _switch(raw: Mapping[str, str], name: str) -> bool:
    value = raw.get(name, "false").lower()
    if value not in ("true", "false"):
        raise invalid_value(raw[name], name)
    return value == "true"


def _number(raw: Mapping[str, str], name: str) -> int:
    try:
        number = int(raw[name])
    except ValueError:
        number = -1
    if number < 0:
        raise invalid_value(raw[name], name)
    return number


def _order(text: str) -> tuple[tuple[str, bool], ...]:
    order = []
    for element in filter(None, (part.strip() for part in text.split(","))):
        name, _, direction = element.partition(" ")
        if direction.strip().lower() not in ("", "asc", "desc"):
            raise invalid_value(element, "order_by")
        order.append((name, direction.strip().lower() == "desc"))
    return tuple(order)
