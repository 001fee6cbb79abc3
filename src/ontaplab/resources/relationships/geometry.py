"""Source and destination have to be of one shape: as many constituents, and no less room."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.intercluster.mirroring.messages import Step
from ontaplab.intercluster.mirroring.source import LocalSource
from ontaplab.resources.relationships.decisions import Word
from ontaplab.resources.relationships.endpoints import path_of
from ontaplab.resources.relationships.errors import geometry_changed
from ontaplab.resources.relationships.state import Listed, Reason, Relationship
from ontaplab.resources.transfers.sources import source_at
from ontaplab.resources.volumes.flexgroups import grown_by
from ontaplab.resources.volumes.growth import grow_to_source
from ontaplab.resources.volumes.state import Volume

_UNHEALTHY = "6621444"
_CODES = {Word.INITIALIZE: "13303812", Word.RESYNC: "13303810"}
"""Assumption: a geometry that does not match carries the code of the operation that failed."""
_UPDATE_FAILED = "13303844"


def group_type(cluster: Cluster, row: Listed) -> str:
    """What the relationship mirrors, told by the end that is here."""
    ends = (row.destination, row.source) if isinstance(row, Relationship) else (row.source,)
    volumes = (cluster.volumes.get(end.volume_uuid) for end in ends)
    return "flexgroup" if any(volume is not None and volume.constituents for volume in volumes) else "none"


async def check_geometry(cluster: Cluster, local: LocalSource, relationship: Relationship, word: Word) -> None:
    """Raises: OntapError if the ends are FlexGroups of different shape: the relationship is unhealthy then."""
    volume = cluster.volumes.get(relationship.destination.volume_uuid)
    if volume is None or not volume.constituents:
        return
    count = await source_at(cluster, local, relationship.source.cluster_peer).constituents(relationship.uuid)
    if count == len(volume.constituents):
        return
    code = _CODES.get(word, _UPDATE_FAILED)
    error = geometry_changed(code, path_of(cluster, relationship.destination), count, len(volume.constituents))
    current = cluster.relationships[relationship.uuid]
    cluster.relationships.put(replace(current, unhealthy=Reason(code=_UNHEALTHY, message=error.message)))
    raise error


def fit_to_source(cluster: Cluster, relationship: Relationship, step: Step) -> None:
    """The destination is at least as large as the source, and has as many constituents.

    A destination that was initialised grows with the source; one that was made in another shape, or that has grown
    itself, does not fit. Raises: OntapError 13303844 then; 917536 if there is no room or the volume may not grow.
    """
    volume = cluster.volumes[relationship.destination.volume_uuid]
    missing = step.constituents - len(volume.constituents)
    if missing < 0 or (missing and not relationship.is_initialized):
        path = path_of(cluster, relationship.destination)
        raise geometry_changed(_UPDATE_FAILED, path, step.constituents, len(volume.constituents))
    if missing:
        cluster.volumes.put(_with_more(cluster, volume, missing))
    grow_to_source(cluster, volume.uuid, step.volume_size_bytes)


def _with_more(cluster: Cluster, volume: Volume, count: int) -> Volume:
    places = volume.aggregates
    return grown_by(cluster, volume, [places[number % len(places)] for number in range(count)])
