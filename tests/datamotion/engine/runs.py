"""Two volumes of the group `gold`, before and after commands were carried out on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import trio

from datamotion.engine.failures import Failure
from datamotion.engine.result import Outcome, RunResult
from datamotion.model.acts import Subject
from datamotion.model.group import Backend
from datamotion.model.mirror_records import Policy
from datamotion.model.plan import Loss
from datamotion.model.view import ClusterView
from datamotion.model.words import TransferState
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.protect.protect import protect_planner
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
from tests.datamotion.engine.attempts import MemoryHold, MemoryJournal, attempt, simulate
from tests.datamotion.engine.memory import World

GROUP = a_group(LYON, NICE)
VOLUMES = ("vol_1", "vol_2")
ALL = ("paris", "lyon", "nice")
TARGETS = ("lyon", "nice")

PROTECT = protect_planner(GROUP)
FAILOVER = failover_planner(GROUP, FailoverChoice())

OF_PROTECT = ("CreateVolume", "CreateRelationship", "Initialize")
OF_FAILOVER = ("AbortTransfer", "Pause", "Break", "ModifyVolume")
CLAIMS = ("TakeEpoch", "ConfirmClaim")


def unprotected(*volumes: str) -> World:
    """Two volumes (or these) at home, and two targets that know nothing of them."""
    home = a_cluster_view(HOME, [a_volume(name, comment="") for name in volumes or VOLUMES], peers=(), claims=())
    targets = {each.cluster: a_cluster_view(each, peers=(), claims=()) for each in (LYON, NICE)}
    return World(views={"paris": home, **targets})


def mirrored(*volumes: str, **mirror: object) -> World:
    """Both volumes (or these) mirrored to both targets."""
    names = volumes or VOLUMES
    home = a_cluster_view(HOME, [a_volume(name) for name in names])
    targets = {each.cluster: a_target_view(each, *names, **mirror) for each in (LYON, NICE)}
    return World(views={"paris": home, **targets})


def transferring(*volumes: str) -> World:
    """Both volumes mirrored to both targets, with transfers that run for an hour."""
    world = mirrored(*volumes, transfer=a_transfer(TransferState.TRANSFERRING))
    world.transfer_s = 3600
    return world


@dataclass
class Ended:
    result: RunResult
    journal: MemoryJournal
    hold: MemoryHold
    seconds: float = 0

    @property
    def silent(self) -> set[Subject]:
        return {subject for subject, why in self.result.given_up.items() if why.silent and subject[1] is not None}

    @property
    def given_up(self) -> dict[Subject, str]:
        """Why, of volumes alone: behind them claims wait, which are not confirmed then."""
        return {subject: why.text for subject, why in self.result.given_up.items() if subject[1] is not None}

    @property
    def outcomes(self) -> dict[Subject, Outcome]:
        return {subject: ending.outcome for subject, ending in self.result.endings().items()}

    def failure(self, backend: Backend, volume: str | None) -> Failure:
        failure = self.result.endings()[backend.name, volume].failure
        assert failure is not None
        return failure


def carry_out(
    world: World,
    planner: Planner,
    names: Collection[str],
    *,
    others: Sequence[tuple[float, float]] = (),
    agreed: Sequence[Loss] | None = None,
) -> Ended:
    """One command. `others` take the group from then to then, if it is let go."""
    hold = MemoryHold(list(others))
    journal = MemoryJournal(world, hold)

    async def main() -> Ended:
        result = await attempt(world, planner, names, journal, hold, agreed)
        ended = Ended(result, journal, hold, trio.current_time())
        world.settle()
        return ended

    return simulate(main)


def protect(world: World) -> Ended:
    return carry_out(world, PROTECT, ALL)


def failover(world: World, planner: Planner = FAILOVER) -> Ended:
    return carry_out(world, planner, TARGETS)


def state(world: World) -> dict[str, ClusterView]:
    """What the clusters show, but for when claims were made, labels that depend on who asked first, and order."""
    return {
        name: replace(
            view,
            policies=tuple(sorted((_timeless(each) for each in view.policies), key=lambda each: each.uuid)),
            volumes=tuple(sorted(view.volumes, key=lambda each: each.uuid)),
            relationships=tuple(sorted(view.relationships, key=lambda each: each.uuid)),
            snapshots=tuple(sorted(view.snapshots, key=lambda each: each.uuid)),
            svm_peers=tuple(sorted((replace(each, name="") for each in view.svm_peers), key=lambda each: each.uuid)),
        )
        for name, view in world.views.items()
    }


def _timeless(policy: Policy) -> Policy:
    return replace(policy, comment=re.sub(r" (since|served)=[^ \]]*", "", policy.comment))


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
