"""Whose first transfer goes next: a cluster is kept busy and no more, with those first that are wanted first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from datamotion.model.acts import ActId
from datamotion.model.group import Target
from datamotion.model.mirror_acts import Initialize
from datamotion.model.standing import Copy
from datamotion.model.view import ClusterView
from datamotion.policy.situation import Busy, Situation
from datamotion.policy.steps import StepList


class First(NamedTuple):
    """A first transfer that is left to do: of an active copy, into a mirror that is there or, None, is to be made."""

    copy: Copy
    mirror: Copy | None


def turns(situation: Situation, target: Target, due: StepList, waiting: Iterable[First]) -> frozenset[str]:
    """The volumes among these whose first transfer to a target may begin now.

    All transfers that are seen at its cluster count, those that are in the list already, and what is done beside it for
    other groups. Those that were asked for keep their turn; what this run has given up takes none.
    """
    group, backend = situation.now.group, target.backend
    seen = situation.now.sites[backend.name].seen
    assert isinstance(seen, ClusterView)
    beside = situation.beside.get(backend.cluster, Busy())
    running = {each.uuid for each in seen.relationships if each.is_transferring} | beside.transfers
    planned = due.count(backend.cluster, Initialize) + beside.planned
    free = target.transfers_at_once - len(running) - planned

    def order(first: First) -> tuple[bool, bool, int, int, str]:
        volume = first.copy.id.volume
        is_asked = ActId(backend.cluster, backend.name, volume, Initialize) in situation.accepted
        is_ready = first.mirror is not None and first.mirror.edge is not None
        return not is_asked, not is_ready, group.precedence(volume), first.copy.volume.used_bytes, volume

    hopeful = [each for each in waiting if (backend.name, each.copy.id.volume) not in situation.given_up]
    return frozenset(each.copy.id.volume for each in sorted(hopeful, key=order)[: max(free, 0)])
