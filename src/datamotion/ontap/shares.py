"""SMB shares, and which SVMs serve SMB. What cannot be read is not told as a whole, and stops nothing."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.serving_acts import CreateShare
from datamotion.model.serving_records import CifsServer, Permission, Share
from datamotion.model.ways_in import PROPERTIES
from datamotion.ontap.answer import Answer
from datamotion.ontap.rows import Row, at, rows_if_told
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import Name, Text

_SHARES = "/protocols/cifs/shares"
_SERVERS = "/protocols/cifs/services"
_WORDS = {"true": True, "false": False}


class _Permission(Row):
    who: Name = at("user_or_group")
    permission: Name = at("permission")
    type: Name = at("type", default="windows")


class _Share(Row):
    svm: Name = at("svm.name")
    name: Name = at("name")
    path: Name = at("path")
    comment: Text = at("comment", default="")
    acl: list[_Permission] = at("acls", default=[])
    access_based_enumeration: bool | None = at("access_based_enumeration", default=None)
    change_notify: bool | None = at("change_notify", default=None)
    continuously_available: bool | None = at("continuously_available", default=None)
    encryption: bool | None = at("encryption", default=None)
    home_directory: bool | None = at("home_directory", default=None)
    offline_files: Name | None = at("offline_files", default=None)
    oplocks: bool | None = at("oplocks", default=None)
    show_snapshot: bool | None = at("show_snapshot", default=None)
    unix_symlink: Name | None = at("unix_symlink", default=None)


class _Server(Row):
    svm: Name = at("svm.name")


async def list_shares(transport: Transport, svms: Collection[str]) -> tuple[Share, ...] | None:
    """Those of these SVMs. None where they are not told."""
    rows = await rows_if_told(transport, _SHARES, _Share, {"svm.name": "|".join(sorted(svms))})
    if rows is None:
        return None
    return tuple(
        Share(
            svm=row.svm,
            name=row.name,
            path=row.path,
            comment=row.comment,
            properties=tuple(
                (name, str(value).lower() if isinstance(value, bool) else value)
                for name in PROPERTIES
                if (value := getattr(row, name)) is not None
            ),
            acl=tuple(Permission(each.who, each.permission, each.type) for each in row.acl),
        )
        for row in rows
    )


async def list_cifs_servers(transport: Transport, svms: Collection[str]) -> tuple[CifsServer, ...] | None:
    """Those of these SVMs. None where they are not told."""
    rows = await rows_if_told(transport, _SERVERS, _Server, {"svm.name": "|".join(sorted(svms))})
    return None if rows is None else tuple(CifsServer(svm=row.svm) for row in rows)


async def create_share(transport: Transport, change: CreateShare) -> Answer:
    share = change.share
    body = {
        "svm": {"name": share.svm},
        "name": share.name,
        "path": share.path,
        "acls": [{"user_or_group": each.who, "permission": each.permission, "type": each.type} for each in share.acl],
        **{name: _WORDS.get(value, value) for name, value in share.properties},
    }
    return await transport.post(_SHARES, body | {"comment": share.comment} if share.comment else body)
