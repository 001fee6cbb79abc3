"""datamotion beside the OpenStack Cinder mixin for data motion: one running lab, two targets, every call 20 ms longer.

Both do the same with the same volumes, one after the other: they mirror them from nothing, see that all is well, tell
how the mirrors are, pause and break them, and end them. Cinder is a process that runs already, asked for its mixin's
functions as its driver would (tests/conformance/cinder_backend.py); datamotion is a command each time, so its seconds
and memory have Python's start in them, and `apply` waits for the first transfers, which Cinder only starts.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench import ours
from bench.counted import LATENCY_S, calls, reset_calls, set_latency
from tests.conformance.cinder_lab import World, an_empty_world
from tests.conformance.openstack import HOME, SVMS, TARGETS, Service
from tests.ontaplab.site.labs import client_of, eventually

_PROTECT, _AGAIN, _STATUS = "protect from nothing", "apply when all is well", "status"
_BREAK, _UNPROTECT = "pause and break", "unprotect"
_MOST_OF_CINDER = 50
_SETTLED_S = 600.0


@dataclass(frozen=True, slots=True)
class Cost:
    """`cpu_s` is the command's own time of the CPU; None: it was not looked at."""

    calls: int
    seconds: float
    peak_mib: float
    cpu_s: float | None = None


Costs = Mapping[str, Cost]


