"""Asking many things at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

A = TypeVar("A")
R = TypeVar("R")


async def side_by_side(ask: Callable[[A], Awaitable[R]], subjects: Iterable[A]) -> list[R]:
    """`ask` of each subject, all at once; results in the order of the subjects."""
    results: dict[int, R] = {}

    async def ask_one(index: int, subject: A) -> None:
        results[index] = await ask(subject)

    async with anyio.create_task_group() as tasks:
        for index, subject in enumerate(subjects):
            tasks.start_soon(ask_one, index, subject)
    return [results[index] for index in sorted(results)]
