"""What SVMs list of the mirrors that begin in them: for who cannot do without, and for who can."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from datamotion.model.mirror_records import Endpoint, Listed
from datamotion.ontap.answer import Query
from datamotion.ontap.rows import Row, at, get_rows, rows_if_told
from datamotion.ontap.snapmirror import PATH
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import EndpointPath, Name, Uuid


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
    return _listed(await get_rows(transport, PATH, _Listed, _query(svms)))


async def list_legs(transport: Transport, svms: Collection[str]) -> tuple[Listed, ...] | None:
    """The same, for what does without. None where they are not told, or not all of them can be read."""
    rows = await rows_if_told(transport, PATH, _Listed, _query(svms))
    return None if rows is None else _listed(rows)


def _query(svms: Collection[str]) -> Query:
    return {"list_destinations_only": "true", "source.svm.name": "|".join(sorted(svms))}


def _listed(rows: Iterable[_Listed]) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            uuid=row.uuid,
            source=Endpoint.parse(row.source),
            destination=Endpoint.parse(row.destination),
            destination_cluster=row.destination_cluster,
            destination_svm_uuid=row.destination_svm_uuid,
        )
        for row in rows
    )
