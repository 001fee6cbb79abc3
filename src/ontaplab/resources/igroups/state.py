"""An initiator group: hosts that LUNs are mapped to together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

LONGEST_NAME = 96
"""Characters: schema of netapp-ontap."""

Protocol = Literal["fcp", "iscsi", "mixed"]
OsType = Literal["aix", "hpux", "hyper_v", "linux", "netware", "openvms", "solaris", "vmware", "windows", "xen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiator:
    """A host's port, by its IQN, EUI or WWPN."""

    name: str
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Igroup:
    uuid: str
    svm: str
    """uuid of its SVM."""
    name: str
    os_type: OsType
    protocol: Protocol = "mixed"
    comment: str = ""
    delete_on_unmap: bool = False
    initiators: tuple[Initiator, ...] = ()

    def has(self, initiator: str) -> bool:
        """Whatever the case of its name."""
        return any(each.name.casefold() == initiator.casefold() for each in self.initiators)

    def without(self, initiator: str) -> Igroup:
        rest = tuple(each for each in self.initiators if each.name.casefold() != initiator.casefold())
        return replace(self, initiators=rest)
