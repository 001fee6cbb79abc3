"""A run that is overruled while it goes on with a claim of its own meets the later one before it breaks or serves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.model.words import VolumeType
from tests.datamotion.building import LYON, NICE, a_claim, a_claim_policy
from tests.datamotion.engine.memory import World
from tests.datamotion.engine.runs import failover, mirrored

BEGUN = a_claim(LYON, 2, served=False, after=frozenset({a_claim().key}))
LATER = a_claim(NICE, 3, served=False, after=frozenset({BEGUN.key}))


def overruled(once_asked: str) -> World:
    """Lyon's epoch was taken by a run that died; nice takes the next one everywhere once that was asked for."""
    world = mirrored("vol_1")
    for backend in (LYON, NICE):
        view = world.views[backend.cluster]
        world.views[backend.cluster] = replace(view, policies=(*view.policies, a_claim_policy(BEGUN, backend)))

    def claim(world: World) -> None:
        if any(type(act.change).__name__ == once_asked for act in world.asked) and world.on_look:
            world.on_look = None
            for backend in (LYON, NICE):
                view = world.views[backend.cluster]
                world.views[backend.cluster] = replace(view, policies=(*view.policies, a_claim_policy(LATER, backend)))

    world.on_look = claim
    return world


@pytest.mark.parametrize(("once_asked", "is_broken"), [("Pause", False), ("Break", True)])
def test_it_withdraws_before_it_breaks_and_before_it_serves(once_asked: str, is_broken: bool) -> None:
    world = overruled(once_asked)
    ended = failover(world)
    (volume,) = world.views["lyon"].volumes
    assert volume.path is None, "it is not served"
    assert (volume.type is VolumeType.RW) is is_broken
    assert "gold-nice was claimed in epoch 3" in ended.given_up["gold-lyon", "vol_1"]
