"""Who is connected by SMB."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.engine.concurrently import side_by_side
from datamotion.errors import ClusterError, ClusterRefused
from datamotion.model.acts import CloseSessions
from datamotion.model.records import CifsSession
from datamotion.ontap.answer import Answer
from datamotion.ontap.errors import NOT_FOUND, NOT_TO_BE_SEEN
from datamotion.ontap.rows import Row, at, get_rows
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


async def list_sessions(transport: Transport, svms: Collection[str]) -> tuple[CifsSession, ...] | None:
    """Those with these SVMs. None where the account may not see them, or the platform has none."""
    try:
        rows = await get_rows(transport, _SESSIONS, _Session, {"svm.name": "|".join(sorted(svms))})
    except ClusterRefused as error:
        if error.ontap_code in NOT_TO_BE_SEEN:
            return None
        raise
    return tuple(
        CifsSession(
            path=f"{row.node}/{row.svm}/{row.identifier}/{row.connection}",
            volumes=frozenset(volume.uuid for volume in row.volumes),
        )
        for row in rows
    )


async def close_sessions(transport: Transport, change: CloseSessions) -> Answer:
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
