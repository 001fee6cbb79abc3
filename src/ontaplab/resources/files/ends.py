"""The two ends of a file that goes to another volume of its cluster, by copying or moving."""

from __future__ import annotations

from dataclasses import dataclass

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.files.errors import exists, flexgroup, mirrored_at_once, not_found, read_only_destination
from ontaplab.resources.files.handlers import File, file_at
from ontaplab.resources.relationships.state import SYNCHRONOUS
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.errors import not_found as volume_not_found
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Tunnel


class FileBody(Body):
    svm: Reference | None = None
    volume: Reference | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Whence and where to one file goes; `target_path` may name a directory, for it to go into under its own name."""

    source_svm: Svm
    source: Volume
    source_path: str
    target_svm: Svm
    target: Volume
    target_path: str


def ends_of(
    cluster: Cluster, tunnel: Tunnel | None, source: FileBody | None, destination: FileBody | None, what: str
) -> Ends:
    """`what` is the part of the body that holds them, with a name of an end in braces.

    Raises: OntapError for what is not named, not there, no FlexVol, or a destination that nothing is brought to.
    """
    sides: list[tuple[Svm, Volume, str]] = []
    for name, side in (("source", source), ("destination", destination)):
        if side is None or side.path is None or side.volume is None:
            missing = "path" if side is not None and side.path is None else "volume"
            raise missing_field(f"{what.format(name)}.{missing}")
        svm = svm_of(cluster, side.svm, tunnel)
        volume = _volume(cluster, svm, side.volume)
        if volume.flexgroup is not None:
            raise flexgroup(volume.name)
        sides.append((svm, volume, side.path))
    (source_svm, old, source_path), (target_svm, target, target_path) = sides
    if target.is_mirror:
        raise read_only_destination(target.name)
    if any(each.kind in SYNCHRONOUS for each in cluster.listed_destinations_by_volume[target.uuid]):
        raise mirrored_at_once(target.name)
    return Ends(
        source_svm=source_svm,
        source=old,
        source_path=source_path,
        target_svm=target_svm,
        target=target,
        target_path=target_path,
    )


def files_at(cluster: Cluster, ends: Ends) -> tuple[File, File]:
    """Raises: OntapError where there is no such file, or one where it is to go."""
    source = file_at(cluster, ends.source.uuid, ends.source_path)
    if not source.place.is_file() or source.place.is_symlink():
        raise not_found(ends.source_path)
    target = file_at(cluster, ends.target.uuid, ends.target_path)
    if target.is_directory():
        target = file_at(cluster, ends.target.uuid, f"{target.path}/{source.path.rpartition('/')[2]}")
    target.check_writable()
    if target.place.exists() or target.place.is_symlink():
        raise exists(target.path)
    if not target.place.parent.is_dir():
        raise not_found(target.path)
    return source, target


def _volume(cluster: Cluster, svm: Svm, meant: Reference) -> Volume:
    """Raises: OntapError 918235."""
    found = cluster.volumes.first(lambda each: each.svm == svm.uuid and meant.means(each.name, each.uuid))
    if found is None:
        raise volume_not_found(meant.name or meant.uuid or "")
    return found
