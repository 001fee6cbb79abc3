"""What a failover takes of the CPU: against clusters that answer at once, so that all of it is datamotion's own.

A group with two targets whose home is dead. A failover is planned and carried out, with a store and a lock; it looks at
everything twice before it begins, as the command does.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from bench.quiet import Quiet
from bench.stub import Dead, StubCluster
from bench.stubbed import HOME, TARGETS, stub_cluster
from datamotion.cli.process import collect_seldom
from datamotion.clock import SystemClock
from datamotion.config.models import Configuration
from datamotion.engine.looking import Lookout
from datamotion.model.view import View
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.situation import Situation
from datamotion.policy.standing.standing import stand
from datamotion.service import failing_over, preparing
from datamotion.service.session import Session, World
from datamotion.service.verdict import Verdict

_TIMES = 5
_LATENCY_S = 0.02
_WAYS = ("then", "then, singly", "ahead")
"""When mirrors are mounted; singly: by a cluster that takes no request that changes each of many as it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failover:
    """What one took. `used_s` is the CPU's time without the stub's, `stub_s` the stub's."""

    calls: int
    seconds: float
    used_s: float
    stub_s: float


def measure(sizes: Sequence[int] = (10, 200, 1000, 3000)) -> None:
    """Prints the tables that docs/bench.md records, each figure the median of several."""
    collect_seldom()
    fail_over(10)  # what is imported at its first use is not counted
    print(
        "\n| volumes | mounted | calls | seconds | of the CPU | a volume | the stub's own | seconds at 20 ms a call |"
        "\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for volumes in sizes:
        for mounted in _WAYS:
            runs = [fail_over(volumes, mounted=mounted) for _ in range(_TIMES)]
            seconds, used_s, stub_s = (
                statistics.median(getattr(run, name) for run in runs) for name in ("seconds", "used_s", "stub_s")
            )
            slow = statistics.median(fail_over(volumes, _LATENCY_S, mounted=mounted).seconds for _ in runs)
            print(
                f"| {volumes} | {mounted} | {runs[0].calls} | {seconds:.2f} s | {used_s:.2f} s"
                f" | {used_s / volumes * 1000:.2f} ms | {stub_s:.2f} s | {slow:.2f} s |",
                flush=True,
            )
    print("\n| volumes at three sites | a look | standing | plan |\n|---|---|---|---|", flush=True)
    for volumes in sizes:
        shown = (f"{each * 1000:.1f} ms" for each in plan(volumes))
        print(f"| {volumes} | {' | '.join(shown)} |", flush=True)


def plan(volumes: int) -> tuple[float, float, float]:
    """Seconds of the CPU for a look at all three clusters, for how the group stands, and for the plan of a failover."""
    clusters = {name: stub_cluster(name, volumes) for name in (HOME, *TARGETS)}
    with tempfile.TemporaryDirectory(prefix="datamotion-bench-") as folder:
        session = session_of(Path(folder), clusters)
        group, (looking_s, view) = session.group("gold"), anyio.run(_look, session, clusters)
    choice = FailoverChoice(to=f"gold-{TARGETS[0]}")
    situation = Situation.at_first_sight(stand(group, view))
    planning_s = _median_s(lambda: failover_planner(group, choice)(situation))
    return looking_s, _median_s(lambda: stand(group, view)), planning_s


async def _look(session: Session, clusters: Mapping[str, StubCluster]) -> tuple[float, View]:
    glances = failing_over.settle(session.group("gold"), f"gold-{HOME}").glances
    async with session.clusters(glances.keys()) as opened:
        lookout, looks = Lookout(opened, glances), []
        view = await lookout.whole()
        for _ in range(_TIMES):
            began_s = time.process_time() - sum(each.used_s for each in clusters.values())
            view = await lookout.whole()
            looks.append(time.process_time() - sum(each.used_s for each in clusters.values()) - began_s)
    return statistics.median(looks), view


def _median_s(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        began_s = time.process_time()
        work()
        taken.append(time.process_time() - began_s)
    return statistics.median(taken)


def fail_over(volumes: int, latency_s: float = 0.0, *, mounted: str = "then") -> Failover:
    """One failover of a new group, whose mirrors are mounted as one of the `_WAYS` says."""
    clusters = {name: stub_cluster(name, volumes, ahead=mounted == "ahead") for name in TARGETS}
    for each in clusters.values():
        each.latency_s = latency_s
        each.takes_records = mounted != "then, singly"
    with tempfile.TemporaryDirectory(prefix="datamotion-bench-") as folder:
        session = session_of(Path(folder), clusters)
        began_s, used_s = time.perf_counter(), time.process_time()
        anyio.run(_fail_over, session)
        seconds, used_s = time.perf_counter() - began_s, time.process_time() - used_s
    stub_s = sum(each.used_s for each in clusters.values())
    return Failover(
        calls=sum(each.calls for each in clusters.values()), seconds=seconds, used_s=used_s - stub_s, stub_s=stub_s
    )


async def _fail_over(session: Session) -> None:
    async with preparing.prepare(
        session, [failing_over.failover(session.group("gold"), FailoverChoice())], at_once=True
    ) as (plan,):
        report = await plan.carry_out(Quiet())
    assert report.verdict is Verdict.DONE, report


def session_of(folder: Path, clusters: Mapping[str, StubCluster]) -> Session:
    """A group of a home and two targets; a cluster that is not given is dead."""
    configured = {
        name: {"url": f"https://{name}.example", "user": "admin", "password": {"env": "PASSWORD"}}
        for name in (HOME, *TARGETS)
    }
    configuration = Configuration.model_validate(
        {
            "clusters": configured,
            "backends": {
                f"gold-{name}": {"cluster": name, "svm": f"svm_{name}", "volumes": ["vol_*"]} for name in configured
            },
            "groups": {
                "gold": {
                    "home": f"gold-{HOME}",
                    "rpo": "2h",
                    "targets": [{"backend": f"gold-{name}", "aggregates": ["aggr1"]} for name in TARGETS],
                }
            },
            "store": str(folder / "datamotion.db"),
        },
        context={"folder": folder},
    )
    world = World(clock=SystemClock(), environ={"PASSWORD": "secret"}, wires={HOME: Dead(), **clusters})
    return Session(configuration=configuration, folder=folder, world=world)
