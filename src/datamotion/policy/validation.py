"""Which acts of a plan a cluster can be asked about beforehand, with ONTAP's `validate_only`, and why not the others.

ONTAP documents the parameter for POST of a relationship and PATCH of one, since 9.7. PATCH of a volume takes it for a
move or a conversion alone (since 9.13.1) and POST of a volume not at all: sent there it might be passed over, and the
change carried out. So it never is. A volume that a new relationship ends in is asked about together with it, as the
destination that POST can create.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from datamotion.model.acts import Act
from datamotion.model.mirror_acts import (
    AwaitIdle,
    AwaitTransfer,
    CreatePolicy,
    CreateRelationship,
    Initialize,
    ModifyRelationship,
    Resume,
)
from datamotion.model.peering_acts import AcceptSvmPeer, AllowApplications, AwaitClusterPeer, PeerSvms
from datamotion.model.plan import Plan
from datamotion.model.volume_acts import AwaitOnline, CreateVolume

_PEERINGS = (PeerSvms, AcceptSvmPeer, AllowApplications)
_NOT_TAKEN = "ONTAP takes no `validate_only` for it"
_BEFORE_PEERING = "its SVMs have to be peered first"
_BEFORE_POLICY = "its SnapMirror policy has to be made first"
_BEFORE_RELATING = "its relationship has to be there first"
_BEFORE_ONLINE = "its volume has to be online first"


class Question(NamedTuple):
    """`creates`: about the volume that the relationship ends in, too."""

    act: Act
    creates: bool = False


class Unasked(NamedTuple):
    act: Act
    why: str


def questions(plan: Plan) -> tuple[Sequence[Question], Sequence[Unasked]]:
    """What can be asked about, and what cannot. Waiting changes nothing, and is neither."""
    asked: list[Question] = []
    unasked: list[Unasked] = []
    acts = [act for step in plan.steps for act in step.acts]
    peering = {act.backend for act in acts if isinstance(act.change, _PEERINGS)}
    defining = {act.backend for act in acts if isinstance(act.change, CreatePolicy)}
    made = {act.subject for act in acts if isinstance(act.change, CreateVolume)}
    awaited = {act.subject for act in acts if isinstance(act.change, AwaitOnline)}
    for act in acts:
        match act.change:
            case AwaitTransfer() | AwaitIdle() | AwaitOnline() | AwaitClusterPeer():
                continue
            case CreateVolume() if act.backend not in peering | defining:
                continue  # with its relationship
            case CreateVolume() | CreateRelationship() if act.backend in peering:
                unasked.append(Unasked(act, _BEFORE_PEERING))
            case CreateVolume() | CreateRelationship() | ModifyRelationship() if act.backend in defining:
                unasked.append(Unasked(act, _BEFORE_POLICY))
            case CreateRelationship() if act.subject in awaited:
                unasked.append(Unasked(act, _BEFORE_ONLINE))
            case CreateRelationship():
                asked.append(Question(act, creates=act.subject in made))
            case Initialize(uuid=None):
                unasked.append(Unasked(act, _BEFORE_RELATING))
            case ModifyRelationship() | Initialize() | Resume():
                asked.append(Question(act))
            case _:
                unasked.append(Unasked(act, _NOT_TAKEN))
    return asked, unasked
