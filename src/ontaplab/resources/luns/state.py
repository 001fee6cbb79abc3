"""A LUN, as it was found in its volume: nothing is recorded of it but what the volume's tree holds."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from ontaplab.disk.luns import LunFile

SMALLEST_BYTES = 4096
MOST_BYTES = 128 * 1024**4
"""Assumption: both limits."""
LONGEST_COMMENT = 254
"""Characters: schema of netapp-ontap."""

OsType = Literal[
    "aix",
    "hpux",
    "hyper_v",
    "linux",
    "netware",
    "openvms",
    "solaris",
    "solaris_efi",
    "vmware",
    "windows",
    "windows_2008",
    "windows_gpt",
    "xen",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lun:
    """Its identity follows from the volume's and from what the tree says of it.

    So it keeps uuid and serial number when it is renamed or moved or its volume is moved or restored, while the same
    LUN in a clone or a mirror has others, as with ONTAP.
    """

    volume: str
    """uuid"""
    file: LunFile
    size_bytes: int
    used_bytes: int = 0

    @property
    def uuid(self) -> str:
        if self.file.kept_uuid is not None and self.file.kept_in == self.volume:
            return self.file.kept_uuid
        return str(uuid5(UUID(self.volume), f"lun/{self.file.id}"))

    @property
    def serial_number(self) -> str:
        """Twelve characters."""
        return b64encode(UUID(self.uuid).bytes[:9], b"+?").decode()
