"""Which clients an export rule may name: addresses, networks, hosts, .domains, @netgroups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address, ip_network

from ontaplab.resources.export_policies.errors import bad_client, duplicate_client

_HOST = re.compile(r"[\w.-]+", re.ASCII)
_MASK_BITS = re.compile(r"\d+")


def check_clients(clients: Sequence[str]) -> None:
    """Raises: OntapError 1704036 to 1704054 for the first that cannot be."""
    for match in clients:
        if clients.count(match) > 1:
            raise duplicate_client(match)
        _check(match)


def _check(match: str) -> None:
    if match.startswith("@"):
        _check_name(match, match[1:], missing="1704038", bad="1704054", what="netgroup name")
    elif match.startswith("."):
        _check_name(match, match[1:], missing="1704036", bad="1704045", what="domain name")
    elif "/" in match:
        _check_network(match)
    elif not match:
        raise bad_client("1704039", match, "it is empty")
    elif not _HOST.fullmatch(match) and not _is_address(match):
        raise bad_client("1704044", match, "invalid characters in host name")


def _check_name(match: str, name: str, *, missing: str, bad: str, what: str) -> None:
    if not name:
        raise bad_client(missing, match, f"missing {what}")
    if not _HOST.fullmatch(name):
        raise bad_client(bad, match, f"invalid characters in {what}")


def _check_network(match: str) -> None:
    address, _, mask = match.partition("/")
    if not _is_address(address):
        raise bad_client("1704039", match, "its address is none")
    longest = ip_address(address).max_prefixlen
    if _MASK_BITS.fullmatch(mask) and int(mask) > longest:
        raise bad_client("1704042", match, "too many bits in netmask")
    try:
        network = ip_network(match, strict=False)
    except ValueError:
        raise bad_client("1704043", match, "invalid netmask") from None
    if network.network_address != ip_address(address):
        raise bad_client("1704040", match, "address bytes masked out by netmask are non-zero")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
