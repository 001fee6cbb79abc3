"""Clusters that lose answers, refuse, fail jobs and carry out twice: a command, run until it is done, ends well.

Each seed is another sequence of faults; a failure tells its seed. `make soak` runs many more of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from datamotion.errors import Refused
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, protecting
from datamotion.service.intents import Intent
from datamotion.service.verdict import Verdict
from ontaplab.faults.scripted import scripted
from tests.profile import IS_SOAK, thinned
from tests.together.world import GROUP, SVMS, Place, a_place, create_volumes, digests

pytestmark = pytest.mark.slow

_VOLUMES = ("vol_1", "vol_2")
_STORMS = range(200 if IS_SOAK else 1)
_MOST_RUNS = 20
_BETWEEN_RUNS_S = 600  # clusters that lost each other have found each other again by then
_WRITES = "POST|PATCH|DELETE /*"
_PASSING: Mapping[str, Mapping[str, Any]] = {
    "an answer lost after the effect": {"kind": "lost_answer", "route": _WRITES},
    "an answer lost before the effect": {"kind": "lost_request", "route": _WRITES},
    "a refused connection": {"kind": "refuse"},
    "a connection that hangs": {"kind": "hang", "route": _WRITES},
    "too busy": {"kind": "status", "status": 503, "route": _WRITES},
    "too many requests": {"kind": "status", "status": 429},
    "an internal error": {"kind": "status", "status": 500, "route": _WRITES},
    "a request carried out twice": {"kind": "duplicate", "route": _WRITES},
    "an answer lost between clusters": {"kind": "lost_answer", "route": "/intercluster/*"},
    "a partition between clusters": {"kind": "partition"},
    "a transfer that fails": {"kind": "transfer_failure"},
    "a job that fails before its effect": {"kind": "job_failure", "route": "/*"},
    "a job that fails after its effect": {"kind": "job_failure", "route": "/*", "when": "after"},
}


_SINGLE: Mapping[str, Any] = {"single_patches": ("volumes", "relationships")}
"""Traits of clusters that refuse to change several objects with one PATCH."""
_REFUSALS: Sequence[Mapping[str, Any]] = (
    {},
    {"refusal_status": 404, "refusal_code": "4", "refusal_message": "entry doesn't exist"},
    {"refusal_status": 500, "refusal_code": "262222", "refusal_message": "{count} of them?"},
)
"""In what words."""


@dataclass(frozen=True)
class Command:
    """A command, what has to be so before it, and what has to be so when it is done."""

    intent: Callable[[Place], Intent]
    before: Callable[[Place], Any]
    check: Callable[[Place, Mapping[str, Any]], Any]
    lost: frozenset[str] = frozenset()


async def _volumes_with_files(place: Place) -> None:
    await create_volumes(place.lab["paris"], _VOLUMES)
    _write(place, "first")


async def _protected(place: Place) -> None:
    await _volumes_with_files(place)
    assert await _run(place, protecting.protect(place.session.group(GROUP))) is Verdict.DONE
    assert await _run(place, protecting.update(place.session.group(GROUP))) is Verdict.DONE


async def _changed(place: Place) -> None:
    await _protected(place)
    _write(place, "second")


async def _lost(place: Place) -> None:
    await _protected(place)
    _write(place, "never to arrive")
    place.lose("paris")


async def _is_mirrored(place: Place, home: Mapping[str, Any]) -> None:
    """Every volume has one healthy mirror at each target, with all that the home holds, and the home serves."""
    for target in ("lyon", "oslo"):
        async with place.lab[target].client() as client:
            query = {"fields": "state,healthy,destination.path"}
            mirrors = (await client.get("/api/snapmirror/relationships", params=query)).json()["records"]
        assert sorted(each["destination"]["path"] for each in mirrors) == [
            f"{SVMS[target]}:{name}" for name in _VOLUMES
        ]
        assert {each["state"] for each in mirrors} == {"snapmirrored"}
        assert {name: digests(place.tree(target, name)) for name in _VOLUMES} == home
        assert _active(place, target) == set()
    assert {name: digests(place.served("paris", name)) for name in _VOLUMES} == home


async def _is_served_from_one_target(place: Place, home: Mapping[str, Any]) -> None:
    """One target serves all volumes as they were at the last transfer; the other serves nothing."""
    active = [target for target in ("lyon", "oslo") if _active(place, target)]
    assert len(active) == 1
    assert _active(place, active[0]) == set(_VOLUMES)
    served = {name: digests(place.served(active[0], name)) for name in _VOLUMES}
    other = "oslo" if active == ["lyon"] else "lyon"
    assert served == {name: digests(place.tree(other, name)) for name in _VOLUMES}
    assert all(set(files) == {"first.txt"} for files in served.values())
    assert {each.export_path for each in place.lab[other].cluster.volumes} == {None}
    assert {each.type for each in place.lab[active[0]].cluster.volumes} == {"rw"}


_COMMANDS = {
    "apply": Command(lambda place: protecting.protect(place.session.group(GROUP)), _volumes_with_files, _is_mirrored),
    "update": Command(lambda place: protecting.update(place.session.group(GROUP)), _changed, _is_mirrored),
    "failover": Command(
        lambda place: failing_over.failover(place.session.group(GROUP), FailoverChoice()),
        _lost,
        _is_served_from_one_target,
        frozenset({"paris"}),
    ),
}


def _can_meet(name: str, fault: str) -> bool:
    """An update starts transfers, no jobs; a failover changes one cluster alone."""
    match name:
        case "update":
            return "job" not in fault
        case "failover":
            return "between" not in fault and "transfer" not in fault
    return True


@pytest.mark.parametrize(
    ("name", "fault"),
    thinned([(name, fault) for name in _COMMANDS for fault in _PASSING if _can_meet(name, fault)], 3),
)
@pytest.mark.sweep
def test_a_command_that_meets_one_kind_of_fault_ends_well(name: str, fault: str, quick_path: Path) -> None:
    async def main() -> None:
        command = _COMMANDS[name]
        async with a_place(quick_path, targets=("lyon", "oslo"), schedule=None) as place:
            await command.before(place)
            home = _at_home(place)
            async with AsyncExitStack() as stack:
                for cluster in _met_by(name, fault):
                    client = await stack.enter_async_context(place.lab[cluster].client())
                    count = 1 if "refused" in fault else 2  # the other target is taken then
                    await stack.enter_async_context(scripted(client, count=count, **_PASSING[fault]))
                await _run_until_done(place, command)
            await command.check(place, home)
            if name == "failover":  # in a storm a target may fall silent half way, and the other one is taken
                assert sorted(_mirrors_left(place)) == [0, len(_VOLUMES)], "only one target's mirrors are broken off"

    trio.run(main, clock=MockClock(autojump_threshold=0))


@pytest.mark.parametrize("refusal", thinned(_REFUSALS, 3), ids=lambda refusal: refusal.get("refusal_code", "262197"))
@pytest.mark.parametrize("name", _COMMANDS)
def test_a_command_ends_well_where_one_patch_changes_one_object(
    name: str, refusal: Mapping[str, Any], quick_path: Path
) -> None:
    async def main() -> None:
        command = _COMMANDS[name]
        traits = {**_SINGLE, **refusal}
        async with a_place(quick_path, targets=("lyon", "oslo"), schedule=None, traits=traits) as place:
            await command.before(place)
            home = _at_home(place)
            assert await _tried(place, command), "the first run is the last"
            await command.check(place, home)

    trio.run(main, clock=MockClock(autojump_threshold=0))


@pytest.mark.parametrize("name", _COMMANDS)
@pytest.mark.parametrize("number", _STORMS)
@pytest.mark.sweep
def test_a_command_in_a_storm_of_faults_ends_well(
    name: str, number: int, quick_path: Path, soaking: int | None
) -> None:
    seed = number + (soaking or 0)
    traits = _SINGLE if seed % 2 else {}
    print(f"{name}, seed {seed}")

    async def main() -> None:
        command = _COMMANDS[name]
        async with a_place(quick_path, targets=("lyon", "oslo"), schedule=None, traits=traits) as place:
            await command.before(place)
            home = _at_home(place)
            for cluster in {"paris", "lyon", "oslo"} - command.lost:
                await _set_storm(place, cluster, Random(f"{seed}/{cluster}"))
            await _run_until_done(place, command)
            for each in place.lab.clusters.values():
                each.cluster.faults.clear()
            await command.check(place, home)

    trio.run(main, clock=MockClock(autojump_threshold=0))


async def _set_storm(place: Place, cluster: str, draw: Random) -> None:
    """Four kinds of faults, each of which strikes up to a third of what it meets, a few times in all."""
    async with place.lab[cluster].client() as client:
        for kind in draw.sample(sorted(_PASSING), 4):
            drawn = {
                "probability": draw.uniform(0.05, 0.33),
                "seed": draw.randrange(2**32),
                "count": draw.randint(1, 6),
            }
            fault = {**_PASSING[kind], **drawn}
            answer = await client.post("/lab/faults", json=fault)
            assert answer.status_code == 201, answer.text


def _met_by(name: str, fault: str) -> Iterator[str]:
    """The clusters that are certain to be struck: those that a command changes, and the source of all transfers."""
    if "between" in fault:
        yield "paris"
    else:
        yield "lyon"
        if name != "failover":
            yield "oslo"


async def _run_until_done(place: Place, command: Command) -> None:
    """The same command again and again; whatever it says on the way, there is never more than one active copy."""
    for _ in range(_MOST_RUNS):
        done = await _tried(place, command)
        assert sum(bool(_active(place, target)) for target in ("lyon", "oslo")) <= 1, "two copies are active"
        if done:
            return
        await trio.sleep(_BETWEEN_RUNS_S)
    pytest.fail(f"not done after {_MOST_RUNS} runs")


async def _tried(place: Place, command: Command) -> bool:
    """Whether the command was done; else what it said is printed."""
    try:
        report = await place.run(command.intent(place))
    except Refused as refused:  # a target fell silent between the plan and the act
        print(refused.message)
        return False
    print(report.verdict, *(each for each in report.volumes if each.detail), *report.refusals, sep="\n  ")
    return report.verdict is Verdict.DONE


async def _run(place: Place, intent: Intent) -> Verdict:
    return (await place.run(intent)).verdict


def _active(place: Place, cluster: str) -> set[str]:
    """The volumes that clients can write to there."""
    volumes = place.lab[cluster].cluster.volumes
    return {each.name for each in volumes if each.type == "rw" and each.export_path is not None}


def _mirrors_left(place: Place) -> list[int]:
    """How many volumes of each target are still mirrors."""
    return [sum(each.type == "dp" for each in place.lab[name].cluster.volumes) for name in ("lyon", "oslo")]


def _at_home(place: Place) -> Mapping[str, Any]:
    return {name: digests(place.tree("paris", name)) for name in _VOLUMES}


def _write(place: Place, what: str) -> None:
    for volume in _VOLUMES:
        (place.tree("paris", volume) / f"{what}.txt").write_text(f"{volume} {what}\n" * 1000)
