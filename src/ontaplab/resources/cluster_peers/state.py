"""A cluster peer: another cluster this one shares a secret with, or an offer to one."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

DEFAULT_OFFER = timedelta(hours=1)
LONGEST_OFFER = timedelta(days=7)
SHORTEST_PASSPHRASE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPeer:
    """`secret` is derived from the passphrase: both sides have it, no reply ever shows it."""

    uuid: str
    name: str
    secret: str
    state: Literal["available", "partial", "unavailable", "pending", "unidentified"]
    authentication: Literal["ok", "absent", "pending", "problem"]
    updated: datetime
    is_named: bool = False
    """Whether the name was given; otherwise it becomes the remote cluster's."""
    expires: datetime | None = None
    """When an offer that was not accepted ends; None once it was."""
    remote_name: str | None = None
    remote_uuid: str | None = None
    remote_addresses: tuple[str, ...] = ()
    remote_serial: str = ""
    initial_allowed_svms: tuple[str, ...] = ()
    """Names of the SVMs that the peer may peer with unasked; "*" is any."""
    applications: tuple[str, ...] = ("snapmirror",)
    encryption: Literal["none", "tls_psk"] = "tls_psk"

    @property
    def is_offer(self) -> bool:
        return self.expires is not None

    def is_offered_to(self, addresses: Collection[str], now: datetime) -> bool:
        """Whether a cluster with these addresses may accept, if it knows the passphrase."""
        if self.expires is None or self.expires <= now:
            return False
        return not self.remote_addresses or not set(self.remote_addresses).isdisjoint(addresses)


def secret_of(passphrase: str) -> str:
    """What is kept of a passphrase and proves its knowledge afterwards."""
    return hashlib.sha256(b"ontaplab cluster peer\0" + passphrase.encode()).hexdigest()
