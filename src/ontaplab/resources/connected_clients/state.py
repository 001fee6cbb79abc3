"""An NFS host that has used a volume."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

LONGEST_IDLE = timedelta(hours=48)
"""How long it is listed after its last request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedClient:
    """Known until the cluster ends."""

    uuid: str
    client_ip: str
    volume: str
    """uuid"""
    svm: str
    """uuid"""
    protocol: Literal["nfs3", "nfs4", "cifs"]
    last_request: datetime
