"""What datamotion costs in calls and seconds, on two lab clusters that are processes of their own.

Calls are counted by the lab. `failover` is timed with 20 ms added to every call, as the yardstick was.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import anyio

from bench.counted import LATENCY_S, calls, reset_calls, set_latency
from bench.pair import lab
from bench.quiet import Quiet
from datamotion.clock import SystemClock
from datamotion.config.loading import load
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, preparing, protecting
from datamotion.service.intents import Intent
from datamotion.service.reports import RunReport
from datamotion.service.session import Session, World
from datamotion.service.status import status
from datamotion.service.verdict import Verdict
from ontaplab.site import Site

_CINDER_CALLS, _CINDER_S = 28.6, 0.745
"""A volume's share of a failover with two targets by the OpenStack Cinder 29.0 mixin, at 20 ms a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number of volumes: calls of each command, and what a failover took at 20 ms a call."""

    volumes: int
    status: int
    plan: int
    failover: int
    failover_s: float


class Bench:
    """One lab with a number of small volumes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        path = (site.folder / "datamotion.yaml").absolute()
        world = World(clock=SystemClock(), environ=os.environ)
        self._session = Session(configuration=load(path), folder=path.parent, world=world)
        self._group = self._session.group("gold")

    async def measure(self, volumes: int) -> Row:
        """Protect, look, plan, lose paris, fail over."""
        self._seed(volumes)
        await self._run(protecting.protect(self._group))
        reset_calls(self._site)
        await status(self._session)
        status_calls = calls(self._site)
        reset_calls(self._site)
        async with preparing.prepare(self._session, [protecting.protect(self._group)]) as (prepared,):
            assert not prepared.report.changes
        plan_calls = calls(self._site)
        self._site.kill("paris")
        set_latency(self._site, LATENCY_S)
        reset_calls(self._site)
        report = await self._run(failing_over.failover(self._group, FailoverChoice()))
        return Row(
            volumes=volumes,
            status=status_calls,
            plan=plan_calls,
            failover=calls(self._site),
            failover_s=report.seconds,
        )

    async def plan_ahead(self, volumes: int) -> tuple[RunReport, int]:
        """Protect, then fail over as planned with both clusters there; the report, and the calls that it took."""
        self._seed(volumes)
        await self._run(protecting.protect(self._group))
        set_latency(self._site, LATENCY_S)
        reset_calls(self._site)
        report = await self._run(failing_over.failover(self._group, FailoverChoice(is_planned=True)))
        return report, calls(self._site)

    def _seed(self, volumes: int) -> None:
        source = self._site.folder / "source"
        source.mkdir()
        for number in range(volumes):
            (source / f"file_{number}").write_text(f"{number}\n")
        self._site.seed("paris", source, volumes=volumes)

    async def _run(self, intent: Intent) -> RunReport:
        async with preparing.prepare(self._session, [intent], at_once=True) as (prepared,):
            report = await prepared.carry_out(Quiet())
        assert report.verdict is Verdict.DONE, report
        return report


def measure(sizes: Sequence[int] = (10, 200, 1000)) -> None:
    """Prints the table that docs/bench.md records, for these numbers of volumes."""
    print("| volumes | `status` | `plan` | `failover` | a volume | seconds at 20 ms a call | a volume |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for volumes in sizes:
        with lab("paris", "lyon") as site:
            row = anyio.run(Bench(site).measure, volumes)
        each, seconds = row.failover / volumes, row.failover_s / volumes
        print(
            f"| {volumes} | {row.status} calls | {row.plan} calls | {row.failover} calls | {each:.2f}"
            f" | {row.failover_s:.2f} s | {seconds * 1000:.0f} ms |",
            flush=True,
        )
    print(f"\nThe yardstick: {_CINDER_CALLS} calls and {_CINDER_S * 1000:.0f} ms a volume.")


def measure_planned(sizes: Sequence[int] = (10, 50, 200)) -> None:
    """Prints what planned failovers take, and how long clients wait meanwhile."""
    print("| volumes | calls | seconds at 20 ms a call | clients could not write |")
    print("|---|---|---|---|", flush=True)
    for volumes in sizes:
        with lab("paris", "lyon") as site:
            report, made = anyio.run(Bench(site).plan_ahead, volumes)
        frozen_s = max(each.frozen_s for each in report.volumes if each.frozen_s is not None)
        print(f"| {volumes} | {made} | {report.seconds:.2f} s | {frozen_s:.2f} s |", flush=True)
