"""The mark of a copy that serves: what those of its mirrors are made from, and who is a member is told by."""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.mark import LONGEST_COMMENT, Mark
from datamotion.model.plan import Refusal
from datamotion.model.standing import Copy, Standing
from datamotion.model.volume_acts import ModifyVolume
from datamotion.policy.mirrors.adjustments import wanted_mark
from datamotion.policy.steps import Phase, StepList

_MARK = Phase(
    rank=33, title="Mark the active copies", because="their mirrors, and any controller, tell members by that"
)


def active_mark(standing: Standing, copy: Copy) -> Mark:
    """What the mark of a copy that serves should say."""
    return replace(wanted_mark(standing, copy), epoch=_partial_epoch(standing, copy))


def mark_active(due: StepList, standing: Standing, copy: Copy) -> Refusal | None:
    """Its mark is as it should be, unless there is no room for it."""
    mark, volume = active_mark(standing, copy), copy.id.volume
    if mark == copy.mark:
        return None
    if not mark.fits(copy.volume.comment):
        return no_room(copy)
    text = f"{volume}: a member of {standing.group.name}, served at {mark.path or 'no junction path'}"
    change = ModifyVolume(uuid=copy.volume.uuid, comment=mark.write(copy.volume.comment))
    due.add(_MARK, standing.group.backend(copy.id.backend), volume, change, text)
    return None


def no_room(copy: Copy) -> Refusal:
    """It cannot be marked."""
    return Refusal(
        volume=copy.id.volume,
        backend=copy.id.backend,
        text=f"the comment of {copy.volume.name} leaves no room for its mark: with it, it would pass the"
        f" {LONGEST_COMMENT} bytes that ONTAP takes",
        hint="shorten what people wrote there; it is never cut",
    )


def _partial_epoch(standing: Standing, copy: Copy) -> int | None:
    """What a partial claim of its back end is about this copy by."""
    if copy.mark is not None:
        return copy.mark.epoch
    newest = next((each for each in standing.claims if each.backend == copy.id.backend), None)
    return newest.epoch if newest is not None and newest.claim.partial else None
