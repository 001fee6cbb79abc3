"""How far clusters are with what they carry by themselves: transfers, moves of volumes, moves and copies of LUNs."""

from __future__ import annotations

from typing import NamedTuple

from datamotion.model.acts import Act
from datamotion.model.item_acts import AwaitLunCopy, AwaitLunMove
from datamotion.model.item_records import Passage, PlacedLun
from datamotion.model.lun_mark import copy_mark
from datamotion.model.mirror_acts import AwaitTransfer
from datamotion.model.standing import Copy, Standing
from datamotion.model.view import ClusterView, Unseen
from datamotion.model.volume_acts import AwaitMove
from datamotion.model.words import MirrorState, MoveState, TransferState
from datamotion.policy.proofs.lun_places import lun_named, lun_of
from datamotion.policy.proofs.movements import movement_of
from datamotion.service.migration_reports import share_of


class Carriage(NamedTuple):
    """`moved` bytes, None where they are not told. `is_queued`: it waits at its cluster, behind others."""

    moved: int | None
    is_queued: bool = False


def carriage(act: Act, standing: Standing) -> Carriage | None:
    """What carries the bytes that an act is about, as it is now; None where nothing does."""
    total, seen = total_bytes(act, standing), _seen(act, standing)
    if isinstance(act.change, AwaitMove):
        movement = movement_of(seen, act.change.uuid) if isinstance(seen, ClusterView) else None
        if movement is None or not movement.state.is_going_on:
            return None
        return Carriage(_share(total, movement.percent), movement.state is MoveState.QUEUED)
    if isinstance(act.change, AwaitLunMove | AwaitLunCopy):
        lun = _lun(act.change, seen) if isinstance(seen, ClusterView) else None
        passage = _passage(act.change, lun)
        return Carriage(_share(total, passage.percent)) if passage and passage.state.is_going_on else None
    copy = standing.copy(act.backend, act.volume or "")
    relationship = copy.edge.relationship if copy and copy.edge else None
    if relationship is None or relationship.transfer is None or not relationship.is_transferring:
        return None
    transfer = relationship.transfer
    return Carriage(transfer.bytes_transferred, transfer.state is TransferState.QUEUED)


def total_bytes(act: Act, standing: Standing) -> int | None:
    """All that is carried, where that is known beforehand: by a first transfer, a move or a copy, and by no other."""
    change, seen = act.change, _seen(act, standing)
    if isinstance(change, AwaitTransfer):
        return _first_transfer_bytes(act, standing)
    if not isinstance(seen, ClusterView):
        return None
    if isinstance(change, AwaitMove):
        return next((each.used_bytes for each in seen.volumes if each.uuid == change.uuid), None)
    if isinstance(change, AwaitLunMove | AwaitLunCopy):
        lun = _lun(change, seen)
        mark = copy_mark(lun.comment) if lun is not None else None
        old = lun_of(seen, mark.source_uuid) if mark is not None else None
        return old.used_bytes if old is not None else lun.used_bytes if lun is not None else None
    return None


def _seen(act: Act, standing: Standing) -> ClusterView | Unseen | None:
    """Its cluster, as it is; None for what this host does itself."""
    site = standing.sites.get(act.backend)
    return site.seen if site is not None else None


def _share(total: int | None, percent: int | None) -> int | None:
    return None if total is None else share_of(total, percent)


def _lun(change: AwaitLunMove | AwaitLunCopy, seen: ClusterView) -> PlacedLun | None:
    """The one that moves, or is the copy."""
    if isinstance(change, AwaitLunMove):
        return lun_of(seen, change.uuid)
    return lun_named(seen, change.svm, change.name)


def _passage(change: AwaitLunMove | AwaitLunCopy, lun: PlacedLun | None) -> Passage | None:
    if lun is None:
        return None
    return lun.move if isinstance(change, AwaitLunMove) else lun.copy


def _first_transfer_bytes(act: Act, standing: Standing) -> int | None:
    """All that its source holds. Of any other nobody can tell beforehand."""
    if not _is_first(standing.copy(act.backend, act.volume or "")):
        return None
    active = standing.active.get(act.volume or "")
    source = standing.copies.get(active) if active else None
    return source.volume.used_bytes if source else None


def _is_first(copy: Copy | None) -> bool:
    return copy is not None and copy.edge is not None and copy.edge.relationship.state is MirrorState.UNINITIALIZED
