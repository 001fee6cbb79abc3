"""What the life of mirrors takes of the CPU: against clusters that answer at once, so all of it is datamotion's own.

The same operations as beside Cinder (`beside`), each planned and carried out as its command does, in this process.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import anyio

from bench.failovers import session_of
from bench.quiet import Quiet
from bench.stub import StubCluster
from bench.stubbed import HOME, TARGETS, stub_cluster
from datamotion.cli.process import collect_seldom
from datamotion.policy.selection import Selection
from datamotion.service import mirrors, preparing, protecting, removal
from datamotion.service.intents import Intent
from datamotion.service.session import Session
from datamotion.service.status import status
from datamotion.service.verdict import Verdict

_TIMES = 3


class _Cost(NamedTuple):
    calls: int
    seconds: float
    used_s: float

    def since(self, before: _Cost) -> _Cost:
        return _Cost(self.calls - before.calls, self.seconds - before.seconds, self.used_s - before.used_s)


def measure(sizes: Sequence[int] = (10, 200, 1000)) -> None:
    """Prints the table that docs/bench.md records, each figure the median of several."""
    collect_seldom()
    _live(10)  # what is imported at its first use is not counted
    print(
        "\n| | volumes | calls | a mirror | seconds | of the CPU | a mirror |\n|---|---|---|---|---|---|---|",
        flush=True,
    )
    for volumes in sizes:
        lives = [_live(volumes) for _ in range(_TIMES)]
        for what, first in lives[0].items():
            seconds = statistics.median(each[what].seconds for each in lives)
            used_s = statistics.median(each[what].used_s for each in lives)
            several = volumes * len(TARGETS)
            print(
                f"| {what} | {volumes:,} | {first.calls:,} | {first.calls / several:.2f} | {seconds:.2f} s"
                f" | {used_s:.2f} s | {used_s / several * 1000:.2f} ms |",
                flush=True,
            )


def _live(volumes: int) -> Mapping[str, _Cost]:
    """The mirrors of so many volumes at two targets, from nothing to their end."""
    bare, protected = (
        {name: stub_cluster(name, volumes, is_protected=each) for name in (HOME, *TARGETS)} for each in (False, True)
    )
    with tempfile.TemporaryDirectory(prefix="datamotion-bench-") as folder:
        one, other = session_of(Path(folder), bare), session_of(Path(folder), protected)
        group = one.group("gold")
        pause = mirrors.pause(group, Selection(), timeout=timedelta(hours=1))
        breaks = [mirrors.break_off(group, Selection(at=f"gold-{target}")) for target in TARGETS]
        return {
            "protect from nothing": _cost(bare, one, protecting.protect(group)),
            "apply when all is well": _cost(bare, one, protecting.protect(group)),
            "status": _cost(bare, one),
            "pause and break": _cost(protected, other, pause, *breaks),
            "unprotect": _cost(bare, one, removal.unprotect(group)),
        }


def _cost(clusters: Mapping[str, StubCluster], session: Session, *intents: Intent) -> _Cost:
    """Of these, one after the other; without any, of `status`."""
    before = _taken(clusters)
    for intent in intents:
        anyio.run(_carry_out, session, intent)
    if not intents:
        anyio.run(status, session)
    return _taken(clusters).since(before)


def _taken(clusters: Mapping[str, StubCluster]) -> _Cost:
    """By now; of the CPU without what the stubs take themselves."""
    stub_s = sum(each.used_s for each in clusters.values())
    calls = sum(each.calls for each in clusters.values())
    return _Cost(calls, time.perf_counter(), time.process_time() - stub_s)


async def _carry_out(session: Session, intent: Intent) -> None:
    async with preparing.prepare(session, [intent], at_once=True) as (plan,):
        report = await plan.carry_out(Quiet())
    assert report.verdict is Verdict.DONE, report
