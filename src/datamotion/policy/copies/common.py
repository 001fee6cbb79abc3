"""What two copies of a volume have in common: snapshots that both hold, told by their versions and never by names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from datamotion.model.kept import kept_prefix
from datamotion.model.standing import Copy, Standing
from datamotion.model.volume_records import Snapshot


class Common(NamedTuple):
    """`newest` is the newest that both hold, as the first of the two calls it; `beyond` what that one holds after it.

    Oldest first. Where nothing is common all that it holds is beyond.
    """

    newest: Snapshot | None
    beyond: tuple[Snapshot, ...]


def common(standing: Standing, copy: Copy, other: Copy) -> Common:
    """What a copy has in common with another one. A snapshot of which no version is told is common with nothing."""
    mine, theirs = snapshots_of(standing, copy), {each.version for each in snapshots_of(standing, other)} - {None}
    newest = next((each for each in reversed(mine) if each.version in theirs), None)
    if newest is None:
        return Common(None, mine)
    # Clusters tell seconds: of two of the same second nobody knows which came first.
    beyond = (each for each in mine if each.created_at >= newest.created_at and each.version not in theirs)
    return Common(newest, tuple(beyond))


def snapshots_of(standing: Standing, copy: Copy) -> tuple[Snapshot, ...]:
    """Those of a copy, the oldest first."""
    return standing.sites[copy.id.backend].snapshots.get(copy.volume.uuid, ())


def snapshot_named(standing: Standing, copy: Copy, name: str | None) -> Snapshot | None:
    return next((each for each in snapshots_of(standing, copy) if each.name == name), None)


def newest_kept(copy: Copy, held: Sequence[Snapshot], but: Collection[Snapshot] = ()) -> Snapshot | None:
    """The newest that was taken of this copy to keep what it gives up. `held` are its snapshots, the oldest first."""
    prefix = kept_prefix(copy.id.backend)
    return next((each for each in reversed(held) if each.name.startswith(prefix) and each not in but), None)
