"""What all mechanisms that bring a single LUN or file elsewhere have to know of its two places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import FileName, PlacedFile, PlacedLun, lun_name
from datamotion.model.lun_mark import copy_mark
from datamotion.model.mark import read_mark
from datamotion.model.plan import Offer, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Standing
from datamotion.model.units import size_text
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_records import Volume
from datamotion.model.words import VolumeState, VolumeType
from datamotion.policy.movers.offer import Mover
from datamotion.policy.obstacles import no_clones
from datamotion.policy.proofs.file_places import file_named
from datamotion.policy.proofs.lun_places import lun_named


def lun_at_source(migration: ItemMigration, standing: Standing) -> PlacedLun | None:
    return _lun_at(standing, migration.source.name, lun_name(migration.volume, migration.path))


def lun_at_goal(migration: ItemMigration, standing: Standing) -> PlacedLun | None:
    return _lun_at(standing, migration.to.name, lun_name(migration.to_volume, migration.to_path))


def _lun_at(standing: Standing, backend: str, name: str) -> PlacedLun | None:
    site = standing.sites[backend]
    return lun_named(site.seen, site.backend.svm, name) if isinstance(site.seen, ClusterView) else None


def names_at(migration: ItemMigration) -> tuple[FileName, FileName]:
    """A file's at its source and at its goal."""
    source = FileName(migration.source.svm, migration.volume, migration.path)
    return source, FileName(migration.to.svm, migration.to_volume, migration.to_path)


def file_at_source(migration: ItemMigration, standing: Standing) -> PlacedFile | None:
    return _file_at(standing, migration.source.name, names_at(migration)[0])


def file_at_goal(migration: ItemMigration, standing: Standing) -> PlacedFile | None:
    return _file_at(standing, migration.to.name, names_at(migration)[1])


def _file_at(standing: Standing, backend: str, name: FileName) -> PlacedFile | None:
    seen = standing.sites[backend].seen
    return file_named(seen, name) if isinstance(seen, ClusterView) else None


def is_file(migration: ItemMigration, standing: Standing) -> bool:
    """Whether what is at the source is a plain file. ONTAP lists a LUN among the files of its volume, too."""
    file = file_at_source(migration, standing)
    return file is not None and file.kind == "file" and lun_at_source(migration, standing) is None


_Test = Callable[[ItemMigration, Standing], bool]


def only_for(
    kind: str, is_one: Callable[[ItemMigration, Standing], bool], mover: Mover[ItemMigration]
) -> Mover[ItemMigration]:
    """A mechanism that is offered for what is of that kind, and for nothing else."""

    def is_about(migration: ItemMigration, standing: Standing) -> bool:
        return is_one(migration, standing) or missing_item(migration, standing) is not None

    def offer(migration: ItemMigration, standing: Standing) -> Offer:
        found, is_other = mover.offer(migration, standing), not is_about(migration, standing)
        return replace(found, why_not=Refusal(text=f"{migration.item} is no {kind}")) if is_other else found

    def is_meant(migration: ItemMigration, standing: Standing) -> bool:
        return is_one(migration, standing) and mover.is_meant(migration, standing)

    return replace(mover, offer=offer, is_meant=is_meant, is_about=is_about)


def missing_item(migration: ItemMigration, standing: Standing) -> Refusal | None:
    """Why there is nothing to bring elsewhere."""
    site = standing.sites[migration.source.name]
    if lun_at_source(migration, standing) is not None:
        return None
    if isinstance(site.seen, ClusterView) and site.seen.lun_places is not None and is_file(migration, standing):
        return None
    if site.svm is None:
        text = f"{site.backend.cluster} has no SVM {site.backend.svm}"
        return Refusal(text=text, hint=f"correct `svm` of {migration.source.name} in the configuration")
    if migration.volume not in site.volumes:
        there = ", ".join(sorted(site.volumes)[:6]) or "none"
        return Refusal(text=f"no volume {migration.volume} at {migration.source.name}", hint=f"its volumes: {there}")
    assert isinstance(site.seen, ClusterView)
    return _missing_lun(migration, standing, site.seen)


def has_arrived(migration: ItemMigration, standing: Standing) -> bool:
    """Whether a LUN or file is at its goal, and surely nothing at its source, where it was not to stay."""
    site = standing.sites[migration.source.name]
    if migration.keeps_source or migration.volume not in site.volumes:
        return False
    if not isinstance(site.seen, ClusterView) or site.seen.lun_places is None:
        return False
    if site.seen.gap(Aspect.LUN_PLACES, lun_name(migration.volume, migration.path), migration.source.svm):
        return False
    if lun_at_source(migration, standing) is not None or file_at_source(migration, standing) is not None:
        return False
    return is_at_goal(migration, standing)


def is_at_goal(migration: ItemMigration, standing: Standing) -> bool:
    """Whether there is a LUN or file at its goal. A LUN that its mark calls a copy is not the one that was to come."""
    file, lun = file_at_goal(migration, standing), lun_at_goal(migration, standing)
    if lun is not None:
        return copy_mark(lun.comment) is None
    return file is not None and file.kind == "file"


