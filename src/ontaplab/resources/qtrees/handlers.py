"""Qtrees: create, change, remove. Each takes a job."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import RESERVED
from ontaplab.errors import missing_field
from ontaplab.resources.export_policies.lookup import export_policy_of
from ontaplab.resources.qtrees.errors import bad_name, is_volume, name_taken, read_only, too_many
from ontaplab.resources.qtrees.state import LONGEST_NAME, MOST, Qtree
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.resources.volumes.bodies import ExportPolicy
from ontaplab.resources.volumes.errors import not_found, not_online
from ontaplab.resources.volumes.lifecycle import present
from ontaplab.resources.volumes.places import directory_of
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.body import Body, OctalDigits, Reference
from ontaplab.wire.resource import Reply, Request, Started


class QtreeChange(Body):
    name: str | None = None
    export_policy: ExportPolicy | None = None
    security_style: str | None = None
    unix_permissions: OctalDigits | None = None


class QtreeCreate(QtreeChange):
    svm: Reference | None = None
    volume: Reference | None = None


def create(cluster: Cluster, request: Request, body: QtreeCreate) -> Reply[Qtree]:
    """There is a directory with it."""
    if body.name is None:
        raise missing_field("name")
    volume = _volume(cluster, request, body)
    numbers = {qtree.id for qtree in cluster.qtrees_by_volume[volume.uuid]}
    if len(numbers) >= MOST:
        raise too_many(volume.name, MOST)
    number = next(number for number in range(1, MOST + 1) if number not in numbers)
    blank = Qtree(uuid=f"{volume.uuid}/{number}", volume=volume.uuid, id=number, name="")
    qtree = _changed(cluster, volume, blank, body)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            _check_is_writable(present(cluster, volume.uuid))
            place = directory_of(cluster, volume.uuid).live / qtree.name
            await cluster.offload(partial(place.mkdir, 0o755))
            cluster.qtrees.put(qtree)

    return Started(cluster.start_job("POST /api/storage/qtrees", work, svm=volume.svm), qtree)


def modify(cluster: Cluster, request: Request, qtree: Qtree, body: QtreeChange) -> Reply[Qtree]:
    """An export policy of an empty name is the volume's again."""
    volume = present(cluster, qtree.volume)
    if qtree.id == 0:
        raise is_volume("changed")
    changed = _changed(cluster, volume, qtree, body)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            _check_is_writable(present(cluster, volume.uuid))
            if changed.name != qtree.name:
                live = directory_of(cluster, volume.uuid).live
                await cluster.offload(partial((live / qtree.name).rename, live / changed.name))
            cluster.qtrees.put(changed)

    return Started(cluster.start_job(f"PATCH /api/storage/qtrees/{qtree.uuid}", work, svm=volume.svm), changed)


def remove(cluster: Cluster, request: Request, qtree: Qtree) -> Reply[Qtree]:
    """Its directory is gone with all that was in it."""
    volume = present(cluster, qtree.volume)
    if qtree.id == 0:
        raise is_volume("deleted")
    _check_is_writable(volume)

    async def work() -> None:
        async with cluster.volume_lock(volume.uuid):
            _check_is_writable(present(cluster, volume.uuid))
            place = directory_of(cluster, volume.uuid).live / qtree.name
            await cluster.offload(partial(shutil.rmtree, place, ignore_errors=True))
            cluster.qtrees.remove(qtree.uuid)

    return Started(cluster.start_job(f"DELETE /api/storage/qtrees/{qtree.uuid}", work, svm=volume.svm))


def _volume(cluster: Cluster, request: Request, body: QtreeCreate) -> Volume:
    svm, meant = svm_of(cluster, body.svm, request.tunnel), body.volume
    if meant is None or not meant.given():
        raise missing_field("volume")
    found = cluster.volumes.first(lambda each: each.svm == svm.uuid and meant.means(each.name, each.uuid))
    if found is None:
        raise not_found(meant.name or meant.uuid or "")
    return found


def _changed(cluster: Cluster, volume: Volume, qtree: Qtree, body: QtreeChange) -> Qtree:
    """The qtree with what the body says. Raises: OntapError 5242897, 5242902, 1, 918271."""
    _check_is_writable(volume)
    if body.name is not None and body.name != qtree.name:
        _check_name(cluster, volume, body.name)
        qtree = replace(qtree, name=body.name)
    if body.export_policy is not None:
        wanted, policy = body.export_policy, None
        if wanted.name or wanted.id is not None:
            policy = export_policy_of(cluster, wanted.name, wanted.id, volume.svm).uuid
        qtree = replace(qtree, export_policy=policy)
    return replace(
        qtree,
        security_style=body.security_style or qtree.security_style,
        unix_permissions=qtree.unix_permissions if body.unix_permissions is None else body.unix_permissions,
    )


def _check_name(cluster: Cluster, volume: Volume, name: str) -> None:
    if not name or "/" in name or name in (".", "..", RESERVED) or len(name) > LONGEST_NAME:
        raise bad_name(name)
    if (directory_of(cluster, volume.uuid).live / name).exists():
        raise name_taken(name, volume.name)


def _check_is_writable(volume: Volume) -> None:
    if volume.is_mirror:
        raise read_only(volume.name)
    if volume.state != "online":
        raise not_online(volume.name)
