"""Aborting the transfers that run: those that ran when the run began, and no later ones."""

from __future__ import annotations

from collections.abc import Mapping

from datamotion.model.group import Group
from datamotion.model.mirror_acts import AbortTransfer
from datamotion.model.mirror_records import Transfer
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.units import size_text
from datamotion.model.words import Operation
from datamotion.policy.obstacles import Obstacle
from datamotion.policy.selection import Selection, select
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_ABORT = Phase(rank=1, title="Abort transfers", because="they run; what they carried stays as their checkpoints")


def abort_planner(group: Group, selection: Selection) -> Planner:
    """The planner for `datamotion abort`."""

    def plan(situation: Situation) -> Plan:
        due, refusals = StepList(), list[Refusal]()
        selected = select(situation.now, selection, lambda copy: _obstacle(group.name, copy))
        at_first = _running(situation.first)
        holds = {copy.id for copy in selected.copies}
        for copy in selected.copies:
            transfer = _running(situation.now, copy).get(copy.id)
            if transfer is None or copy.id not in at_first or at_first[copy.id].uuid != transfer.uuid:
                continue
            assert copy.edge is not None
            holds.discard(copy.id)
            if transfer.uuid is None:
                text = f"the transfer of {copy.id.volume} is {transfer.state}, and has no name yet to abort it by"
                hint = f"when it runs, or at once: datamotion pause {group.name} keeps it from starting"
                refusals.append(Refusal(volume=copy.id.volume, backend=copy.id.backend, text=text, hint=hint))
                continue
            change = AbortTransfer(relationship_uuid=copy.edge.relationship.uuid, transfer_uuid=transfer.uuid)
            moved = f", {size_text(transfer.bytes_transferred)} carried" if transfer.bytes_transferred else ""
            text = f"{copy.id.volume}: {transfer.state}{moved}"
            due.add(_ABORT, group.backend(copy.id.backend), copy.id.volume, change, text)
        holds_off = f"datamotion pause {group.name} holds it off"
        note = Remark("The next transfer goes on from there, whenever it is due.", holds_off)
        return Plan(
            operation=Operation.ABORT,
            group=group.name,
            title=f"Abort the running transfers of {group.name}{f' at {selection.at}' if selection.at else ''}",
            steps=due.steps(),
            refusals=(*selected.refusals, *refusals),
            notes=(*selected.notes, *([note] if due.steps() else [])),
            holds=frozenset(holds),
        )

    return plan


def _obstacle(group: str, copy: Copy) -> Obstacle | None:
    if copy.edge is None:
        return "no relationship ends in it", f"datamotion status {group} shows what it is"
    return None


def _running(standing: Standing, *copies: Copy) -> Mapping[CopyId, Transfer]:
    """The transfers into these copies, into all where none are named."""
    return {
        copy.id: copy.edge.relationship.transfer
        for copy in copies or standing.copies.values()
        if copy.edge is not None and copy.edge.relationship.is_transferring and copy.edge.relationship.transfer
    }
