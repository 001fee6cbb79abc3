"""Copies that a planned failover keeps as they are: their last snapshot, and whether it is where it is to be served."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count

from datamotion.model.standing import Copy, Standing
from datamotion.policy.copies.common import snapshot_named, snapshots_of


def last_prefix(epoch: int) -> str:
    """What the names of last snapshots begin with that were taken before this epoch was."""
    return f"datamotion_last.{epoch}."


def last_name(standing: Standing, source: Copy, epoch: int, began: datetime) -> str:
    """That of the last snapshot of a copy, before an epoch is taken.

    It is the noted one, unless that was taken and clients could come since: then another one, that is not there yet.
    """
    noted = source.mark.frozen if source.mark else None
    if noted and (source.is_fenced or snapshot_named(standing, source, noted) is None):
        return noted
    held = {each.name for each in snapshots_of(standing, source)}
    name = f"{last_prefix(epoch)}{began:%Y-%m-%d_%H%M%S}"
    return next(each for each in _numbered(name) if each not in held)


def frozen_for(copy: Copy) -> str | None:
    """The last snapshot that a copy is kept as it is for: no client can come to it. None where one can, or none is."""
    return copy.mark.frozen if copy.mark is not None and copy.is_fenced else None


def is_carried(standing: Standing, copy: Copy, source: Copy) -> bool:
    """Whether a copy holds all that was ever written to its source: the last snapshot of one that is frozen."""
    name = frozen_for(source)
    last = snapshot_named(standing, source, name) if name else None
    if last is None or last.version is None:
        return False
    return any(each.version == last.version for each in snapshots_of(standing, copy))


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{number}" for number in count(2))
