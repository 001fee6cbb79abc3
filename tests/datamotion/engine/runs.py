"""Two volumes of the group `gold`, before and after commands were carried out on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import trio

from datamotion.engine.run import RunResult
from datamotion.model.records import Volume
from datamotion.model.view import ClusterView
from datamotion.model.words import TransferState
from datamotion.policy.failover import failover_planner
from datamotion.policy.failover_choice import FailoverChoice
from datamotion.policy.protect import protect_planner
from datamotion.policy.situation import Planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_target_view,
    a_transfer,
    a_volume,
)
from tests.datamotion.engine.attempts import MemoryJournal, attempt, simulate
from tests.datamotion.engine.memory import World

GROUP = a_group(LYON, NICE)
VOLUMES = ("vol_1", "vol_2")
ALL = ("paris", "lyon", "nice")
TARGETS = ("lyon", "nice")

PROTECT = protect_planner(GROUP)
FAILOVER = failover_planner(GROUP, FailoverChoice())

OF_PROTECT = ("CreateVolume", "CreateRelationship", "Initialize")
OF_FAILOVER = ("AbortTransfer", "Pause", "Break", "ModifyVolume")


def unprotected() -> World:
    """Two volumes at home, and two targets that know nothing of them."""
    home = a_cluster_view(HOME, [a_volume(name, comment="") for name in VOLUMES])
    return World(views={"paris": home, "lyon": a_cluster_view(LYON, peers=()), "nice": a_cluster_view(NICE, peers=())})


def mirrored(**mirror: object) -> World:
    """Both volumes mirrored to both targets, the home out of reach."""
    views = {"lyon": a_target_view(LYON, *VOLUMES, **mirror), "nice": a_target_view(NICE, *VOLUMES, **mirror)}
    return World(views={"paris": a_cluster_view(HOME), **views})


def transferring() -> World:
    world = mirrored(transfer=a_transfer(TransferState.TRANSFERRING))
    world.transfer_s = 3600
    return world


@dataclass
class Ended:
    result: RunResult
    journal: MemoryJournal
    seconds: float = 0
    silent: set[tuple[str, str | None]] = field(default_factory=set)


def carry_out(world: World, planner: Planner, names: Collection[str]) -> Ended:
    journal = MemoryJournal(world)

    async def main() -> Ended:
        result = await attempt(world, planner, names, journal)
        ended = Ended(result, journal, trio.current_time())
        ended.silent = {subject for subject, failure in result.given_up.items() if failure.silent}
        world.settle()
        return ended

    return simulate(main)


def protect(world: World) -> Ended:
    return carry_out(world, PROTECT, ALL)


def failover(world: World, planner: Planner = FAILOVER) -> Ended:
    return carry_out(world, planner, TARGETS)


def state(world: World) -> dict[str, ClusterView]:
    """What the clusters show, but for the time at which marks were written and the order of records."""
    return {
        name: replace(
            view,
            volumes=tuple(sorted((_timeless(each) for each in view.volumes), key=lambda each: each.uuid)),
            relationships=tuple(sorted(view.relationships, key=lambda each: each.uuid)),
            svm_peers=tuple(sorted(view.svm_peers, key=lambda each: each.uuid)),
        )
        for name, view in world.views.items()
    }


def _timeless(volume: Volume) -> Volume:
    return replace(volume, comment=re.sub(r" since=[^ \]]*", "", volume.comment))


def protected() -> dict[str, ClusterView]:
    world = unprotected()
    protect(world)
    return state(world)


def failed_over() -> dict[str, ClusterView]:
    world = transferring()
    failover(world)
    return state(world)


def repeated(world: World) -> dict[tuple[str, str, str | None], int]:
    """Effects that happened more than once."""
    counts = Counter((type(act.change).__name__, act.backend, act.volume) for act in world.effects)
    return {effect: count for effect, count in counts.items() if count > 1}
