"""Whatever becomes of single requests: a run's result is true, and the same command given again finishes it."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamotion.engine.result import Outcome
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, VolumeType
from tests.datamotion.building import LYON
from tests.datamotion.engine.memory import Fate, World
from tests.datamotion.engine.runs import (
    CLAIMS,
    OF_FAILOVER,
    OF_PROTECT,
    VOLUMES,
    Ended,
    failed_over,
    failover,
    protect,
    protected,
    repeated,
    state,
    transferring,
    unprotected,
)

FATES = st.lists(st.sampled_from(Fate), min_size=1, max_size=4)
LAGS_S = st.sampled_from([0.0, 1.0, 7.0])


def fates_of(*kinds: str) -> st.SearchStrategy[dict[tuple[str, str | None], list[Fate]]]:
    keys = st.tuples(st.sampled_from(kinds), st.sampled_from(VOLUMES))
    for_all = st.tuples(st.sampled_from(("PeerSvms", "AcceptSvmPeer", *CLAIMS)), st.none())
    return st.dictionaries(st.one_of(keys, for_all), FATES, max_size=4)


@cache
def wanted(operation: str) -> ClusterView:
    """What lyon shows once all is done."""
    return (failed_over if operation == "failover" else protected)()["lyon"]


def done(ended: Ended) -> set[str]:
    return {
        volume
        for (backend, volume), outcome in ended.outcomes.items()
        if backend == LYON.name and volume is not None and outcome is Outcome.DONE
    }


def without_fates(world: World) -> World:
    world.fates.clear()
    return world


@settings(max_examples=15, deadline=None)
@given(fates_of(*OF_FAILOVER), LAGS_S)
@pytest.mark.sweep
def test_a_failover_is_true_to_what_was_done_and_is_finished_by_the_same_command(
    fates: dict[tuple[str, str | None], list[Fate]], shows_after_s: float
) -> None:
    world = transferring()
    world.fates, world.shows_after_s = fates, shows_after_s
    ended = failover(world)
    lyon = world.views["lyon"]
    served = {each.name for each in lyon.volumes if (each.type, each.path) == (VolumeType.RW, f"/{each.name}")}
    assert done(ended) <= served
    assert ended.outcomes.keys() >= {(LYON.name, volume) for volume in VOLUMES}
    assert all(each.failure or each.outcome is Outcome.DONE for each in ended.result.endings().values())
    again = failover(without_fates(world))
    assert again.given_up == {}
    assert state(world)["lyon"] == wanted("failover")


@settings(max_examples=15, deadline=None)
@given(fates_of(*OF_PROTECT), LAGS_S)
@pytest.mark.sweep
def test_protecting_is_true_to_what_was_done_and_is_finished_by_the_same_command(
    fates: dict[tuple[str, str | None], list[Fate]], shows_after_s: float
) -> None:
    world = unprotected()
    world.fates, world.shows_after_s = fates, shows_after_s
    ended = protect(world)
    mirrors = world.views["lyon"].relationships
    assert done(ended) <= {each.source.volume for each in mirrors if each.state is MirrorState.SNAPMIRRORED}
    again = protect(without_fates(world))
    assert again.given_up == {}
    assert state(world)["lyon"] == wanted("protect")
    assert repeated(world) == {}
