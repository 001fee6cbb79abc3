"""The folders that a file needs where it is to go: made one after another, where they are missing."""

from __future__ import annotations

from datamotion.model.item_acts import MakeFolder
from datamotion.model.item_migration import ItemMigration
from datamotion.model.plan import Gate
from datamotion.model.records import FileName
from datamotion.model.standing import Standing
from datamotion.model.view import ClusterView
from datamotion.policy.file_places import file_named
from datamotion.policy.steps import Phase, StepList

_FOLDER = Phase(rank=49, title="Make a folder", because="the file goes into it", gate=Gate.ALL)


def folders_of(migration: ItemMigration) -> tuple[FileName, ...]:
    """Those that its new path leads through, the outermost first."""
    parts = migration.to_path.split("/")[:-1]
    paths = ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return tuple(FileName(migration.to.svm, migration.to_volume, path) for path in paths)


def add_folder(migration: ItemMigration, standing: Standing, due: StepList) -> bool:
    """Whether one is missing, which is to be made first."""
    site = standing.sites[migration.to.name]
    seen, volume = site.seen, site.volumes.get(migration.to_volume)
    if not isinstance(seen, ClusterView) or volume is None:
        return False
    missing = next((each for each in folders_of(migration) if file_named(seen, each) is None), None)
    if missing is None:
        return False
    change = MakeFolder(volume_uuid=volume.uuid, name=missing)
    due.add(_FOLDER, migration.to, migration.item, change, f"{missing.volume}: {missing.path}", about=missing.path)
    return True
