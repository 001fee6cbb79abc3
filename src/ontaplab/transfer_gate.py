"""How far and how fast this cluster's transfers get: what a test sets, and an operator who wants to watch one."""

from __future__ import annotations

from collections.abc import Sequence

import anyio

from ontaplab.clock import Clock


class TransferGate:
    """While it is held, transfers stop half way through their bytes, and go on when it is released."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._released = anyio.Event()
        self._released.set()
        self.bytes_per_second: int | None = None
        """On the cluster's clock; None: as fast as the machine can."""

    @property
    def held(self) -> bool:
        return not self._released.is_set()

    def hold(self) -> None:
        if not self.held:
            self._released = anyio.Event()

    def release(self) -> None:
        self._released.set()

    async def wait_released(self) -> None:
        while self.held:
            await self._released.wait()

    async def pace(self, received_bytes: int, limits: Sequence[int]) -> None:
        """Return when that many bytes may have taken, at this gate's speed and at these limits in bytes a second."""
        speeds = [*limits, *([self.bytes_per_second] if self.bytes_per_second else ())]
        if speeds and received_bytes:
            await self._clock.sleep(received_bytes / min(speeds))
