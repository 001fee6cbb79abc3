"""What a source can be asked for, and which of its snapshots are meant."""

from __future__ import annotations

from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.messages import CarriedSnapshot, Wanted
from ontaplab.resources.relationships.dependence import snapshot_prefix
from ontaplab.resources.relationships.errors import no_source_volume
from ontaplab.resources.relationships.state import ListedDestination
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.volumes.state import Volume


def checked(volume: Volume | None, path: str) -> Volume:
    """The volume, if it can be a source: it is online, and holds something. Raises: OntapError 6619337."""
    if volume is None:
        raise no_source_volume(path, "does not exist")
    if volume.state != "online":
        raise no_source_volume(path, "is not online")
    if volume.is_mirror and volume.exported_snapshot is None:
        raise no_source_volume(path, 'is of type "dp" and not initialized')
    return volume


def called(held: list[Snapshot], name: str) -> Snapshot:
    """Raises: OntapError 542797."""
    for snapshot in held:
        if snapshot.name == name:
            return snapshot
    raise OntapError(404, "542797", f'Snapshot "{name}" was not found.')


def newest_common(held: list[Snapshot], have: tuple[str, ...]) -> str | None:
    there = set(have)
    return next((each.version_uuid for each in reversed(held) if each.version_uuid in there), None)


def after(held: list[Snapshot], base: str | None) -> list[Snapshot]:
    versions = [each.version_uuid for each in held]
    return held if base is None else held[versions.index(base) + 1 :]


def is_wanted(snapshot: Snapshot, target: Snapshot, listed: ListedDestination, wanted: Wanted) -> bool:
    """Left out are those that earlier transfers of this relationship made and did not bring home."""
    if snapshot.version_uuid in (target.version_uuid, wanted.resume):
        return True
    if snapshot.name.startswith(snapshot_prefix(listed)):
        return False
    return wanted.everything or (snapshot.label is not None and snapshot.label in wanted.labels)


def carried(snapshot: Snapshot) -> CarriedSnapshot:
    return CarriedSnapshot(
        name=snapshot.name,
        version=snapshot.version_uuid,
        created=snapshot.created,
        provenance_volume=snapshot.provenance_volume,
        label=snapshot.label,
        comment=snapshot.comment,
    )
