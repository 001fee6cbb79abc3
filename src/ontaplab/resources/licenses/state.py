"""A licence's record, the packages there are, and what keys say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

KEY_LETTERS = 28

PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "nfs": "NFS License",
        "cifs": "CIFS License",
        "iscsi": "iSCSI License",
        "fcp": "FCP License",
        "nvme_of": "NVMe-oF License",
        "s3": "S3 License",
        "flexclone": "FlexClone License",
        "snaprestore": "SnapRestore License",
        "snapmirror": "SnapMirror License",
        "snapmirror_sync": "SnapMirror Synchronous License",
        "snapmirror_cloud": "SnapMirror Cloud License",
        "fabricpool": "FabricPool License",
    }
)
"""Every package with its description. Assumption: the names of the SnapMirror packages."""

BUILT_IN = tuple(name for name in PACKAGES if name not in {"snapmirror_cloud", "fabricpool"})
"""What a new cluster has. The rest is for objects in a cloud, which the lab does not simulate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """A package. Without a serial number it is not licensed; such records are made for replies only."""

    uuid: str
    name: str
    serial_number: str | None = None
    scope: Literal["site", "cluster", "node"] = "site"
    installed_license: str | None = None
    """Name of the bundle it came with."""

    @property
    def state(self) -> str:
        return "unlicensed" if self.serial_number is None else "compliant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a key licenses."""

    packages: tuple[str, ...]
    serial_number: str | None = None
    scope: Literal["site", "cluster", "node"] = "site"
    bundle: str | None = None


def letters_of(package: str) -> str:
    """The package's 28-character key: at this lab its name in capitals, filled up with "A".

    >>> letters_of("snapmirror_sync")
    'SNAPMIRRORSYNCAAAAAAAAAAAAAA'
    """
    return "".join(filter(str.isalnum, package)).upper().ljust(KEY_LETTERS, "A")


_BY_LETTERS = {letters_of(package): package for package in PACKAGES}


def read_key(text: str) -> Key | None:
    """What a key of 28 characters or a licence file (JSON, version 1 or 2) licenses; None if it is neither."""
    text = text.strip()
    if text.upper() in _BY_LETTERS:
        return Key(packages=(_BY_LETTERS[text.upper()],))
    try:
        content = json.loads(text)["statusResp"]
        licensed, version = content["licenses"], content["version"]
        named = licensed["package"]
    except (ValueError, KeyError, TypeError):
        return None
    packages = tuple(str(name).lower() for name in (named if isinstance(named, list) else [named]))
    scope = licensed.get("licenseScope", "site")
    if not PACKAGES.keys() >= set(packages) or scope not in ("site", "cluster", "node"):
        return None
    serial = licensed.get("HostID") or content.get("serialNumber")
    return Key(
        packages=packages,
        serial_number=None if serial is None else str(serial),
        scope=scope,
        bundle=content.get("product") if str(version) == "2" else None,
    )
