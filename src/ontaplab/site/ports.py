"""Which ports the clusters of a new lab get."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from random import SystemRandom

from ontaplab.site.certificates import LOOPBACK
from ontaplab.site.errors import SiteError

_ANY = range(20000, 32000)
"""Below what systems give to outgoing connections: a port of a stopped cluster is still free when it comes back."""


def choose_ports(base_port: int, count: int) -> list[int]:
    """`base_port` and those after it; for 0 any that are free. Raises: SiteError naming the one that is taken."""
    if base_port == 0:
        return _free_ones(count)
    ports = range(base_port, base_port + count)
    if not 1 <= ports[0] <= ports[-1] <= 65535:
        raise SiteError(f"there are no {count} ports from {base_port} on", "Ports are numbers from 1 to 65535.")
    for port in ports:
        if trouble := _trouble(port):
            raise SiteError(
                f"port {port} cannot be used: {trouble}",
                "Choose others with --port NUMBER, or any free ones with --port 0.",
            )
    return list(ports)


def _free_ones(count: int) -> list[int]:
    candidates: Iterable[int] = SystemRandom().sample(_ANY, len(_ANY))
    free: list[int] = []
    for port in candidates:
        if len(free) == count:
            break
        if not _trouble(port):
            free.append(port)
    return free


def _trouble(port: int) -> str | None:
    """Why nothing can listen there; None if something can."""
    try:
        socket.create_server((LOOPBACK, port)).close()
    except OSError as error:
        return "another program uses it" if error.errno == errno.EADDRINUSE else error.strerror
    return None
