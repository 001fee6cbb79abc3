"""Replication of a back end by Cinder's driver and by datamotion-cinder: one lab each, two targets, calls 20 ms longer.

Either is Cinder's process with its mixin, storage service catalogue and REST client, which runs already. Cinder only
starts first transfers; with datamotion the driver waits for them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.counted import LATENCY_S, calls, reset_calls, set_latency
from tests.conformance.cinder_lab import World, an_empty_world
from tests.conformance.openstack import HOME, TARGETS, Failed, Service, service
from tests.ontaplab.site.labs import eventually

_SETTLED_S = 600.0
_DISTRIBUTION = Path(__file__).parents[1] / "datamotion-cinder"
_ENSURE, _AGAIN = "housekeeping, no mirrors yet", "housekeeping, all is well"
_ALIVE, _LOST = "failover, home alive", "failover, home lost"


def measure(sizes: Sequence[int] = (10, 50)) -> None:
    """Prints the table of docs/openstack.md, of one run."""
    print("| | pools | Cinder: calls | seconds | datamotion: calls | seconds |\n|---|---|---|---|---|---|", flush=True)
    for pools in sizes:
        theirs, own = (dict(_lives(pools, ours=ours)) for ours in (False, True))
        for what in (_ENSURE, _AGAIN, _ALIVE, _LOST):
            print(f"| {what} | {pools} | {theirs[what]} | {own[what]} |", flush=True)


def _lives(pools: int, *, ours: bool) -> Iterator[tuple[str, str]]:
    volumes = [{"id": f"{number}", "host": f"host@{HOME}#vol_{number}"} for number in range(1, pools + 1)]
    failover = "failover_host" if ours else "failover"
    with _a_life(pools, ours=ours) as (world, cinder):
        yield _ENSURE, _cost(world, lambda: cinder("setup"))
        _settled(world)
        yield _AGAIN, _cost(world, lambda: cinder("setup"))
        yield _ALIVE, _cost(world, lambda: cinder(failover, volumes, TARGETS[0]))
    with _a_life(pools, ours=ours) as (world, cinder):
        cinder("setup")
        _settled(world)
        world.site.kill(HOME)
        yield _LOST, _cost(world, lambda: cinder(failover, volumes, TARGETS[0]))


@contextmanager
def _a_life(pools: int, *, ours: bool) -> Iterator[tuple[World, Service]]:
    with tempfile.TemporaryDirectory(prefix="ontaplab-bench-") as folder, an_empty_world(Path(folder)) as world:
        for number in range(1, pools + 1):
            world.volume(f"vol_{number}")
        program = Path(sys.executable).with_name("datamotion")
        text = world.configuration.read_text().replace(f"[{HOME}]\n", f"[{HOME}]\ndatamotion_program = {program}\n")
        world.configuration.write_text(text)
        set_latency(world.site, LATENCY_S)
        script = ("datamotion_cinder_backend.py", str(_DISTRIBUTION), "native") if ours else ()
        with service("cinder", world.configuration, HOME, script=script) as cinder:
            yield world, cinder


def _cost(world: World, work: Callable[[], object]) -> str:
    """Calls and seconds; how it ended, where it did not."""
    reset_calls(world.site)
    began, ended = time.perf_counter(), ""
    try:
        work()
    except Failed as failed:
        ended = f", then {failed.kind}"
    seconds = time.perf_counter() - began
    return f"{calls(world.site)} | {seconds:.1f}{ended}"


def _settled(world: World) -> None:
    eventually(lambda: all(world.states(target) == {"snapmirrored"} for target in TARGETS), _SETTLED_S)
