"""ONTAP's query language, compiled once per request.

One element is a value, `*` in it any text; `!` before it negates; `<`, `>`, `<=`, `>=` and `a..b` order; `null` is
an absent value; double quotes keep an element literal. `|` and `,` separate elements: any of them may match, but a
negated one must not.

Values are compared as what the record holds: numbers, instants, durations and booleans by value, the rest as text.
Of a list, any element may match.

Assumption: `!value` also matches where there is no value, and a lone `*` matches everything.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from ontaplab.wire.values import parse_duration, parse_instant

Predicate = Callable[[object], bool]

_ELEMENT = re.compile(r'!?"[^"]*"|[^|,]+')
_ORDERED = re.compile(r"(<=|>=|<|>)(.*)", re.DOTALL)
_RANGE = re.compile(r"(.+?)\.\.(.+)", re.DOTALL)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS: dict[str, Predicate] = {"null": lambda value: value is None, "*": lambda value: True}
_SPECIAL = re.compile(r'[*!<>"]|\.\.')


def compile_query(text: str) -> Predicate:
    """A function that tells whether a value matches. It accepts None, scalars and sequences of scalars."""
    elements, plain = _ELEMENT.findall(text), alternatives(text)
    wanted = [_positive(element) for element in elements if not element.startswith("!")]
    unwanted = [_positive(element[1:]) for element in elements if element.startswith("!")]

    def matches_one(value: object) -> bool:
        if plain is not None and type(value) is str:
            return value in plain
        return (not wanted or any(test(value) for test in wanted)) and not any(test(value) for test in unwanted)

    def matches(value: object) -> bool:
        if not isinstance(value, (list, tuple)):
            return matches_one(value)
        if not value:
            return matches_one(None)
        if any(test(each) for test in unwanted for each in value):
            return False
        return not wanted or any(matches_one(each) for each in value)

    return matches


def alternatives(text: str) -> Collection[str] | None:
    """The only texts that match, each once and as they come, where the query does nothing but name them."""
    elements = _ELEMENT.findall(text)
    return None if _SPECIAL.search("".join(elements)) or "null" in elements else dict.fromkeys(elements)


class Literal:
    """A piece of text from a query, read as whatever it is compared with."""

    def __init__(self, text: str) -> None:
        self.text = text

    def like(self, value: object) -> object:
        """This literal as a value of the same kind; None if it is not one."""
        match value:
            case bool():
                return {"true": True, "false": False}.get(self.text.lower())
            case int() | float():
                return self._number
            case datetime():
                return self._instant
            case timedelta():
                return self._duration
        return self.text

    @cached_property
    def _number(self) -> float | int | None:
        try:
            return int(self.text)
        except ValueError:
            pass
        try:
            return float(self.text)
        except ValueError:
            return None

    @cached_property
    def _instant(self) -> datetime | None:
        return parse_instant(self.text)

    @cached_property
    def _duration(self) -> timedelta | None:
        return parse_duration(self.text)


def comparable(value: object) -> object:
    """The value with the precision that the wire shows: whole seconds."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    if isinstance(value, timedelta):
        return timedelta(seconds=int(value.total_seconds()))
    return value


def _positive(element: str) -> Predicate:
    if element.startswith('"') and element.endswith('"') and len(element) > 1:
        return _compares(operator.eq, Literal(element[1:-1]))
    if element in _WORDS:
        return _WORDS[element]
    if ordered := _ORDERED.fullmatch(element):
        return _compares(_OPERATORS[ordered[1]], Literal(ordered[2]))
    if bounds := _RANGE.fullmatch(element):
        above, below = _compares(operator.ge, Literal(bounds[1])), _compares(operator.le, Literal(bounds[2]))
        return lambda value: above(value) and below(value)
    if "*" in element:
        return _wildcard(element)
    return _compares(operator.eq, Literal(element))


def _wildcard(element: str) -> Predicate:
    pattern = re.compile(".*".join(map(re.escape, element.split("*"))), re.DOTALL)
    return lambda value: value is not None and pattern.fullmatch(str(value)) is not None


def _compares(operation: Callable[[Any, Any], bool], literal: Literal) -> Predicate:
    def test(value: object) -> bool:
        if value is None:
            return False
        other = literal.like(value)
        try:
            return other is not None and operation(comparable(value), other)
        except TypeError:  # what has no order, as an object in a list
            return False

    return test
