"""How many requests are sent within a piece of work, whoever else sends some by the same connections meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Calls:
    """A count that tasks that were begun within share."""

    def __init__(self) -> None:
        self.count = 0


_WITHIN: ContextVar[Calls | None] = ContextVar("calls", default=None)


@contextmanager
def counted() -> Iterator[Calls]:
    """All that is sent within, from here on, counts; not for what was counted around it."""
    calls = Calls()
    before = _WITHIN.set(calls)
    try:
        yield calls
    finally:
        _WITHIN.reset(before)


def count_call() -> None:
    """A request is sent."""
    if (calls := _WITHIN.get()) is not None:
        calls.count += 1
