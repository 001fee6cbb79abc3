"""Mirrors mounted ahead and served from there, carried through deaths at any write, lost answers and refusals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamotion.engine.result import Outcome
from datamotion.model.group import Group
from datamotion.model.mirror_acts import Break
from datamotion.model.serving_records import ExportPolicy
from datamotion.model.standing import FENCE
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import Mount
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.situation import Planner
from tests.datamotion.building import LYON, NICE, a_group, a_target_view
from tests.datamotion.engine.attempts import attempt, attempt_and_die, simulate
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import ALL, TARGETS, carry_out, mirrored, state, unprotected

NAMES = ("vol_1", "vol_2", "vol_3")


def mounted(mount: Mount) -> Group:
    group = a_group(LYON, NICE)
    return replace(group, targets=tuple(replace(each, mount=mount) for each in group.targets))


AHEAD, AT_FAILOVER = mounted(Mount.AHEAD), mounted(Mount.AT_FAILOVER)
FAILOVER = failover_planner(AHEAD, FailoverChoice(to=LYON.name))


def ahead(make: Callable[..., World], *names: str) -> World:
    """These volumes, in a group whose targets mount ahead."""
    world = make(*(names or NAMES))
    world.group = AHEAD
    return world


def new() -> World:
    return ahead(unprotected)


def known() -> World:
    """Mirrored without having been mounted."""
    return ahead(mirrored)


def ready(*names: str) -> World:
    """Mirrored, and mounted ahead."""
    world = ahead(mirrored, *names)
    assert not carry_out(world, protect_planner(AHEAD), ALL).given_up
    return World(views=world.views, group=AHEAD)


def to_unmount() -> World:
    world = ready()
    world.group = AT_FAILOVER
    return world


def nas(world: World, cluster: str) -> dict[str, tuple[str | None, str | None]]:
    return {each.name: (each.path, each.export) for each in world.views[cluster].volumes}


@pytest.mark.parametrize("make", [new, known])
def test_every_mirror_ends_mounted_and_shut_and_a_second_run_asks_for_nothing(make: Callable[[], World]) -> None:
    world = make()
    result = carry_out(world, protect_planner(AHEAD), ALL)
    at_targets = {outcome for (backend, _), outcome in result.outcomes.items() if backend != "gold-paris"}
    assert at_targets == {Outcome.DONE}
    for cluster in TARGETS:
        assert nas(world, cluster) == {name: (f"/{name}", FENCE) for name in NAMES}
    world.asked.clear()
    carry_out(world, protect_planner(AHEAD), ALL)
    assert world.asked == []


def test_no_mirror_is_ever_mounted_under_a_policy_that_lets_clients_in() -> None:
    seen: list[tuple[str | None, str | None]] = []
    world = new()
    world.on_look = lambda world: seen.extend(place for cluster in TARGETS for place in nas(world, cluster).values())
    carry_out(world, protect_planner(AHEAD), ALL)
    assert {export for path, export in seen if path} == {FENCE}


def test_a_failover_only_breaks_and_lets_clients_in_and_the_other_leg_stays_mounted() -> None:
    world = ready()
    result = carry_out(world, FAILOVER, TARGETS)
    assert set(result.outcomes.values()) == {Outcome.DONE}
    assert nas(world, "lyon") == {name: (f"/{name}", "default") for name in NAMES}
    assert nas(world, "nice") == {name: (f"/{name}", FENCE) for name in NAMES}
    opened = [each.change for each in world.asked if isinstance(each.change, ModifyVolume)]
    assert {replace(each, uuid=None) for each in opened} == {ModifyVolume(uuid=None, export="default")}
    broken = max(number for number, each in enumerate(world.asked) if isinstance(each.change, Break))
    assert all(not isinstance(each.change, ModifyVolume) for each in world.asked[:broken])


def test_going_back_to_mounting_at_failover_unmounts_and_gives_the_policy_back() -> None:
    world = to_unmount()
    carry_out(world, protect_planner(AT_FAILOVER), ALL)
    for cluster in TARGETS:
        assert nas(world, cluster) == dict.fromkeys(NAMES, (None, "default"))


def test_one_that_cannot_be_mounted_keeps_no_other_from_it_and_is_asked_for_again() -> None:
    world = known()
    world.always["ModifyVolume", "vol_2"] = Fate.DECLINED
    result = carry_out(world, protect_planner(AHEAD), ALL)
    assert set(result.given_up) == {("gold-lyon", "vol_2")}
    assert nas(world, "lyon")["vol_1"] == ("/vol_1", FENCE)
    world.always.clear()
    assert not carry_out(world, protect_planner(AHEAD), ALL).given_up
    assert nas(world, "lyon")["vol_2"] == ("/vol_2", FENCE)


def ended(make: Callable[[], World], planner: Planner, names: tuple[str, ...]) -> dict[str, ClusterView]:
    world = make()
    assert not carry_out(world, planner, names).given_up
    return state(world)


@pytest.mark.parametrize(
    ("make", "planner", "names"),
    [
        (new, protect_planner(AHEAD), ALL),
        (known, protect_planner(AHEAD), ALL),
        (to_unmount, protect_planner(AT_FAILOVER), ALL),
        (ready, FAILOVER, TARGETS),
    ],
    ids=["from nothing", "mirrors that were there", "back to at_failover", "failover"],
)
@pytest.mark.sweep
def test_what_dies_at_any_write_is_finished_by_the_same_command(
    make: Callable[[], World], planner: Planner, names: tuple[str, ...]
) -> None:
    """Three volumes, two targets: exhaustive."""

    async def die_and_go_on(world: World, dies_at: int) -> bool:
        died = await attempt_and_die(world, planner, names, dies_at)
        await attempt(world, planner, names)
        return died

    def bound(world: World, dies_at: int) -> Callable[[], Awaitable[bool]]:
        return lambda: die_and_go_on(world, dies_at)

    wanted = ended(make, planner, names)
    for dies_at in range(1000):
        world = make()
        world.transfer_s = 0
        died = simulate(bound(world, dies_at))
        assert state(world) == wanted, dies_at
        done = [(each.backend, each.volume, str(each.change)) for each in world.effects]
        assert len(done) == len(set(done)), dies_at
        if not died:
            break
    assert dies_at > 5


_FATES = st.sampled_from([Fate.DONE, Fate.LOST_BEFORE, Fate.LOST_AFTER, Fate.BUSY, Fate.DONE_YET_DECLINED])


@given(data=st.data())
@settings(max_examples=10, deadline=None)
@pytest.mark.sweep
def test_whatever_becomes_of_requests_for_fifty_volumes_the_same_command_finishes(data: st.DataObject) -> None:
    names = tuple(f"vol_{number}" for number in range(1, 51))
    world = ahead(mirrored, *names)
    planner = protect_planner(AHEAD)
    places = st.tuples(st.sampled_from(("ModifyVolume", "CreateExportPolicy")), st.sampled_from((*names, None)))
    world.fates = data.draw(st.dictionaries(places, st.lists(_FATES, max_size=3), max_size=40))
    since = data.draw(st.floats(0, 2))
    world.silent = {data.draw(st.sampled_from(ALL)): (since, since + data.draw(st.floats(0, 30)))}
    carry_out(world, planner, ALL)
    world.silent = {}
    assert not carry_out(world, planner, ALL).given_up
    assert state(world) == ended(lambda: ahead(mirrored, *names), planner, ALL)


def test_a_policy_that_the_target_lacks_is_never_needed_at_a_failover() -> None:
    """What would let clients in is looked for before, not then."""
    world = known()
    paris = world.views["paris"]
    clients = ExportPolicy(name="clients", svm="svm_gold", rules=1)
    world.views["paris"] = replace(
        paris,
        volumes=tuple(replace(each, export="clients") for each in paris.volumes),
        export_policies=(*paris.export_policies, clients),
    )
    carry_out(world, protect_planner(AHEAD), ALL)
    assert nas(world, "lyon") == dict.fromkeys(NAMES, (None, "default"))
    assert a_target_view(LYON, *NAMES).export_policies == world.views["lyon"].export_policies
