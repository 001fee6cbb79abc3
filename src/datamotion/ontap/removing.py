"""What goes for good, and what the sources of mirrors still list of them.

A relationship is two records: its own at the destination, and an entry in the source's list of destinations, which
keeps the snapshots that were made for it. Each end is asked for its own, so that neither has to reach the other.
"""

from __future__ import annotations

from collections.abc import Collection

from datamotion.errors import ClusterRefused
from datamotion.model.acts import DeleteClaim, DeleteRelationship, DeleteVolume, ReleaseRelationship
from datamotion.model.records import Endpoint, Listed
from datamotion.ontap.answer import Answer, Query
from datamotion.ontap.errors import NOT_FOUND
from datamotion.ontap.policies import PATH as POLICIES
from datamotion.ontap.rows import Row, at, get_rows
from datamotion.ontap.snapmirror import PATH as RELATIONSHIPS
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.values import EndpointPath, Name, Uuid
from datamotion.ontap.volumes import PATH as VOLUMES

Removal = DeleteRelationship | ReleaseRelationship | DeleteVolume | DeleteClaim


class _Listed(Row):
    uuid: Uuid = at("uuid")
    source: EndpointPath = at("source.path")
    destination: EndpointPath = at("destination.path")
    destination_cluster: Name | None = at("destination.cluster.name", default=None)
    destination_svm_uuid: Uuid | None = at("destination.svm.uuid", default=None)


async def list_destinations(transport: Transport, svms: Collection[str]) -> tuple[Listed, ...]:
    """The relationships that begin in one of these SVMs, as it lists them.

    Raises: MalformedRecord where one cannot be read: an entry that is not told would count as released.
    """
    query = {"list_destinations_only": "true", "source.svm.name": "|".join(sorted(svms))}
    return tuple(
        Listed(
            uuid=row.uuid,
            source=Endpoint.parse(row.source),
            destination=Endpoint.parse(row.destination),
            destination_cluster=row.destination_cluster,
            destination_svm_uuid=row.destination_svm_uuid,
        )
        for row in await get_rows(transport, RELATIONSHIPS, _Listed, query)
    )


async def remove(transport: Transport, change: Removal) -> Answer:
    """What is gone already is as wanted."""
    path, flags = _REQUESTS[type(change)]
    if isinstance(change, ReleaseRelationship) and change.keeps_snapshots:
        flags = {"source_info_only": "true"}
    try:
        return await transport.delete(f"{path}/{change.uuid}", {**flags, **AT_ONCE})
    except ClusterRefused as error:
        if error.ontap_code == NOT_FOUND:
            return Answer(request=error.request, body={}, jobs=())
        raise


_REQUESTS: dict[type[Removal], tuple[str, Query]] = {
    DeleteRelationship: (RELATIONSHIPS, {"destination_only": "true"}),
    ReleaseRelationship: (RELATIONSHIPS, {"source_only": "true"}),
    DeleteVolume: (VOLUMES, {}),
    DeleteClaim: (POLICIES, {}),
}
