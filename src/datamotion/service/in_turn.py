"""Many operations of the same kind, in an order and under limits: each as if it were alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence

import anyio

from datamotion.policy.movers.file_copy import NAME as FILE_COPY
from datamotion.service.prepared import Prepared

AT_ONCE = 4


async def in_turn(
    all_prepared: Sequence[Prepared], carry_out: Callable[[Prepared], Awaitable[None]], at_once: int = AT_ONCE
) -> None:
    """All are carried out in this order, so many at a time of each mechanism.

    The first of a mechanism goes alone: what it makes for all of them, as peers, is there for the others. Files are
    copied one after another, as no cluster tells which of its jobs copies which.
    """
    lanes: dict[str, list[Prepared]] = {}
    for each in all_prepared:
        lanes.setdefault(each.plan.offer.mechanism if each.plan.offer else "", []).append(each)
    async with anyio.create_task_group() as tasks:
        for mechanism, lane in lanes.items():
            tasks.start_soon(_go_along, lane, carry_out, 1 if mechanism == FILE_COPY else at_once)


async def _go_along(lane: Sequence[Prepared], carry_out: Callable[[Prepared], Awaitable[None]], at_once: int) -> None:
    left: Iterator[Prepared] = iter(lane)
    await carry_out(next(left))

    async def work() -> None:
        for each in left:
            await carry_out(each)

    async with anyio.create_task_group() as tasks:
        for _ in range(at_once):
            tasks.start_soon(work)
