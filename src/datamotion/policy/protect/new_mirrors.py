"""A destination volume made like its source, and the relationship into it."""

from __future__ import annotations

from datamotion.model.group import Target
from datamotion.model.mark import without_mark
from datamotion.model.mirror_records import Endpoint
from datamotion.model.plan import Refusal
from datamotion.model.standing import Copy, Standing
from datamotion.model.units import size_text
from datamotion.model.volume_acts import CreateVolume
from datamotion.model.volume_records import Volume
from datamotion.model.words import VolumeType
from datamotion.policy.mirrors.adjustments import wanted_mark, wanted_relationship
from datamotion.policy.placement import Place
from datamotion.policy.steps import Phase, StepList

_VOLUME = Phase(rank=42, title="Create destination volumes", because="these volumes have no copy there yet")
_RELATE = Phase(rank=43, title="Create relationships", because="each destination has to be told what it mirrors")


def name_taken(
    standing: Standing, target: Target, alias: str, copy: Copy, instead_of: Copy | None = None
) -> Refusal | None:
    """What has the name of a new mirror there already, beside the copy that goes before.

    Whether a read-only volume without a relationship was the mirror of it, as before `unprotect`, no name tells: who
    knows it makes the relationship, by which it is taken up as a copy that has lost its mark.
    """
    volume, name, backend = copy.id.volume, copy.volume.name, target.backend
    here = standing.sites[backend.name]
    other = here.volumes.get(name)
    if other is None or (instead_of is not None and other.uuid == instead_of.volume.uuid):
        return None
    mirrored = here.relationships.get(name)
    what = f"it is the mirror of {mirrored.source}" if mirrored else f"a volume of that name is there ({other.type})"
    is_alone = mirrored is None and other.type is VolumeType.DP
    return Refusal(
        volume=volume,
        backend=backend.name,
        text=f"{backend.svm}:{name} cannot become the mirror of {volume}: {what}",
        hint=(_taking_up(standing, target, alias, copy) if is_alone else "")
        + "rename one of the two, or leave the volume out with `volumes` of the back end",
    )


def _taking_up(standing: Standing, target: Target, alias: str, copy: Copy) -> str:
    name, backend, group = copy.volume.name, target.backend, standing.group.name
    return (
        f"if it was its mirror before datamotion unprotect: delete it, and datamotion apply {group} makes it anew; or"
        f" at {backend.cluster}: snapmirror create -source-path {alias}:{name} -destination-path {backend.svm}:{name}"
        f" -policy {target.policy}, and datamotion reprotect {group} has it follow from the newest common snapshot;"
        " else: "
    )


def create_volume(due: StepList, standing: Standing, target: Target, copy: Copy, place: Place) -> None:
    """A volume for the mirror of an active copy is due."""
    volume, backend = copy.volume, target.backend
    change = CreateVolume(
        volume=volume.name,
        svm=backend.svm,
        aggregates=place.aggregates,
        size_bytes=volume.size_bytes,
        style=volume.style,
        language=volume.language,
        guarantee=volume.guarantee,
        comment=wanted_mark(standing, copy).write(without_mark(volume.comment)),
        constituents_per_aggregate=place.each,
        snapshot_reserve=volume.snapshot_reserve,
        is_encrypted=volume.is_encrypted,
        efficiency=_efficiency(volume),
        limit_s=target.online_s,
    )
    like = ", encrypted like its source" if volume.is_encrypted else ""
    text = f"{copy.id.volume}: {size_text(volume.size_bytes)} on {', '.join(place.aggregates)}{like}"
    due.add(_VOLUME, backend, copy.id.volume, change, text)


def relate(due: StepList, target: Target, alias: str, copy: Copy, name: str) -> None:
    """A relationship from an active copy into the volume of that name is due. `alias`: what its SVM is called there."""
    source, destination = Endpoint(alias, copy.volume.name), Endpoint(target.backend.svm, name)
    due.add(_RELATE, target.backend, copy.id.volume, *wanted_relationship(target, source, destination))


def _efficiency(volume: Volume) -> tuple[tuple[str, str], ...]:
    """What of it the destination gets: compression needs deduplication beside it."""
    dedupe, compression = volume.dedupe, volume.compression
    if compression not in (None, "none") and dedupe in (None, "none"):
        dedupe = "background"
    found = (("dedupe", dedupe), ("compression", compression))
    return tuple((name, value) for name, value in found if value not in (None, "none"))