def measure(sizes: Sequence[int] = (10, 50, 200, 1000), runs: int = 3) -> None:
    """Prints the table of docs/bench.md, medians of so many runs.

    Beyond 50 volumes datamotion is alone: Cinder's share of each volume is known by then, and is multiplied.
    """
    print(
        "| | volumes | Cinder: calls | seconds | peak | datamotion: calls | seconds | of the CPU | peak"
        " | calls | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    known: tuple[int, Costs] | None = None
    for volumes in sizes:
        is_compared = volumes <= _MOST_OF_CINDER
        both = [_compare(volumes, with_cinder=is_compared) for _ in range(runs)]
        theirs, own = (_medians([each[side] for each in both]) for side in (0, 1))
        if is_compared:
            known = volumes, theirs
        _print(volumes, own, theirs or _grown(known, volumes))


def _medians(runs: Sequence[Costs]) -> Costs:
    return {
        what: sorted((each[what] for each in runs), key=lambda cost: cost.seconds)[len(runs) // 2] for what in runs[0]
    }


def _compare(volumes: int, *, with_cinder: bool) -> tuple[Costs, Costs]:
    with tempfile.TemporaryDirectory(prefix="ontaplab-bench-") as folder, an_empty_world(Path(folder)) as world:
        for number in range(1, volumes + 1):
            world.volume(f"vol_{number}")
        set_latency(world.site, LATENCY_S)
        theirs = _of_cinder(world, volumes) if with_cinder else {}
        return theirs, _of_datamotion(world)


def _of_cinder(world: World, volumes: int) -> Costs:
    names = [f"vol_{number}" for number in range(1, volumes + 1)]
    costs = {}
    with world.cinder() as cinder:

        def cost(work: Callable[[], object]) -> Cost:
            Path(f"/proc/{cinder.pid}/clear_refs").write_text("5")  # its peak is what it takes now
            reset_calls(world.site)
            began = time.perf_counter()
            work()
            seconds = time.perf_counter() - began
            return Cost(calls(world.site), seconds, _peak_mib(cinder))

        costs[_PROTECT] = cost(lambda: cinder("setup"))
        _settled(world, "snapmirrored")
        costs[_AGAIN] = cost(lambda: cinder("setup"))
        costs[_STATUS] = cost(lambda: [cinder("mirrors", target) for target in TARGETS])
        costs[_BREAK] = cost(lambda: cinder("break_all", TARGETS[0]))
        _mirrors_again(world)
        costs[_UNPROTECT] = cost(
            lambda: [cinder("delete_snapmirror", HOME, target, name, name) for target in TARGETS for name in names]
        )
    _without_copies(world)
    return costs


def _peak_mib(cinder: Service) -> float:
    lines = Path(f"/proc/{cinder.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def _of_datamotion(world: World) -> Costs:
    configuration = world.site.folder / "datamotion.yaml"
    tree = yaml.safe_load(configuration.read_text())
    for name, svm in SVMS.items():
        tree["backends"][f"gold-{name}"]["svm"] = svm
    configuration.write_text(yaml.safe_dump(tree))

    def cost(*commands: Sequence[str]) -> Cost:
        reset_calls(world.site)
        took = [ours.run(configuration, *command) for command in commands]
        cost = Cost(
            calls(world.site),
            sum(each.seconds for each in took),
            max(each.peak_mib for each in took),
            sum(each.cpu_s for each in took),
        )
        print(f"  {commands[0][0]}: {cost.calls} calls, {cost.seconds:.1f} s", file=sys.stderr, flush=True)
        return cost

    costs = {
        _PROTECT: cost(("apply", "--yes")),
        _AGAIN: cost(("apply", "--yes")),
        _STATUS: cost(("status",)),
        _BREAK: cost(
            ("pause", "gold", "--yes"), *(("break", "gold", "--at", f"gold-{target}", "--yes") for target in TARGETS)
        ),
    }
    _mirrors_again(world)
    return {**costs, _UNPROTECT: cost(("unprotect", "gold", "--yes"))}


def _settled(world: World, state: str) -> None:
    with _at_once(world):
        eventually(lambda: all(world.states(target) == {state} for target in TARGETS), _SETTLED_S)


def _mirrors_again(world: World) -> None:
    """What was broken off is a mirror again, and mounted nowhere."""
    with _at_once(world):
        for target in TARGETS:
            _ask_all(world, target, "PATCH", "/storage/volumes", {"nas": {"path": ""}})
            _ask_all(world, target, "PATCH", "/snapmirror/relationships", {"state": "snapmirrored"})
    _settled(world, "snapmirrored")


def _without_copies(world: World) -> None:
    with _at_once(world):
        for target in TARGETS:
            _ask_all(world, target, "DELETE", "/storage/volumes")
            eventually(lambda target=target: _count(world, target) == 0, _SETTLED_S)  # type: ignore[misc]


def _count(world: World, target: str) -> int:
    with client_of(world.site, target) as client:
        return int(client.get("/storage/volumes", params={"return_records": "false"}).json()["num_records"])


def _ask_all(world: World, target: str, method: str, path: str, body: object = None) -> None:
    """Of all records of a collection. It has ended well."""
    with client_of(world.site, target) as client:
        query = {"name" if "volumes" in path else "uuid": "*", "return_timeout": "120"}
        answer = client.request(method, path, params=query, json=body, timeout=180)
        assert answer.is_success, answer.text


@contextmanager
def _at_once(world: World) -> Iterator[None]:
    """What belongs to nobody's part takes no longer than it has to."""
    set_latency(world.site, 0)
    try:
        yield
    finally:
        set_latency(world.site, LATENCY_S)


def _grown(cinder: tuple[int, Costs] | None, volumes: int) -> Costs:
    """What Cinder would take, each volume as much as those that were measured."""
    if cinder is None:
        return {}
    known, costs = cinder
    return {
        what: Cost(round(each.calls * volumes / known), each.seconds * volumes / known, float("nan"))
        for what, each in costs.items()
        if what != _STATUS
    }


def _print(volumes: int, own: Costs, theirs: Costs) -> None:
    for what, cost in own.items():
        assert cost.cpu_s is not None
        other = theirs.get(what)
        is_grown = other is not None and other.peak_mib != other.peak_mib
        about = "about " if is_grown else ""
        shown = (
            f"{about}{other.calls:,} | {about}{other.seconds:.1f} s | {'' if is_grown else f'{other.peak_mib:.0f} MiB'}"
            if other
            else " | | "
        )
        ratios = f"{other.calls / cost.calls:.1f} | {other.seconds / cost.seconds:.1f}" if other else " | "
        print(
            f"| {what} | {volumes:,} | {shown} | {cost.calls:,} | {cost.seconds:.2f} s | {cost.cpu_s:.2f} s"
            f" | {cost.peak_mib:.0f} MiB | {ratios} |",
            flush=True,
        )
