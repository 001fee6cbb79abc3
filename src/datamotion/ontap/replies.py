"""From requests to replies: every act gets one, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

import anyio

from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered
from datamotion.errors import ClusterRefused, ClusterSilent, InternalError
from datamotion.ontap.answer import Answer

A = TypeVar("A")
R = TypeVar("R")


async def reply_of(request: Awaitable[Answer]) -> Reply:
    """What this request came to."""
    try:
        answer = await request
    except ClusterRefused as error:
        return Declined(error)
    except ClusterSilent as error:
        return Unanswered(error)
    return Accepted(answer.jobs)


async def side_by_side(ask: Callable[[A], Awaitable[R]], subjects: Iterable[A]) -> list[R]:
    """`ask` of each subject, all at once; results in the order of the subjects."""
    results: dict[int, R] = {}

    async def ask_one(index: int, subject: A) -> None:
        results[index] = await ask(subject)

    async with anyio.create_task_group() as tasks:
        for index, subject in enumerate(subjects):
            tasks.start_soon(ask_one, index, subject)
    return [results[index] for index in sorted(results)]


def batches(subjects: Sequence[A], size: int) -> list[Sequence[A]]:
    return [subjects[start : start + size] for start in range(0, len(subjects), size)]


def known(uuid: str | None) -> str:
    """The uuid of an act that is due: by then what it changes has been observed, so it has one."""
    if uuid is None:
        raise InternalError("an act was carried out before what it changes was observed")
    return uuid
