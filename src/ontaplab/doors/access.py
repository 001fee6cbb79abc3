"""What export policies grant to hosts, remembered as ONTAP remembers it.

Each request of a host is judged, not only its mount: by the rules that match it in the policy of the volume, or of
the qtree. Which rules match is remembered by the host's address, the SVM and the policy. So a policy that is *assigned*
holds at the next request, since nothing is remembered of it, while rules that are *edited* go unseen until what is
remembered of their policy has grown old. Source: "How the access cache works" and "How access cache parameters work" in
NetApp's NFS documentation; the times are those of `vserver export-policy access-cache config modify`.

Assumption: editing rules drops nothing that is remembered; NetApp's page on flushing names a recent change of rules as
a cause of stale entries, and does not say when they go by themselves.

Assumption: what has grown old decides for one more request, during which it is refreshed.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Literal

from ontaplab.cluster import Cluster
from ontaplab.doors.errors import DoorError
from ontaplab.resources.export_policies.lookup import export_policy_named
from ontaplab.resources.export_policies.state import ExportPolicy, Flavor, Rule
from ontaplab.resources.nfs_services.lookup import service_of
from ontaplab.resources.volumes.state import Volume

Protocol = Literal["nfs3", "nfs4", "cifs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Who asks: an address, the name that it has if any, and how it says who its users are."""

    address: str
    name: str | None = None
    protocol: Protocol = "nfs3"
    flavor: Flavor = "sys"

    def __post_init__(self) -> None:
        """Raises: ValueError if the address is none."""
        ip_address(self.address)


@dataclass(frozen=True, slots=True)
class Access:
    """What a host may do with the files of a volume, and whether its root user stays root."""

    read: bool
    write: bool
    root: bool


NONE = Access(read=False, write=False, root=False)


def granted(rules: tuple[Rule, ...], host: Host) -> Access:
    """By the first of the rules, which all match the host, that is about its protocol; no rule: nothing."""
    for rule in rules:
        if not {"any", host.protocol, host.protocol.rstrip("34")}.isdisjoint(rule.protocols):
            read = _allows(rule.ro_rule, host.flavor)
            root = not {"any", host.flavor}.isdisjoint(rule.superuser)
            return Access(read=read, write=read and _allows(rule.rw_rule, host.flavor), root=root)
    return NONE


def _allows(flavors: tuple[Flavor, ...], flavor: Flavor) -> bool:
    """`none` lets everybody in, as nobody in particular."""
    return "never" not in flavors and not {"any", "none", flavor}.isdisjoint(flavors)


def matches(match: str, host: Host) -> bool:
    """Whether a rule's client is that host.

    Assumption: no host is in a netgroup, since there is no name service here.
    """
    if match.startswith("@"):
        return False
    if match.startswith("."):
        return host.name is not None and host.name.endswith(match)
    return match in (host.name, host.address) or _is_within(match, host.address)


@lru_cache(maxsize=4096)
def _is_within(match: str, address: str) -> bool:
    try:
        return ip_address(address) in ip_network(match)
    except ValueError:  # a host's name
        return False


@dataclass(slots=True)
class _Remembered:
    rules: tuple[Rule, ...]
    judged: datetime
    used: datetime


class AccessCache:
    """One cluster's. It is lost when the cluster ends."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._now: Callable[[], datetime] = cluster.clock.now
        self._remembered: dict[tuple[str, str, str], _Remembered] = {}

    def access(self, host: Host, policy: str, svm: str) -> Access:
        """What the policy of that name and SVM (its uuid) grants to the host, as far as it is remembered."""
        found = export_policy_named(self._cluster, policy, svm)
        return granted(() if found is None else self.rules_for(host, found), host)

    def rules_for(self, host: Host, policy: ExportPolicy) -> tuple[Rule, ...]:
        """The rules of the policy that match the host, as they are remembered or, if they are not, as they are."""
        now, key = self._now(), (host.address, policy.svm, policy.uuid)
        found = self._remembered.get(key)
        times = service_of(self._cluster, policy.svm)
        if found is None or (now - found.used).total_seconds() >= times.harvest_timeout_s:
            found = self._remembered[key] = _Remembered(_matching(host, policy), now, now)
            return found.rules
        rules, found.used = found.rules, now
        ttl_s = times.ttl_positive_s if rules else times.ttl_negative_s
        if (now - found.judged).total_seconds() >= ttl_s:
            found.rules, found.judged = _matching(host, policy), now
        return rules

    def flush(self) -> None:
        """Nothing is remembered, as after `vserver export-policy access-cache flush` on every node."""
        self._remembered.clear()


def _matching(host: Host, policy: ExportPolicy) -> tuple[Rule, ...]:
    return tuple(rule for rule in policy.rules if any(matches(client, host) for client in rule.clients))


def check_access(access: Access, volume: Volume, refusal: str, path: str, *, writes: bool) -> None:
    """Raises: DoorError for what the access to a volume does not let its host do.

    Assumption: a host that may only read meets a read-only file system.
    """
    if not access.read:
        raise DoorError(errno.EACCES, f"{refusal} read", path)
    if writes and volume.is_mirror:
        raise DoorError(errno.EROFS, f"volume {volume.name} is a mirror", path)
    if writes and not access.write:
        raise DoorError(errno.EROFS, f"{refusal} write", path)
