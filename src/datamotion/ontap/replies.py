"""From requests to replies: every act gets one, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TypeVar

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


async def unless(request: Awaitable[Answer], as_wanted: frozenset[str]) -> Answer:
    """What it was answered; a refusal of one of these codes says that it is so already."""
    try:
        return await request
    except ClusterRefused as error:
        if error.ontap_code in as_wanted:
            return Answer(request=error.request, body={}, jobs=())
        raise


def batches(subjects: Sequence[A], size: int) -> list[Sequence[A]]:
    return [subjects[start : start + size] for start in range(0, len(subjects), size)]


def known(uuid: str | None) -> str:
    """The uuid of an act that is due: by then what it changes has been observed, so it has one."""
    if uuid is None:
        raise InternalError("an act was carried out before what it changes was observed")
    return uuid
