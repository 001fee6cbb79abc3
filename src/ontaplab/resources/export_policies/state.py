"""An export policy: who may do what with the files of volumes, by the client's door (`ontaplab.doors`).

As plain files the volumes are open to who runs the lab.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

DEFAULT = "default"
"""The policy that every SVM has."""
FIRST_ID = 8589934593
LONGEST_NAME = 256
HIGHEST_INDEX = 2**32 - 1

Flavor = Literal["any", "none", "never", "krb5", "krb5i", "krb5p", "ntlm", "sys"]
Protocol = Literal["any", "nfs", "nfs3", "nfs4", "cifs", "flexcache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    index: int
    clients: tuple[str, ...]
    ro_rule: tuple[Flavor, ...]
    rw_rule: tuple[Flavor, ...]
    protocols: tuple[Protocol, ...] = ("any",)
    superuser: tuple[Flavor, ...] = ("any",)
    anonymous_user: str = "none"
    chown_mode: Literal["restricted", "unrestricted"] = "restricted"
    ntfs_unix_security: Literal["fail", "ignore"] = "fail"
    allow_suid: bool = True
    allow_device_creation: bool = True
    allow_nfs_tls_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPolicy:
    uuid: str
    id: int
    """Its key at the wire."""
    name: str
    svm: str
    """uuid of its SVM."""
    rules: tuple[Rule, ...] = ()
    """By index."""

    def with_rule(self, rule: Rule) -> ExportPolicy:
        """The rule is at its index; what was there, and what has to make room for that, is one further down."""
        by_index = {each.index: each for each in self.rules}
        moving: Rule | None = rule
        for index in count(rule.index):
            if moving is None:
                break
            makes_room = by_index.get(index)
            by_index[index] = replace(moving, index=index)
            moving = makes_room
        return replace(self, rules=tuple(by_index[each] for each in sorted(by_index)))

    def without_rule(self, index: int) -> ExportPolicy:
        return replace(self, rules=tuple(each for each in self.rules if each.index != index))

    @property
    def next_index(self) -> int:
        return max((rule.index for rule in self.rules), default=0) + 1
