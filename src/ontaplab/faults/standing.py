"""Records that hold until somebody takes them away, and those who wait for that."""

from __future__ import annotations

from typing import Generic, TypeVar

import anyio

from ontaplab.clock import Clock
from ontaplab.store import Record, Table

R = TypeVar("R", bound=Record)


class Standing(Generic[R]):
    """They are durable, and numbered: a number is the uuid."""

    def __init__(self, table: Table[R], clock: Clock) -> None:
        self.records = table
        self._clock = clock
        self._changed = anyio.Event()

    def next_number(self) -> str:
        """Above all that stand."""
        return str(1 + max((int(each.uuid) for each in self.records if each.uuid.isdigit()), default=0))

    def add(self, record: R) -> R:
        self.records.put(record)
        self._tell()
        return record

    def remove(self, uuid: str) -> None:
        """It stands no longer; those who waited for that go on. Harmless if it did not stand."""
        self.records.remove(uuid)
        self._tell()

    def clear(self) -> None:
        """None stands any longer."""
        for record in self.records:
            self.records.remove(record.uuid)
        self._tell()

    async def wait_removed(self, uuid: str, *, at_most_s: float | None = None) -> None:
        """Return when it does not stand any longer, or after so many seconds on the cluster's clock."""
        if at_most_s is not None:
            with self._clock.limit(at_most_s):
                await self.wait_removed(uuid)
            return
        while uuid in self.records:
            await self._changed.wait()

    def _tell(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()
