"""A share: a place in an SVM's namespace that SMB hosts connect to by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

LONGEST_NAME = 80
EVERYONE = "Everyone"

UserType = Literal["windows", "unix_user", "unix_group"]
Permission = Literal["no_access", "read", "change", "full_control"]

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "access_based_enumeration": False,
        "browsable": True,
        "change_notify": True,
        "continuously_available": False,
        "encryption": False,
        "home_directory": False,
        "offline_files": "manual",
        "oplocks": True,
        "show_snapshot": False,
        "unix_symlink": "local",
    }
)
"""What is recorded of a share, and what it is where nothing was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acl:
    user_or_group: str
    permission: Permission
    type: UserType = "windows"

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the others of its share."""
        return self.user_or_group.casefold(), self.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    uuid: str
    svm: str
    """uuid of its SVM."""
    name: str
    path: str
    """In the SVM's namespace."""
    comment: str = ""
    acls: tuple[Acl, ...] = (Acl(user_or_group=EVERYONE, permission="full_control"),)
    properties: Mapping[str, Any] = field(default_factory=dict)

    def permission_of(self, user: str) -> Permission:
        """What the share lets that user do: the most that one of its entries gives, nothing if one denies all.

        Assumption: users are in no group but everyone.
        """
        names = {user.casefold(), EVERYONE.casefold()}
        given = {acl.permission for acl in self.acls if acl.user_or_group.casefold() in names}
        if "no_access" in given:
            return "no_access"
        most: tuple[Permission, ...] = ("full_control", "change", "read")
        return next((each for each in most if each in given), "no_access")
