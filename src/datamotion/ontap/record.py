"""One element of a collection's `records`, read field by field: dotted names, checked types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from datamotion.ontap.errors import MalformedRecord
from datamotion.ontap.values import Name, adapter_of, meaning

T = TypeVar("T")
_NAMES: TypeAdapter[list[str]] = TypeAdapter(list[Name])


@dataclass(frozen=True, slots=True)
class Record:
    """`cluster` and `request` say where the values came from, for the error when they cannot be read."""

    cluster: str
    request: str
    values: Mapping[str, object]
    number: int | None = None  # which one of a page, from 1

    def required(self, field: str, kind: type[T]) -> T:
        """The field's value. Raises: MalformedRecord when it is absent or of another type."""
        found = self.optional(field, kind)
        if found is None:
            raise self.malformed(f"{self.who} has no `{field}`")
        return found

    def optional(self, field: str, kind: type[T]) -> T | None:
        """The field's value, None when it is absent. Raises: MalformedRecord when it is of another type.

        ONTAP may write numbers and booleans as strings, and durations as ISO 8601 ("P1DT8M12S").
        """
        value = self._find(field)
        if value is None:
            return None
        try:
            checked: T = adapter_of(field, kind).validate_python(value)
        except ValidationError as invalid:
            why = meaning(invalid.errors(include_url=False)[0])
            raise self.malformed(f"`{field}` of {self.who} is {value!r:.80}, which {why}") from None
        return checked

    def legible(self, field: str) -> str | None:
        """The text of the field; None when it is absent, and when it cannot be read."""
        try:
            return self.optional(field, str)
        except MalformedRecord:
            return None

    def names(self, field: str) -> frozenset[str]:
        """The names in the list `field`; none when it is absent."""
        try:
            return frozenset(_NAMES.validate_python(self.optional(field, list) or []))
        except ValidationError:
            raise self.malformed(f"`{field}` of {self.who} is not a list of names") from None

    def objects(self, field: str) -> tuple[Record, ...]:
        """The elements of the list `field`; none when it is absent."""
        elements = self.optional(field, list) or []
        if not all(isinstance(element, Mapping) for element in elements):
            raise self.malformed(f"`{field}` of {self.who} is not a list of objects")
        return tuple(Record(self.cluster, self.request, element) for element in elements)

    def malformed(self, problem: str) -> MalformedRecord:
        return MalformedRecord(self.cluster, self.request, problem)

    def _find(self, field: str) -> object:
        found: object = self.values
        path: list[str] = []
        for name in field.split("."):
            if found is None:
                return None
            if not isinstance(found, Mapping):
                raise self.malformed(f"`{'.'.join(path)}` of {self.who} is {found!r:.80}, not an object")
            found = found.get(name)
            path.append(name)
        return found

    @property
    def who(self) -> str:
        """For messages."""
        named = next((self.values[key] for key in ("uuid", "name") if key in self.values), None)
        if named is None:
            return "the answer" if self.number is None else f"record number {self.number}"
        is_plain = isinstance(named, str) and named.isprintable()
        return f"record {named:.80}" if is_plain else f"record {named!r:.80}"
