"""FlexGroups: one volume to its clients, its size shared by constituents on several aggregates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.resources.aggregates.space import aggregate_of, check_room
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.bodies import VolumeBody, VolumeChange, VolumeCreate
from ontaplab.resources.volumes.errors import fewer_constituents, one_aggregate_needed, only_for_flexgroups
from ontaplab.resources.volumes.space import with_limits
from ontaplab.resources.volumes.state import Constituent, Style, Volume


def places_of(cluster: Cluster, svm: Svm, body: VolumeCreate) -> tuple[Style, list[str]]:
    """The style that the body means, and the aggregate (its uuid) of each constituent, or of the FlexVol.

    Assumption: a FlexGroup that names no aggregates has a constituent on each aggregate that its SVM may use.
    Raises: OntapError 918241, 918242.
    """
    aggregates = [aggregate_of(cluster, each).uuid for each in body.aggregates]
    several = len(aggregates) > 1 or body.constituents_per_aggregate is not None or body.constituent_count is not None
    if body.style == "flexvol" or not (several or body.style):
        if len(aggregates) != 1:
            raise one_aggregate_needed()
        return "flexvol", aggregates
    usable = [each.uuid for each in cluster.aggregates if not svm.aggregates or each.uuid in svm.aggregates]
    return "flexgroup", spread(aggregates or usable, body)


def spread(aggregates: Sequence[str], body: VolumeBody) -> list[str]:
    """One aggregate for each constituent that the body asks for, in turn."""
    count = body.constituent_count or len(aggregates) * (body.constituents_per_aggregate or 1)
    return [aggregates[number % len(aggregates)] for number in range(count)]


def made_of(cluster: Cluster, volume: Volume, aggregates: Sequence[str], each_bytes: int) -> Volume:
    """The volume with one more constituent of that size on each of these aggregates; its size is theirs together."""
    first = len(volume.constituents) + 1
    added = tuple(
        Constituent(
            uuid=cluster.new_uuid("constituent", f"{volume.uuid}/{number}"),
            name=constituent_name(volume.name, number),
            aggregate=aggregate,
            size_bytes=each_bytes,
        )
        for number, aggregate in enumerate(aggregates, start=first)
    )
    constituents = (*volume.constituents, *added)
    size_bytes = sum(each.size_bytes for each in constituents)
    first_aggregate = constituents[0].aggregate
    return with_limits(
        replace(volume, style="flexgroup", aggregate=first_aggregate, constituents=constituents, size_bytes=size_bytes)
    )


def constituent_name(flexgroup: str, number: int) -> str:
    return f"{flexgroup}__{number:04}"


def renamed(volume: Volume, name: str) -> Volume:
    """The volume of that name, its constituents named after it."""
    constituents = tuple(
        replace(each, name=constituent_name(name, number)) for number, each in enumerate(volume.constituents, start=1)
    )
    return replace(volume, name=name, constituents=constituents)


def expanded(cluster: Cluster, volume: Volume, body: VolumeChange) -> Volume:
    """With the constituents that the body adds, each as large as those that are there.

    Raises: OntapError 13107349 for a FlexVol, 918241, 262197 for fewer than there are, 917536 where there is no room.
    """
    given = next((name for name in _EXPANDING if name in body.model_fields_set), None)
    if given is None:
        return volume
    if not volume.constituents:
        raise only_for_flexgroups(volume.name, given)
    aggregates = [aggregate_of(cluster, each).uuid for each in body.aggregates or ()] or list(volume.aggregates)
    count = len(volume.constituents)
    if body.constituent_count is None:
        places = spread(aggregates, body)
    elif body.constituent_count < count:
        raise fewer_constituents(volume.name, count)
    else:
        places = [aggregates[number % len(aggregates)] for number in range(count, body.constituent_count)]
    return grown_by(cluster, volume, places)


def grown_by(cluster: Cluster, volume: Volume, aggregates: Sequence[str]) -> Volume:
    """With one more constituent on each of these aggregates. Raises: OntapError 917536 where there is no room."""
    each_bytes = volume.constituents[0].size_bytes
    for aggregate in set(aggregates) if volume.is_guaranteed else ():
        check_room(cluster, cluster.aggregates[aggregate], each_bytes * aggregates.count(aggregate))
    return made_of(cluster, volume, aggregates, each_bytes)


def sized_by_adding(cluster: Cluster, volume: Volume, size_bytes: int) -> Volume:
    """At least that large by further constituents, in turn on the aggregates that it is on."""
    each_bytes = volume.constituents[0].size_bytes
    more = -(-(size_bytes - volume.size_bytes) // each_bytes)
    places = volume.aggregates
    return grown_by(cluster, volume, [places[number % len(places)] for number in range(max(0, more))])


_EXPANDING = ("aggregates", "constituents_per_aggregate", "constituent_count")
