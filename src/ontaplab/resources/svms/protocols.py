"""Which protocols an SVM is allowed, and which it speaks.

NFS and SMB hosts are answered where it speaks theirs (`ontaplab.doors`); of the others this is recorded.
"""

from __future__ import annotations

from dataclasses import replace

from ontaplab.resources.svms.state import PROTOCOLS, Svm
from ontaplab.wire.body import Body


class ProtocolChange(Body):
    allowed: bool | None = None


class Protocol(ProtocolChange):
    enabled: bool | None = None


class ProtocolsOfNew(Body):
    """What POST takes."""

    nfs: Protocol | None = None
    cifs: Protocol | None = None
    iscsi: Protocol | None = None
    fcp: Protocol | None = None
    nvme: Protocol | None = None
    ndmp: ProtocolChange | None = None
    s3: Protocol | None = None


class ProtocolsChange(Body):
    """What PATCH takes."""

    nfs: ProtocolChange | None = None
    cifs: ProtocolChange | None = None
    iscsi: ProtocolChange | None = None
    fcp: ProtocolChange | None = None
    nvme: ProtocolChange | None = None
    ndmp: ProtocolChange | None = None
    s3: ProtocolChange | None = None


def with_protocols(svm: Svm, body: ProtocolsOfNew | ProtocolsChange) -> Svm:
    """With the protocols that the body allows or enables; what is not allowed is not enabled."""
    allowed, enabled = set(svm.allowed_protocols), set(svm.protocols)
    for name in PROTOCOLS:
        wanted = getattr(body, name)
        if wanted is None:
            continue
        is_enabled = isinstance(wanted, Protocol) and wanted.enabled
        if wanted.allowed or is_enabled:
            allowed.add(name)
        elif wanted.allowed is False:
            allowed.discard(name)
        if is_enabled:
            enabled.add(name)
        elif isinstance(wanted, Protocol) and wanted.enabled is False:
            enabled.discard(name)
    return replace(
        svm,
        allowed_protocols=tuple(name for name in PROTOCOLS if name in allowed),
        protocols=tuple(name for name in PROTOCOLS if name in allowed & enabled),
    )


def with_protocol(svm: Svm, name: str, *, enabled: bool) -> Svm:
    """With that protocol, which it is allowed then, enabled or not."""
    allowed, spoken = {*svm.allowed_protocols, name}, {*svm.protocols, name} if enabled else {*svm.protocols} - {name}
    return replace(
        svm,
        allowed_protocols=tuple(each for each in PROTOCOLS if each in allowed),
        protocols=tuple(each for each in PROTOCOLS if each in spoken),
    )
