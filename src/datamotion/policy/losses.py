"""What serving another copy gives up: measured for each volume from the copy that served last, and told as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from datamotion.model.acts import ActId, Break
from datamotion.model.plan import Loss, RecoveryPoint
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.units import duration_text
from datamotion.model.view import ClusterView
from datamotion.policy.situation import Situation


def loss_of(standing: Standing, copy: Copy, given_up_at: str) -> Loss:
    """What goes with the copy at `given_up_at`, if this one is served.

    A mirror of that copy lacks what was written after its exported snapshot. Any other copy lacks all that was written
    there since that back end took over, however fresh it looks next to its own source.
    """
    volume, backend = copy.id.volume, copy.id.backend
    kept = copy.edge.relationship.exported_snapshot if copy.edge else None
    if copy.edge is not None and copy.edge.source == CopyId(given_up_at, volume):
        age = copy.lag
        what = f"the last {duration_text(age)} of writes" if age is not None else "all writes since its last transfer"
        text = f"at most {what} at {given_up_at}"
        return Loss(volume=volume, backend=backend, given_up_at=given_up_at, kept=kept, age=age, text=text)
    since = next((each.claim.since for each in standing.claims if each.backend == given_up_at), None)
    seen = standing.sites[backend].seen
    age = seen.observed_at - since if since is not None and isinstance(seen, ClusterView) else None
    when = f" since {since:%Y-%m-%d %H:%M} UTC" if since is not None else ""
    held = f": this copy holds what {_source_text(copy)}"
    text = f"all writes at {given_up_at}{when}{held}"
    return Loss(volume=volume, backend=backend, given_up_at=given_up_at, kept=kept, age=age, text=text)


def _source_text(copy: Copy) -> str:
    if copy.edge is None or copy.is_writable:
        return f"{copy.id.backend} held before"
    source = copy.edge.source.backend if isinstance(copy.edge.source, CopyId) else str(copy.edge.source)
    age = f" {duration_text(copy.lag)} ago" if copy.lag is not None else ""
    return f"{source} held{age}"


def oldest_text(losses: Sequence[Loss]) -> str:
    """The worst of them, in words."""
    if any(loss.age is None for loss in losses):
        return "how much it would lose is not known"
    worst = max((loss.age for loss in losses if loss.age is not None), default=timedelta())
    return f"it would lose the last {duration_text(worst)} at worst"


def worst_first(losses: Sequence[Loss]) -> tuple[Loss, ...]:
    """Those of unknown size first, then the largest."""
    return tuple(sorted(losses, key=lambda loss: (loss.age is not None, -(loss.age or timedelta()))))


def recovery_point(situation: Situation, copy: Copy) -> RecoveryPoint:
    """What a copy goes back to: as it is seen, until it is broken off; from then on as it was seen just before.

    A copy that no look of this run saw whole tells its snapshot, and not how old that was.
    """
    edge = copy.edge
    if edge is None:
        return RecoveryPoint(volume=copy.id.volume, snapshot=None, age=None)
    if not edge.is_broken_off:
        relationship = edge.relationship
        return RecoveryPoint(volume=copy.id.volume, snapshot=relationship.exported_snapshot, age=relationship.lag)
    backend = situation.now.group.backend(copy.id.backend)
    before = situation.accepted.get(ActId(backend.cluster, backend.name, copy.id.volume, Break))
    seen = before.copies.get(copy.id) if before else None
    if seen is not None and seen.edge is not None and not seen.edge.is_broken_off:
        return recovery_point(situation, seen)
    return RecoveryPoint(volume=copy.id.volume, snapshot=edge.relationship.exported_snapshot, age=None)
