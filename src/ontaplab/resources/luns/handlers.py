"""LUNs: create, clone, copy, change, move, remove. Each takes a job."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ontaplab.cluster import Cluster
from ontaplab.disk.luns import LunFile, change_lun, make_lun, move_lun, remove_lun
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
    bad_size,
    is_mapped,
    not_found,
    nothing_to_steer,
    one_source,
    other_volume,
    volume_is_offline,
    would_shrink,
)
from ontaplab.resources.luns.lookup import lun_in, lun_name, lun_of
from ontaplab.resources.luns.places import check_is_writable, free_place, place_of, writable_tree
from ontaplab.resources.luns.state import MOST_BYTES, SMALLEST_BYTES, Lun
from ontaplab.resources.qos_policies.lookup import qos_policy_of
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.volumes.lifecycle import present
from ontaplab.resources.volumes.places import content_of
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.body import Reference
from ontaplab.wire.resource import Reply, Request, Started


def create(cluster: Cluster, writes: Writes, request: Request, body: LunCreate) -> Reply[Lun]:
    """The LUN is there: of zeros, or as the LUN that it is cloned or copied from."""
    svm = svm_of(cluster, body.svm, request.tunnel)
    volume, path = place_of(cluster, svm, body)
    copied = body.copied_from
    if copied is not None and body.clone is not None:
        raise one_source()
    source = _source(cluster, volume, body) if copied is None else source_of_copy(cluster, svm, copied)
    lun = _new(cluster, volume, path, body, source)

    async def work() -> None:
        async with changing(cluster, writes, volume.uuid):
            live = writable_tree(cluster, volume.uuid, path)
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
    check_is_writable(volume)
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
            live = writable_tree(cluster, volume.uuid, moved)
            writes.make_room(volume.uuid, changed.size_bytes - lun.size_bytes)
            await cluster.offload(partial(change_lun, live, changed.file, changed.size_bytes))

    return Started(cluster.start_job(f"PATCH /api/storage/luns/{lun.uuid}", work, svm=volume.svm), changed)


def remove(cluster: Cluster, writes: Writes, request: Request, lun: Lun) -> Reply[Lun]:
    """Its maps are gone with it."""
    volume = present(cluster, lun.volume)
    check_is_writable(volume)
    if cluster.lun_maps_by_lun[lun.uuid] and not request.flag("allow_delete_while_mapped"):
        raise is_mapped(lun_name(cluster, lun))

    async def work() -> None:
        async with changing(cluster, writes, volume.uuid):
            live = writable_tree(cluster, volume.uuid, None)
            await cluster.offload(partial(remove_lun, live, lun.file))
            with cluster.together():
                for each in list(cluster.lun_maps_by_lun[lun.uuid]):
                    cluster.lun_maps.remove(each.uuid)
                if lun.uuid in cluster.lun_passages:
                    cluster.lun_passages.remove(lun.uuid)

    return Started(cluster.start_job(f"DELETE /api/storage/luns/{lun.uuid}", work, svm=volume.svm))


async def _move(cluster: Cluster, writes: Writes, lun: Lun, changed: Lun) -> None:
    """The LUN is in the other volume, and its maps lead there."""
    former, source = lun_name(cluster, lun), writable_tree(cluster, lun.volume, None)
    target = writable_tree(cluster, changed.volume, changed.file.path)
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
    target, path = free_place(cluster, volume.svm, body.name)
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
