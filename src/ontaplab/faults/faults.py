"""The faults of one cluster: which there are, and whom they strike.

Whether a fault that is drawn from a seed strikes depends on the seed, the kind of operation and how many of that kind
it has met: the same sequence of requests meets the same faults, and requests of other kinds in between change nothing.
What was counted survives a SIGKILL, so that a fault which kills strikes no more often than it should.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random

import httpx

from ontaplab.clock import SkewedClock
from ontaplab.errors import OntapError
from ontaplab.faults.fault import REQUEST, Fault, Kind
from ontaplab.faults.operation import Operation
from ontaplab.faults.standing import Standing
from ontaplab.running_jobs import Work
from ontaplab.store import Table

_LATENCY: Collection[Kind] = frozenset({"latency"})
_INSTEAD_OF_WORK: Collection[Kind] = ("job_failure", "job_hang")
_INSTEAD_OF_ANSWER: Collection[Kind] = tuple(kind for kind in REQUEST if kind != "latency")
_JOB_FAILED = "The job failed: a fault was set."
_TRANSFER_FAILED = "a fault was set"


class Faults(Standing[Fault]):
    """Made once for a cluster; `clock` is the cluster's own, which the faults may skew."""

    def __init__(self, table: Table[Fault], clock: SkewedClock) -> None:
        super().__init__(table, clock)
        self.kill: Callable[[], None] | None = None
        """Ends the cluster at once; None where there is nothing to end."""
        self._skewed_clock = clock
        self._met: Counter[tuple[str, str]] = Counter()
        self._carried = {fault.uuid: fault.struck for fault in table}
        self._skew_changed: list[Callable[[], None]] = []
        self._skew()

    def at_skew(self, call: Callable[[], None]) -> None:
        """`call` is called whenever the clock was set forward or back."""
        self._skew_changed.append(call)

    def add(self, record: Fault) -> Fault:
        """It is set. One of the same number is replaced, and counts anew."""
        self._met = Counter({key: met for key, met in self._met.items() if key[0] != record.uuid})
        self._carried.pop(record.uuid, None)
        super().add(record)
        self._skew()
        return record

    def remove(self, uuid: str) -> None:
        super().remove(uuid)
        self._skew()

    def clear(self) -> None:
        super().clear()
        self._skew()

    def latency_s(self, operation: Operation) -> float:
        """How long the request has to wait: all latencies together."""
        waits_s = 0.0
        for fault in self._on(_LATENCY, operation):
            if self._strikes(fault, operation.kind):
                spread = self._dice(fault, f"{operation.kind} spread").uniform(-fault.spread_s, fault.spread_s)
                waits_s += max(0.0, fault.seconds + spread)
        return waits_s

    def on_request(self, operation: Operation) -> Fault | None:
        """The first fault that strikes this request; those after it do not meet it."""
        return self._first(self._on(_INSTEAD_OF_ANSWER, operation), operation.kind)

    def around_job(self, description: str, work: Work) -> Work:
        """The work, or what is done in its place."""
        operation = Operation.of_job(description)
        fault = self._first(self._on(_INSTEAD_OF_WORK, operation), operation.kind)
        return work if fault is None else partial(self._spoiled, fault, work)

    def check_transfer(self, relationship: str) -> None:
        """Raises: OntapError if this transfer is to fail."""
        fault = self._first(self._of("transfer_failure", lambda each: each.relationship in (None, relationship)))
        if fault is not None:
            raise OntapError(500, fault.code or "13303844", fault.message or _TRANSFER_FAILED)

    def link_speed(self, relationship: str) -> int | None:
        """The most bytes a second that a transfer may receive; None: no fault limits it."""
        slow = self._of("slow_link", lambda each: each.relationship in (None, relationship))
        return min((fault.bytes_per_second for fault in slow if self._strikes(fault, "")), default=None)

    def check_way_to(self, *names: str) -> None:
        """Raises: httpx.ConnectError if requests to the cluster of these names and addresses do not arrive."""
        if self._is_cut("to", names):
            raise httpx.ConnectError("a partition is between the clusters")

    def is_cut_from(self, *names: str) -> bool:
        """Whether a request from the cluster of these names and addresses is one that does not arrive."""
        return self._is_cut("from", names)

    def fills(self, aggregate: str) -> bool:
        """Whether nothing more fits on it. Looking is no strike."""
        return bool(self._of("full_aggregate", lambda each: each.aggregate in (None, aggregate)))

    def check_room(self, aggregate: str) -> bool:
        """Whether something was to be put on an aggregate that a fault has filled."""
        return self._first(self._of("full_aggregate", lambda each: each.aggregate in (None, aggregate))) is not None

    async def _spoiled(self, fault: Fault, work: Work) -> None:
        if fault.kind == "job_hang":
            await self.wait_removed(fault.uuid)
            await work()
            return
        if fault.when == "after":
            await work()
        raise OntapError(500, fault.code or "917536", fault.message or _JOB_FAILED)

    def _is_cut(self, direction: str, names: Collection[str]) -> bool:
        cut = self._of(
            "partition",
            lambda each: each.direction in (direction, "both") and (each.peer is None or each.peer in names),
        )
        return self._first(cut, direction) is not None

    def _on(self, kinds: Collection[Kind], operation: Operation) -> list[Fault]:
        return self.records.where(
            lambda each: each.kind in kinds and not each.is_spent and operation.is_on(each.route, each.relationship)
        )

    def _of(self, kind: Kind, wanted: Callable[[Fault], bool]) -> list[Fault]:
        return self.records.where(lambda each: each.kind == kind and not each.is_spent and wanted(each))

    def _first(self, faults: Collection[Fault], key: str = "") -> Fault | None:
        return next((fault for fault in faults if self._strikes(fault, key)), None)

    def _strikes(self, fault: Fault, key: str) -> bool:
        """Whether it strikes now; it has met one more that matches, and the record says so."""
        self._met[fault.uuid, key] += 1
        drawn = fault.probability is None or self._dice(fault, key).random() < fault.probability
        strikes = drawn and fault.matched >= fault.skip
        self.records.put(replace(fault, matched=fault.matched + 1, struck=fault.struck + strikes))
        return strikes

    def _dice(self, fault: Fault, key: str) -> Random:
        carried = self._carried.get(fault.uuid, 0)  # else a cluster that was killed would draw its death again
        return Random(f"{fault.seed}/{carried}/{key}/{self._met[fault.uuid, key]}")  # noqa: S311  # not for secrets

    def _skew(self) -> None:
        offset = timedelta(seconds=sum(each.seconds for each in self.records if each.kind == "clock_skew"))
        if offset != self._skewed_clock.offset:
            self._skewed_clock.offset = offset
            for call in self._skew_changed:
                call()


def told(fault: Fault) -> Mapping[str, object]:
    """The fault as `/lab/faults` shows it: what was set, how often it struck, whether less often than scripted."""
    plain = Fault(uuid="", kind=fault.kind)
    shown = {
        name: getattr(fault, name)
        for name in Fault.__slots__
        if name not in ("uuid", "kind", "struck", "matched") and getattr(fault, name) != getattr(plain, name)
    }
    return {
        "id": fault.uuid,
        "kind": fault.kind,
        **shown,
        "matched": fault.matched,
        "struck": fault.struck,
        "unused": fault.kind != "clock_skew" and (fault.struck == 0 or bool(fault.left)),
    }
