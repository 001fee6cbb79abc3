"""A resource's fields: which exist, which a reply shows, and how values become nested JSON.

A field is a getter. Its dotted name says where its value goes; `[]` after a part says that this part is a list of
objects: the getter of `aggregates[].name` gives one value for each aggregate. Clients write names without `[]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Generic, TypeVar

from ontaplab.errors import OntapError
from ontaplab.wire.values import format_duration, format_instant

R = TypeVar("R")
_MOST_SELECTED = 256  # clients ask the same again and again; whoever does not fills no memory
Json = dict[str, Any]


class Level(IntEnum):
    """How readily a field is shown."""

    KEY = 0
    """always"""
    DEFAULT = 1
    """in a collection that was asked for no fields"""
    CHEAP = 2
    """with `fields=*`, and on an instance that was asked for no fields"""
    EXPENSIVE = 3
    """with `fields=**`, or when named"""
    NAMED = 4
    """only when named"""


@dataclass(frozen=True, slots=True)
class Field(Generic[R]):
    """A value of a record. The getter returns None where there is no value: it is then left out."""

    get: Callable[[R], object]
    level: Level = Level.CHEAP


class Fields(Generic[R]):
    """All fields of one resource, by their dotted names."""

    def __init__(self, table: Mapping[str, Field[R]]) -> None:
        self._places = {name.replace("[]", ""): _Place.of(name) for name in table}
        self._fields = {name.replace("[]", ""): field for name, field in table.items()}
        self._selected: dict[tuple[tuple[str, ...], Level, bool], tuple[str, ...]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def getter(self, name: str) -> Callable[[R], object]:
        """Raises: OntapError 262179 for a name that is no field."""
        try:
            return self._fields[name].get
        except KeyError:
            raise OntapError(400, "262179", f'Unexpected argument "{name}".', target=name) from None

    def select(self, asked: Iterable[str], *, otherwise: Level, lenient: bool = False) -> tuple[str, ...]:
        """The names to show, in the table's order: the keys, and what was asked for.

        A parent's name selects its subtree. Nothing asked for selects everything up to the level `otherwise`.
        Raises: OntapError 262197 naming a field that does not exist, unless `lenient`.
        """
        question = (tuple(asked), otherwise, lenient)
        if (known := self._selected.get(question)) is None:
            if len(self._selected) >= _MOST_SELECTED:
                self._selected.clear()
            known = self._selected[question] = self._select(*question)
        return known

    def _select(self, asked: tuple[str, ...], otherwise: Level, lenient: bool) -> tuple[str, ...]:
        chosen = {name for name, field in self._fields.items() if field.level is Level.KEY}
        names = [name for name in asked if name]
        if not names:
            chosen |= self._up_to(otherwise)
        for name in names:
            found = self._named(name)
            if not found and not lenient:
                raise OntapError(
                    400,
                    "262197",
                    f'The value "{name}" is invalid for field "fields" (<field,...>): no such field is simulated.',
                    target="fields",
                )
            chosen |= found
        return tuple(name for name in self._fields if name in chosen)

    def renderer(self, names: Iterable[str]) -> Callable[[R], Json]:
        """A function that makes a record's nested JSON from these fields."""
        steps = [(self._fields[name].get, name, self._places[name]) for name in names]
        flat = [(get, name) for get, name, place in steps if place.is_flat]
        nested = [(get, place) for get, _, place in steps if not place.is_flat]

        def render(record: R) -> Json:
            shown: Json = {}
            for get, name in flat:
                if (value := get(record)) is not None:
                    shown[name] = to_json(value)
            for get, place in nested:
                if (value := get(record)) is not None:
                    place.put(shown, value)
            return shown

        return render

    def _named(self, name: str) -> set[str]:
        if name in ("*", "**"):
            return self._up_to(Level.CHEAP if name == "*" else Level.EXPENSIVE)
        wanted = name.removesuffix(".*")
        return {known for known in self._fields if known == wanted or known.startswith(wanted + ".")}

    def _up_to(self, level: Level) -> set[str]:
        return {name for name, field in self._fields.items() if field.level <= level}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value goes: through `parents` to `last`. There it is, or a list is, with a place in each of its items."""

    parents: tuple[str, ...]
    last: str
    within: _Place | None

    @classmethod
    def of(cls, name: str) -> _Place:
        head, is_list, tail = name.partition("[].")
        *parents, last = head.split(".")
        return cls(tuple(parents), last, cls.of(tail) if is_list else None)

    @property
    def is_flat(self) -> bool:
        return not self.parents and self.within is None

    def put(self, shown: Json, value: object) -> None:
        for part in self.parents:
            shown = shown.setdefault(part, {})
        if self.within is None:
            shown[self.last] = to_json(value)
            return
        assert isinstance(value, (list, tuple)), "a field of a list of objects gives a value for each object"
        items = shown.setdefault(self.last, [{} for _ in value])
        for item, each in zip(items, value, strict=True):
            if each is not None:
                self.within.put(item, each)


_PLAIN = frozenset({str, int, bool, float})


def to_json(value: object) -> object:
    """Instants and durations become text; the rest is JSON already."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, (list, tuple)):
        return [to_json(each) for each in value]
    return value
