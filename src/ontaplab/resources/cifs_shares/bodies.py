"""What POST and PATCH of a share and of its ACL take."""

from __future__ import annotations

from typing import Literal

from ontaplab.resources.cifs_shares.state import Acl, Permission, UserType
from ontaplab.wire.body import Body, Reference


class AclChange(Body):
    permission: Permission


class AclBody(AclChange):
    user_or_group: str
    type: UserType = "windows"

    def acl(self) -> Acl:
        """The entry that it says."""
        return Acl(user_or_group=self.user_or_group, permission=self.permission, type=self.type)


class ShareChange(Body):
    path: str | None = None
    comment: str | None = None
    acls: tuple[AclBody, ...] | None = None
    access_based_enumeration: bool | None = None
    browsable: bool | None = None
    change_notify: bool | None = None
    continuously_available: bool | None = None
    encryption: bool | None = None
    offline_files: Literal["none", "manual", "documents", "programs"] | None = None
    oplocks: bool | None = None
    show_snapshot: bool | None = None
    unix_symlink: Literal["local", "widelink", "disable"] | None = None


class ShareCreate(ShareChange):
    name: str | None = None
    svm: Reference | None = None
    home_directory: bool | None = None
