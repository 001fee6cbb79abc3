"""What a copy holds that the one that serves does not, and so goes when it becomes a mirror of that.

A copy that could be written may hold anything since the newest snapshot that both hold; one that was frozen before its
last transfer holds nothing, where that transfer's snapshot is at the copy that serves. A mirror of a copy that served
before holds something of its own only where it was carried there after that other one had been left behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from datamotion.model.plan import Loss
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.units import duration_text, size_text
from datamotion.model.volume_records import Snapshot
from datamotion.model.words import Role
from datamotion.policy.copies.ages import age_of
from datamotion.policy.copies.common import common, newest_kept, snapshots_of
from datamotion.policy.copies.frozen import is_carried, last_prefix
from datamotion.policy.last_served import overtaken_by
from datamotion.policy.needs import names_text

Sizes = Mapping[tuple[str, str], int]
"""By back end and uuid of a snapshot, how many bytes its volume differs from it; what was not told is not in it."""


def to_measure(standing: Standing) -> Mapping[str, Sequence[Snapshot]]:
    """By back end, the newest common snapshots of copies that hold something beyond them, or that could be written.

    And the newest that an earlier run took of one to keep what it gives up: whether that is all of it still.
    """
    found: dict[str, list[Snapshot]] = {}
    for volume, served in standing.active.items():
        active = standing.copies.get(served) if served is not None else None
        for copy in standing.copies_of(volume) if active is not None else ():
            if active is None or copy.id == active.id:
                continue
            newest, loss = common(standing, copy, active).newest, divergence(standing, copy, active)
            if newest is not None and (loss.kept is not None if loss else copy.is_writable):
                found.setdefault(copy.id.backend, []).append(newest)
            if copy.role is Role.FENCED and (taken := newest_kept(copy, snapshots_of(standing, copy))) is not None:
                found.setdefault(copy.id.backend, []).append(taken)
    return found


def changed_behind_fence(standing: Standing, copy: Copy, active: Copy, sizes: Sizes) -> int:
    """By how many bytes a copy that was carried over whole differs from what was carried; 0 where nobody told.

    ONTAP writes some by itself. More than that came from somebody who lifted the fence for a time: of that no other
    trace is left.
    """
    newest = common(standing, copy, active).newest
    if newest is None or not copy.is_writable or not is_carried(standing, active, copy):
        return 0
    return sizes.get((copy.id.backend, newest.uuid), 0)


def divergence(standing: Standing, copy: Copy, active: Copy, sizes: Sizes = MappingProxyType({})) -> Loss | None:
    """What making a copy a mirror of the one that serves gives up; None where nothing is."""
    shared, held = common(standing, copy, active), is_held(standing, copy, active)
    volume, backend, newest = copy.id.volume, copy.id.backend, shared.newest
    if held and newest is not None:
        return None
    age = age_of(standing, copy, newest) if newest is not None else None
    if held:
        text = f"the copy that {backend} holds, until everything was carried there anew"
    elif newest is None:
        text = f"all that {backend} holds: no snapshot is common with {active.id.backend}"
    else:
        old = f", {duration_text(age)} old" if age is not None else ""
        text = (
            f"all that {backend} holds beyond {newest.name}{old}, the newest snapshot common with {active.id.backend}"
        )
    if not held and (own := [each.name for each in shared.beyond]):
        text += f" ({names_text(own)} {'is' if len(own) == 1 else 'are'} there alone)"
    size = sizes.get((backend, newest.uuid)) if newest is not None else None
    if newest is not None and not held:
        text += blocks_text(size)
    kept = newest.name if newest is not None else None
    return Loss(volume=volume, backend=backend, given_up_at=backend, kept=kept, age=age, text=text, size_bytes=size)


def blocks_text(size: int | None) -> str:
    """What to say behind a loss of its size, which nobody may have told."""
    return f": {size_text(size)} of changed blocks" if size is not None else ": how many bytes was not measured"


def is_held(standing: Standing, copy: Copy, active: Copy) -> bool:
    """Whether the copy that serves is known to hold all that was written to this one."""
    if copy.is_writable:
        return is_carried(standing, active, copy)
    shared, source = common(standing, copy, active), _source(standing, copy)
    if not shared.beyond or (source is not None and is_carried(standing, active, source)):
        return shared.newest is not None
    until = _carried_until(standing, copy, active)
    return until is not None and shared.beyond[-1].created_at <= until


def _source(standing: Standing, copy: Copy) -> Copy | None:
    """The copy that a mirror follows, where that can be seen."""
    return standing.copies.get(copy.edge.source) if copy.edge and isinstance(copy.edge.source, CopyId) else None


def _carried_until(standing: Standing, copy: Copy, active: Copy) -> datetime | None:
    """Up to when the copy that serves has all that the source of this mirror held; None where nobody can tell.

    That is the newest snapshot that was made for a mirror into its SVM, or the last one of a planned failover, which
    it had from the one that served before; its time is by that one's clock, as are the times of the mirror's. ONTAP
    names what it makes for a mirror by the uuid of the SVM that it is for. Where somebody else served in between, who
    may have had less, it is not told.
    """
    site = standing.sites[active.id.backend]
    claim = next((each for each in standing.claims if each.backend == active.id.backend), None)
    if site.svm is None or claim is None:
        return None
    if copy.edge is not None:
        source = copy.edge.source
        if not isinstance(source, CopyId) or overtaken_by(standing, source) is not claim:
            return None
    prefixes = (f"snapmirror.{site.svm.uuid}_", last_prefix(claim.epoch))
    made = (each.created_at for each in snapshots_of(standing, active) if each.name.startswith(prefixes))
    return max(made, default=None)