def _missing_lun(migration: ItemMigration, standing: Standing, seen: ClusterView) -> Refusal:
    svm = migration.source.svm
    if seen.lun_places is None:
        text = f"{migration.source.cluster} does not tell its LUNs"
        return Refusal(text=text, hint="its account needs /api/storage/luns; `datamotion check` tells what it may")
    if gap := seen.gap(Aspect.LUN_PLACES, lun_name(migration.volume, migration.path), svm):
        text = f"whether LUN {migration.item} is there cannot be told: {gap}"
        return Refusal(text=text, hint="find out what answers there in place of ONTAP")
    found = sorted(each.path for each in seen.lun_places if (each.svm, each.volume) == (svm, migration.volume))
    text = f"there is no LUN or file {migration.path} in {migration.volume} at {migration.source.name}"
    luns = f"its LUNs: {', '.join(found[:6])}" if found else "it has no LUN"
    return Refusal(text=text, hint=f"{luns}; a file is named by its path from the root of the volume on")


def why_not_within_cluster(migration: ItemMigration) -> Refusal | None:
    """Why a cluster cannot copy it by itself: it goes to another one."""
    if migration.is_within_cluster:
        return None
    text = f"it stays within one cluster, and {migration.to.name} is at another one"
    hint = f"the whole volume goes there: `datamotion migrate {migration.source.name}:{migration.volume} --to ...`"
    return Refusal(text=text, hint=hint)


def why_no_place(migration: ItemMigration, standing: Standing, data: int) -> Refusal | None:
    """Why nothing can come to be where it is to go: the volume is not there, or cannot take that many bytes more."""
    site = standing.sites[migration.to.name]
    if site.unseen is not None:
        return Refusal(text=site.unseen.reason, hint=site.unseen.hint, unseen=site.unseen)
    volume, name = site.volumes.get(migration.to_volume), f"{migration.to_volume} at {migration.to.name}"
    if volume is None:
        there = ", ".join(sorted(site.volumes)[:6]) or "none"
        return Refusal(text=f"there is no volume {name}", hint=f"its volumes: {there}")
    if volume.type is not VolumeType.RW or volume.state is not VolumeState.ONLINE:
        what = "is a mirror" if volume.type is VolumeType.DP else f"is {volume.state}, {volume.type}"
        return Refusal(text=f"{name} {what}: nothing can be written there", hint="name another volume")
    if volume.constituents:
        return Refusal(text=f"{name} is a FlexGroup", hint="name a FlexVol volume: ONTAP takes no other here")
    if lun_at_goal(migration, standing) is not None or file_at_goal(migration, standing) is not None:
        hint = f"name another path: --to {migration.to.name}:{migration.to_volume}/PATH"
        return Refusal(text=f"there is a LUN or a file at {migration.goal} already", hint=hint)
    return _why_no_room(volume, name, data)


def why_no_place_for(lun: PlacedLun | None, migration: ItemMigration, standing: Standing) -> Refusal | None:
    """The same of a LUN, which is at the root of a volume or of a qtree; None is one that takes nothing of the volume.

    One that is reserved takes its size of a volume that does not grow by itself.
    """
    if refusal := _why_no_qtree(migration, standing):
        return refusal
    if lun is None:
        return why_no_place(migration, standing, 0)
    volume = standing.sites[migration.to.name].volumes.get(migration.to_volume)
    grows = volume is not None and volume.autosize not in (None, "off")
    return why_no_place(migration, standing, lun.size_bytes if lun.is_reserved and not grows else lun.used_bytes)


def _why_no_qtree(migration: ItemMigration, standing: Standing) -> Refusal | None:
    qtree, _, name = migration.to_path.rpartition("/")
    seen, at = standing.sites[migration.to.name].seen, f"{migration.to_volume} at {migration.to.name}"
    if not qtree or not isinstance(seen, ClusterView):
        return None
    hint = f"name the root, --to {migration.to.name}:{migration.to_volume}/{name}, or a qtree that is there"
    if "/" in qtree:
        return Refusal(text=f"a LUN is at the root of a volume or of a qtree, and {qtree} is below one", hint=hint)
    if file_named(seen, FileName(migration.to.svm, migration.to_volume, qtree)) is None:
        return Refusal(text=f"there is no qtree {qtree} in {at}, and a LUN goes into no other folder", hint=hint)
    return None


def why_no_clone(migration: ItemMigration, standing: Standing) -> Refusal | None:
    """Why nothing can be cloned to where it is to go."""
    if text := no_clones(standing.sites[migration.source.name]):
        return Refusal(text=text, hint="install it, or leave --keep-source out")
    return why_no_place(migration, standing, 0)


def _why_no_room(volume: Volume, name: str, data: int) -> Refusal | None:
    room = volume.size_bytes - volume.used_bytes
    if data <= room:
        return None
    text = f"{name} has room for {size_text(room)}, and {size_text(data)} would come"
    return Refusal(text=text, hint="make it larger, or name another volume")


def protection_notes(migration: ItemMigration, standing: Standing) -> Iterator[Remark]:
    """What mirrors of the two volumes the migration takes it from, or brings it to."""
    old = _group_of(standing, migration.source.name, migration.volume)
    new = _group_of(standing, migration.to.name, migration.to_volume)
    if old is not None and old != new:
        instead = f"it is protected by {new} then" if new else f"nothing mirrors {migration.to_volume}"
        yield Remark(f"{migration.volume} is mirrored as of {old}: {migration.path} leaves that, and {instead}.")


def _group_of(standing: Standing, backend: str, name: str) -> str | None:
    volume = standing.sites[backend].volumes.get(name)
    mark = read_mark(volume.comment) if volume is not None else None
    return mark.group if mark is not None else None
