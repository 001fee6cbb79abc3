"""What a cluster reports of itself and of other clusters, as immutable records.

These and their neighbours (`volume_records` and so on) are made in `ontap/` from JSON; planners and reports read them.
Identity is the uuid; names are labels that people change. Sizes are bytes, durations `timedelta`, instants aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterIdentity:
    """`name` is what the cluster calls itself, which need not be its name in the configuration."""

    name: str
    uuid: str
    version: tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPeer:
    """`name` is what the peer is called here, which anybody may change; `remote` is what it calls itself.

    An offer that nobody has accepted yet has no `remote`; `addresses` say to whom it is.
    """

    uuid: str
    name: str
    remote: str
    available: bool
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IpInterface:
    """A network interface that carries what goes to other clusters; `node` is where it is now."""

    name: str
    node: str
    is_up: bool
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the account that asks may do. `role` is None where the cluster does not list the account, which may be let
    in by a group or a directory. `granted` is the access by path of the API, or by command.
    """

    account: str
    role: str | None
    granted: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a cron schedule fires; what is empty means every one. Weekday 0 is Sunday."""

    name: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    name: str
    available_bytes: int
