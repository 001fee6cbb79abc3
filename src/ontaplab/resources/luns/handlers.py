"""LUNs: create, clone, copy, change, move, remove. Each takes a job."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ontaplab.cluster import Cluster
from ontaplab.disk.luns import LunFile, can_be_lun, change_lun, make_lun, move_lun, remove_lun
from ontaplab.disk.tree import BLOCK
from ontaplab.doors.writing import Writes
from ontaplab.errors import missing_field, not_simulated
from ontaplab.resources.luns.bodies import LunChange, LunCreate, Progress
from ontaplab.resources.luns.carrying import (
    changing,
    check_room_for_more,
    keep_maps,
    moved_to,
    note_passage,
    source_of_copy,
)
from ontaplab.resources.luns.errors import (
    bad_name,
    bad_size,
    is_mapped,
    name_taken,
    names_differ,
    no_luns_in,
    not_found,
    nothing_to_steer,
    one_source,
    other_volume,
    read_only,
    volume_is_offline,
    would_shrink,
)
from ontaplab.resources.luns.lookup import lun_in, lun_name, lun_of
from ontaplab.resources.luns.state import MOST_BYTES, SMALLEST_BYTES, Lun
from ontaplab.resources.qos_policies.lookup import qos_policy_of
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.errors import not_found as volume_not_found
from ontaplab.resources.volumes.lifecycle import present
from ontaplab.resources.volumes.places import content_of, directory_of
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.body import Reference
from ontaplab.wire.resource import Reply, Request, Started


def create(cluster: Cluster, writes: Writes, request: Request, body: LunCreate) -> Reply[Lun]:
    """The LUN is there: of zeros, or as the LUN that it is cloned or copied from."""
    svm = svm_of(cluster, body.svm, request.tunnel)
    volume, path = _place(cluster, svm, body)
    copied = body.copied_from
    if copied is not None and body.clone is not None:
        raise one_source()
    source = _source(cluster, volume, body) if copied is None else source_of_copy(cluster, svm, copied)
    lun = _new(cluster, volume, path, body, source)

    async def work() -> None:
        async with changing(cluster, writes, volume.uuid):
            live = _live(cluster, volume.uuid, path)
            content = None if source is None else _content(cluster, source)
            writes.make_room(volume.uuid, lun.size_bytes)
            await cluster.offload(partial(make_lun, live, lun.file, lun.size_bytes, content))
            if copied is not None and source is not None:
                note_passage(cluster, "copy", source, lun_name(cluster, source), lun)

    return Started(cluster.start_job("POST /api/storage/luns", work, svm=svm.uuid), lun)


def modify(cluster: Cluster, writes: Writes, request: Request, lun: Lun, body: LunChange) -> Reply[Lun]:
    """A name is a new path in the same volume, or one in another volume of the SVM, to which the LUN is moved.

    A moved LUN keeps its identity and its maps, and hosts go on.
    """
    volume = present(cluster, lun.volume)
    _check_is_writable(volume)
    changed = _changed(cluster, volume, lun, body)
    copied = body.copied_from
    if copied is not None and (copied.name or copied.uuid):
        raise not_simulated("copying over a LUN", status=400)
    _steer(cluster, lun, "copy", copied.progress if copied is not None else None)
    _steer(cluster, lun, "move", body.movement.progress if body.movement is not None else None)

    async def work() -> None:
        async with changing(cluster, writes, volume.uuid, changed.volume):
            if lun_in(cluster, volume.uuid, lun.uuid) is None:
                raise not_found(lun.uuid)
            if changed.volume != volume.uuid:
                await _move(cluster, writes, lun, changed)
                return
            moved = changed.file.path if changed.file.path != lun.file.path else None
            live = _live(cluster, volume.uuid, moved)
            writes.make_room(volume.uuid, changed.size_bytes - lun.size_bytes)
            await cluster.offload(partial(change_lun, live, changed.file, changed.size_bytes))

    return Started(cluster.start_job(f"PATCH /api/storage/luns/{lun.uuid}", work, svm=volume.svm), changed)


def remove(cluster: Cluster, writes: Writes, request: Request, lun: Lun) -> Reply[Lun]:
    """Its maps are gone with it."""
    volume = present(cluster, lun.volume)
    _check_is_writable(volume)
    if cluster.lun_maps_by_lun[lun.uuid] and not request.flag("allow_delete_while_mapped"):
        raise is_mapped(lun_name(cluster, lun))

    async def work() -> None:
        async with changing(cluster, writes, volume.uuid):
            live = _live(cluster, volume.uuid, None)
            await cluster.offload(partial(remove_lun, live, lun.file))
            with cluster.together():
                for each in list(cluster.lun_maps_by_lun[lun.uuid]):
                    cluster.lun_maps.remove(each.uuid)
                if lun.uuid in cluster.lun_passages:
                    cluster.lun_passages.remove(lun.uuid)

    return Started(cluster.start_job(f"DELETE /api/storage/luns/{lun.uuid}", work, svm=volume.svm))


async def _move(cluster: Cluster, writes: Writes, lun: Lun, changed: Lun) -> None:
    """The LUN is in the other volume, and its maps lead there."""
    former, source = lun_name(cluster, lun), _live(cluster, lun.volume, None)
    target = _live(cluster, changed.volume, changed.file.path)
    writes.make_room(changed.volume, changed.size_bytes)
    await cluster.offload(partial(move_lun, source, lun.file, target, changed.file))
    if changed.size_bytes != lun.size_bytes:
        await cluster.offload(partial(change_lun, target, changed.file, changed.size_bytes))
    with cluster.together():
        keep_maps(cluster, changed)
        note_passage(cluster, "move", lun, former, changed)


def _steer(cluster: Cluster, lun: Lun, kind: str, progress: Progress | None) -> None:
    """How its copy or move goes on. Raises: OntapError if there is none."""
    if progress is None or progress.state is None:
        return
    passage = cluster.lun_passages.get(lun.uuid)
    if passage is None or passage.kind != kind:
        raise nothing_to_steer(lun_name(cluster, lun), kind)
    cluster.lun_passages.put(passage.steered(cluster.clock.now(), paused=progress.state == "paused"))


def _content(cluster: Cluster, source: Lun) -> Path:
    """Where the bytes of the LUN are now. Raises: OntapError 5374875, 5374866."""
    found, volume = lun_in(cluster, source.volume, source.uuid), cluster.volumes.get(source.volume)
    tree = None if volume is None else content_of(cluster, volume)
    if found is None or volume is None or tree is None:
        raise not_found(source.uuid)
    if volume.state != "online":
        raise volume_is_offline(volume.name)
    return tree / found.file.path


def _place(cluster: Cluster, svm: Svm, body: LunCreate) -> tuple[Volume, str]:
    """The volume and the path in it that are named: by the name, by the location, or by both alike."""
    named, located = body.name, _location(cluster, svm, body)
    if named is None and located is None:
        raise missing_field("name")
    if named is not None and located not in (None, named):
        raise names_differ(named, str(located))
    name = str(named or located)
    return _free_place(cluster, svm.uuid, name)


def _free_place(cluster: Cluster, svm: str, name: str) -> tuple[Volume, str]:
    """The volume and the path in it, where a LUN may come to be. Raises: OntapError."""
    volume_name, path = _parts(name)
    volume = cluster.volumes.by_name.first((svm, volume_name))
    if volume is None:
        raise volume_not_found(volume_name)
    if volume.style == "flexgroup" or volume.is_svm_root:
        raise no_luns_in(volume.name, "which is a FlexGroup" if volume.style == "flexgroup" else "the root of its SVM")
    _check_is_writable(volume)
    _check_is_free(directory_of(cluster, volume.uuid).live, volume, path)
    return volume, path


def _location(cluster: Cluster, svm: Svm, body: LunCreate) -> str | None:
    where = body.location
    if where is None or where.volume is None or where.logical_unit is None:
        return None
    meant = where.volume
    found = cluster.volumes.first(lambda each: each.svm == svm.uuid and meant.means(each.name, each.uuid))
    if found is None:
        raise volume_not_found(meant.name or meant.uuid or "")
    qtree = f"{where.qtree.name}/" if where.qtree is not None and where.qtree.name else ""
    return f"/vol/{found.name}/{qtree}{where.logical_unit}"


def _parts(name: str) -> tuple[str, str]:
    """Volume and path. Raises: OntapError 5374352."""
    start, vol, *rest = [*name.split("/", 3), "", ""][:4]
    if start or vol != "vol" or not can_be_lun(rest[1]):
        raise bad_name(name)
    return rest[0], rest[1]


def _source(cluster: Cluster, volume: Volume, body: LunCreate) -> Lun | None:
    if body.clone is None or body.clone.source is None:
        return None
    source = lun_of(cluster, volume.svm, body.clone.source)
    if source.volume != volume.uuid:
        raise other_volume(lun_name(cluster, source))
    return source


def _new(cluster: Cluster, volume: Volume, path: str, body: LunCreate, source: Lun | None) -> Lun:
    size_bytes = body.space.size if body.space is not None else None
    os_type = body.os_type
    if source is None and (os_type is None or size_bytes is None):
        raise missing_field("os_type" if os_type is None else "space.size")
    file = LunFile(
        id=cluster.new_uuid("lun", f"{volume.uuid}/{path}"),
        path=path,
        os_type=os_type or (source.file.os_type if source is not None else ""),
        created=cluster.clock.now().isoformat(),
    )
    blank = Lun(volume=volume.uuid, file=file, size_bytes=source.size_bytes if source is not None else 0)
    return _with(cluster, volume, blank, body)


def _changed(cluster: Cluster, volume: Volume, lun: Lun, body: LunChange) -> Lun:
    """The LUN with what the body says. Raises: OntapError."""
    changed = _with(cluster, volume, lun, body)
    if body.name is None or body.name == lun_name(cluster, lun):
        return changed
    target, path = _free_place(cluster, volume.svm, body.name)
    if target.uuid != volume.uuid:
        check_room_for_more(cluster)
        return moved_to(changed, target.uuid, path)
    return replace(changed, file=replace(changed.file, path=path))


def _with(cluster: Cluster, volume: Volume, lun: Lun, body: LunChange) -> Lun:
    """All but its path. Sizes are whole blocks (an assumption)."""
    file, size_bytes = lun.file, lun.size_bytes
    if body.space is not None and body.space.size is not None:
        size_bytes = -(-body.space.size // BLOCK) * BLOCK
        if not SMALLEST_BYTES <= size_bytes <= MOST_BYTES:
            raise bad_size(body.space.size, SMALLEST_BYTES, MOST_BYTES)
        if size_bytes < lun.size_bytes:
            raise would_shrink(lun_name(cluster, lun), lun.size_bytes)
    if body.space is not None and body.space.guarantee is not None and body.space.guarantee.requested is not None:
        file = replace(file, guaranteed=body.space.guarantee.requested)
    if body.space is not None and body.space.scsi_thin_provisioning_support_enabled is not None:
        file = replace(file, tells_thin=body.space.scsi_thin_provisioning_support_enabled)
    if body.qos_policy is not None:
        file = replace(file, qos_policy=_qos_policy(cluster, volume, body.qos_policy))
    return replace(
        lun,
        size_bytes=size_bytes,
        file=replace(
            file,
            comment=file.comment if body.comment is None else body.comment,
            enabled=file.enabled if body.enabled is None else body.enabled,
        ),
    )


def _qos_policy(cluster: Cluster, volume: Volume, meant: Reference) -> str | None:
    """Its name; None for `none` and an empty name, which take it away."""
    if meant.uuid is None and meant.name in (None, "", "none"):
        return None
    return qos_policy_of(cluster, meant.name, meant.uuid, volume.svm).name


def _live(cluster: Cluster, uuid: str, path: str | None) -> Path:
    """The tree of the volume, which can be written to; nothing is at the path."""
    volume = present(cluster, uuid)
    _check_is_writable(volume)
    live = directory_of(cluster, uuid).live
    if path is not None:
        _check_is_free(live, volume, path)
    return live


def _check_is_free(live: Path, volume: Volume, path: str) -> None:
    """Raises: OntapError 5374242, or 5374352 where there is no such qtree."""
    above, _, _ = path.rpartition("/")
    if not (live / above).is_dir() or (live / above).is_symlink():
        raise bad_name(f"/vol/{volume.name}/{path}")
    if (live / path).exists() or (live / path).is_symlink():
        raise name_taken(f"/vol/{volume.name}/{path}")


def _check_is_writable(volume: Volume) -> None:
    if volume.state != "online":
        raise volume_is_offline(volume.name)
    if volume.is_mirror:
        raise read_only(volume.name)
