"""The folders that a file needs where it is to go: made one after another, where they are missing, with their modes."""

from __future__ import annotations

from datamotion.model.item_acts import MakeFolder
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import FileName
from datamotion.model.plan import Gate
from datamotion.model.standing import Standing
from datamotion.model.view import ClusterView
from datamotion.policy.proofs.file_places import file_named
from datamotion.policy.steps import Phase, StepList

_FOLDER = Phase(rank=49, title="Make a folder", because="the file goes into it", gate=Gate.ALL)


def folders_of(migration: ItemMigration) -> tuple[FileName, ...]:
    """Those that its new path leads through, the outermost first."""
    parts = migration.to_path.split("/")[:-1]
    paths = ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return tuple(FileName(migration.to.svm, migration.to_volume, path) for path in paths)


def twins_of(migration: ItemMigration) -> dict[FileName, FileName]:
    """Those of them that stand for one that the file comes from: what lies below has the same names in both."""
    here = migration.path.split("/")
    found: dict[FileName, FileName] = {}
    for folder in folders_of(migration):
        below = migration.to_path.removeprefix(f"{folder.path}/").split("/")
        above = here[: -len(below)]
        if above and here == [*above, *below]:
            found[folder] = FileName(migration.source.svm, migration.volume, "/".join(above))
    return found


def add_folder(migration: ItemMigration, standing: Standing, due: StepList) -> bool:
    """Whether one is missing, which is to be made first."""
    site = standing.sites[migration.to.name]
    seen, volume = site.seen, site.volumes.get(migration.to_volume)
    if not isinstance(seen, ClusterView) or volume is None:
        return False
    missing = next((each for each in folders_of(migration) if file_named(seen, each) is None), None)
    if missing is None:
        return False
    mode = _mode_of(twins_of(migration).get(missing), standing.sites[migration.source.name].seen)
    change = MakeFolder(volume_uuid=volume.uuid, name=missing, mode=mode)
    text = f"{missing.volume}: {missing.path}" + (f", mode {mode}" if mode is not None else "")
    due.add(_FOLDER, migration.to, migration.item, change, text, about=missing.path)
    return True


def _mode_of(folder: FileName | None, seen: object) -> int | None:
    found = file_named(seen, folder) if folder is not None and isinstance(seen, ClusterView) else None
    return found.mode if found is not None else None
