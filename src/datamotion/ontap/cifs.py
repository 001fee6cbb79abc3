"""Who is connected by SMB; closing their sessions and making shares."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from datamotion.engine.concurrently import side_by_side
from datamotion.errors import ClusterError, ClusterRefused
from datamotion.model.serving_acts import CloseSessions, CreateShare
from datamotion.model.serving_records import CifsSession
from datamotion.model.view import Aspect, Unreadable
from datamotion.ontap.answer import Answer
from datamotion.ontap.errors import NOT_FOUND, NOT_TO_BE_SEEN, MalformedRecord
from datamotion.ontap.record import Record
from datamotion.ontap.rows import Listing, Row, at, get_legible_rows
from datamotion.ontap.shares import create_share
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import Uuid, Whole

_SESSIONS = "/protocols/cifs/sessions"


class _Volume(Row):
    uuid: Uuid = at("uuid")


class _Session(Row):
    node: Uuid = at("node.uuid")
    svm: Uuid = at("svm.uuid")
    identifier: Whole = at("identifier")
    connection: Whole = at("connection_id")
    volumes: list[_Volume] = at("volumes", default=[])


async def list_sessions(transport: Transport, svms: Collection[str]) -> Listing | None:
    """Those with these SVMs. None where the account may not see them, or the platform has none."""
    try:
        rows, illegible = await get_legible_rows(transport, _SESSIONS, _Session, {"svm.name": "|".join(sorted(svms))})
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    found = tuple(
        CifsSession(
            path=f"{row.node}/{row.svm}/{row.identifier}/{row.connection}",
            volumes=frozenset(volume.uuid for volume in row.volumes),
        )
        for row in rows
    )
    return Listing(found, tuple(each for record, error in illegible for each in _unreadable(record, error.message)))


def _unreadable(record: Record, reason: str) -> Iterator[Unreadable]:
    """One for each volume that the session is with; one of none, where not all of these can be read."""
    try:
        uuids: list[str | None] = [each.required("uuid", str) for each in record.objects("volumes")]
    except MalformedRecord:
        uuids = [None]
    for uuid in uuids:
        yield Unreadable(aspect=Aspect.CIFS_SESSIONS, reason=reason, svm=None, uuid=uuid)


async def change_cifs(transport: Transport, change: CloseSessions | CreateShare) -> Answer:
    if isinstance(change, CreateShare):
        return await create_share(transport, change)
    return await _close_sessions(transport, change)


async def _close_sessions(transport: Transport, change: CloseSessions) -> Answer:
    """One that has ended meanwhile, or that another volume's fence has closed, is as wanted."""

    async def close(path: str) -> Answer | ClusterError:
        try:
            return await transport.delete(f"{_SESSIONS}/{path}")
        except ClusterError as failure:
            # Not raised at once: that would cut the others off.
            return failure

    answers = await side_by_side(close, change.sessions)
    for each in answers:
        if isinstance(each, ClusterError) and not (isinstance(each, ClusterRefused) and each.ontap_code == NOT_FOUND):
            raise each
    return Answer(request=f"DELETE /api{_SESSIONS}", body={}, jobs=())
