"""A fault's record, and the kinds of faults there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "latency",
    "refuse",
    "hang",
    "status",
    "lost_request",
    "lost_answer",
    "duplicate",
    "kill",
    "job_failure",
    "job_hang",
    "transfer_failure",
    "slow_link",
    "partition",
    "full_aggregate",
    "clock_skew",
]
Direction = Literal["from", "to", "both"]
When = Literal["before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of one cluster. It strikes `count` times, or while it is set."""

    uuid: str
    """A short number: it is typed by people."""
    kind: Kind
    route: str | None = None
    relationship: str | None = None
    """uuid"""
    count: int | None = None
    skip: int = 0
    """How many that match go well first."""
    probability: float | None = None
    """Of each that matches to be struck, drawn from the seed; None: every one is."""
    seed: int = 0
    seconds: float = 0.0
    spread_s: float = 0.0
    """A latency is drawn evenly from `seconds` plus or minus this."""
    status: int = 0
    retry_after_s: int | None = None
    code: str | None = None
    message: str | None = None
    when: When = "before"
    """Before or after the effect."""
    bytes_per_second: int = 0
    peer: str | None = None
    """The other cluster's name or intercluster address; None: all."""
    direction: Direction = "both"
    """Which requests are lost: those that come from the peer, those that go to it."""
    aggregate: str | None = None
    """Name; None: all."""
    matched: int = 0
    struck: int = 0

    @property
    def is_spent(self) -> bool:
        return self.count is not None and self.struck >= self.count

    @property
    def left(self) -> int | None:
        """How often it is still to strike; None: while it is set."""
        return None if self.count is None else self.count - self.struck


@dataclass(frozen=True, slots=True)
class Takes:
    """What a kind of fault does, and which fields it needs and may have besides those of `CHOICE`."""

    meaning: str
    needs: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()


SCRIPT = frozenset({"count", "skip", "probability", "seed"})
"""When a fault strikes."""
CHOICE = SCRIPT | {"route", "relationship"}
"""What it strikes, and when."""

REQUEST: Mapping[Kind, Takes] = {
    "latency": Takes(
        "each request waits `seconds`, give or take `spread_s`, on the cluster's clock",
        frozenset({"seconds"}),
        CHOICE | {"spread_s"},
    ),
    "refuse": Takes("the connection is refused (of a process: reset) and nothing is carried out", may=CHOICE),
    "hang": Takes("the request is accepted and never answered, nor carried out", may=CHOICE),
    "status": Takes(
        "the answer is `status`, nothing is carried out; 429 and 503 come with Retry-After",
        frozenset({"status"}),
        CHOICE | {"retry_after_s", "code", "message"},
    ),
    "lost_request": Takes("the connection is closed without an answer, nothing is carried out", may=CHOICE),
    "lost_answer": Takes("the request is carried out, then the connection is closed without an answer", may=CHOICE),
    "duplicate": Takes("the request is carried out twice, one after the other; the second is answered", may=CHOICE),
    "kill": Takes(
        "the cluster kills itself with SIGKILL, `when` before or after it has carried the request out",
        may=CHOICE | {"when"},
    ),
}
KINDS: Mapping[Kind, Takes] = {
    **REQUEST,
    "job_failure": Takes(
        "jobs of such requests fail with `code`, `when` before or after their effect",
        may=CHOICE | {"code", "message", "when"},
    ),
    "job_hang": Takes("jobs of such requests run on and do nothing until the fault is removed", may=CHOICE),
    "transfer_failure": Takes(
        "transfers to this cluster fail with `code`", may=SCRIPT | {"relationship", "code", "message"}
    ),
    "slow_link": Takes(
        "transfers to this cluster move no more than `bytes_per_second`",
        frozenset({"bytes_per_second"}),
        frozenset({"relationship"}),
    ),
    "partition": Takes(
        "requests between this cluster and `peer` do not arrive, in the `direction` from it, to it, or both",
        may=SCRIPT | {"peer", "direction"},
    ),
    "full_aggregate": Takes("nothing more fits on `aggregate`, transfers included", may=frozenset({"aggregate"})),
    "clock_skew": Takes("the cluster's clock is `seconds` ahead, or behind if negative", frozenset({"seconds"})),
}
