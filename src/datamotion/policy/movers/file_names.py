"""By which names both volumes tell any run how far the copy of a file is.

The old file aside; the copy while nobody may take it for the file; the old file once its copy was seen to be whole; and
the file at its new place, which the copy is given as its name only then. What is there before is somebody else's.
"""

from __future__ import annotations

import hashlib

from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import FileName, PlacedFile
from datamotion.model.standing import Standing
from datamotion.model.view import ClusterView
from datamotion.policy.movers.folders import folders_of, twins_of
from datamotion.policy.movers.items import names_at
from datamotion.policy.proofs.file_places import file_named


def aside(migration: ItemMigration) -> FileName:
    """Where the old file is until its copy is whole: beside where it was."""
    return _beside(migration, migration.source.svm, migration.volume, migration.path, "old")


def copied(migration: ItemMigration) -> FileName:
    """Where it is from then on, until it goes."""
    return _beside(migration, migration.source.svm, migration.volume, migration.path, "copied")


def unnamed(migration: ItemMigration) -> FileName:
    """Where the copy is until it is whole: beside where it goes."""
    return _beside(migration, migration.to.svm, migration.to_volume, migration.to_path, "copy")


def names_of(migration: ItemMigration) -> tuple[FileName, ...]:
    """All that are looked at."""
    folders = (*folders_of(migration), *twins_of(migration).values())
    return (*names_at(migration), aside(migration), copied(migration), unnamed(migration), *folders)


def old_file(migration: ItemMigration, seen: ClusterView) -> PlacedFile | None:
    """The one that was taken aside."""
    return file_named(seen, copied(migration)) or file_named(seen, aside(migration))


def is_named(migration: ItemMigration, seen: ClusterView) -> bool:
    """Whether what is where the file goes is the copy, as it was whole and has no other name any more."""
    return file_named(seen, copied(migration)) is not None and file_named(seen, unnamed(migration)) is None


def _beside(migration: ItemMigration, svm: str, volume: str, path: str, what: str) -> FileName:
    whole = "\n".join((migration.source.svm, migration.item, migration.to.svm, migration.to_volume, migration.to_path))
    mark = hashlib.sha256(whole.encode()).hexdigest()[:16]
    folder, slash, _ = path.rpartition("/")
    return FileName(svm, volume, f"{folder}{slash}.datamotion-{mark}.{what}")


def old_of(migration: ItemMigration, standing: Standing) -> PlacedFile | None:
    """The one that was taken aside, where its back end is seen."""
    seen = standing.sites[migration.source.name].seen
    return old_file(migration, seen) if isinstance(seen, ClusterView) else None


def is_named_at(migration: ItemMigration, standing: Standing) -> bool:
    """Whether the copy is seen to have its name."""
    seen = standing.sites[migration.source.name].seen
    return isinstance(seen, ClusterView) and is_named(migration, seen)


def copy_of(migration: ItemMigration, standing: Standing) -> PlacedFile | None:
    """What has been copied, while nobody may take it for the file."""
    seen = standing.sites[migration.source.name].seen
    return file_named(seen, unnamed(migration)) if isinstance(seen, ClusterView) else None
