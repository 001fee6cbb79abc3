"""What the replies to a batch of acts amount to, with the jobs that they started and may share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered

_WORDS: Mapping[type[Reply], str] = {Accepted: "accepted", Declined: "declined", Unanswered: "no answer"}


def job_uses(replies: Iterable[Reply]) -> Counter[str]:
    """By how many replies each job is named."""
    return Counter(job for reply in replies if isinstance(reply, Accepted) for job in reply.jobs)


def outcome(reply: Reply, ends: Mapping[str, Reply]) -> Reply:
    """The reply to an act, or, where it started jobs, the end of the first of them that did not succeed."""
    if not isinstance(reply, Accepted):
        return reply
    return next((end for job in reply.jobs if not isinstance(end := ends.get(job, reply), Accepted)), reply)


def is_done(reply: Reply, ends: Mapping[str, Reply]) -> bool:
    """Whether jobs carried an act out, all of them seen to end well."""
    return (
        isinstance(reply, Accepted)
        and bool(reply.jobs)
        and all(isinstance(ends.get(it), Accepted) for it in reply.jobs)
    )


def answer_text(reply: Reply) -> str:
    return _WORDS[type(reply)]


def answers_text(replies: Sequence[Reply]) -> str:
    """How many replies there were of each kind, in words."""
    counts = Counter(answer_text(reply) for reply in replies)
    return ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
