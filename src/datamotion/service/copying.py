"""Copying through this host: what the paths that were given stand for, then the copy."""

from __future__ import annotations

import errno
import os
import re

from datamotion.errors import ConfigError
from datamotion.hostcopy import Asked, CopyReport, Tally, Verify, copy
from datamotion.thread_clock import ThreadClock

__all__ = [
    "Asked",
    "CopyReport",
    "Tally",
    "Verify",
    "asked_for",
    "copy_through_host",
]

_RATE = r"(?P<number>[0-9]+(\.[0-9]+)?) ?(?P<unit>[KMGT])?(i?B)?(/s)?"
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def asked_for(
    source: str,
    destination: str,
    *,
    verify: Verify,
    bwlimit: str | None,
    force: bool,
    delta: bool,
    in_place: bool,
    sync: bool,
) -> Asked:
    """The copy that is meant: links that were named are followed, and a file goes into a folder that is there.

    Raises: ConfigError.
    """
    if in_place and not (delta or force):
        raise ConfigError("--inplace writes into what is there", hint="it goes with --delta, or --force for a device")
    for name, each in (("SRC", source), ("DST", destination)):
        if not each:
            raise ConfigError(f"{name} is empty", hint="it names a file, a folder or a block device")
        if _is_address(each):
            raise ConfigError(f"{each}: addresses are not read", hint="mount it, and name where it is mounted")
        if each.endswith("/") and not os.path.isdir(each):
            raise ConfigError(f"{each}: there is no such folder", hint=f"without the last / it is {each.rstrip('/')}")
    there, here = _resolved(source), _resolved(destination)
    if os.path.isdir(here) and not os.path.isdir(there):
        here = _resolved(os.path.join(here, os.path.basename(source)))
    limit = None if bwlimit is None else _rate(bwlimit)
    return Asked(there, here, verify, limit, force=force, delta=delta, in_place=in_place, sync=sync)


def copy_through_host(asked: Asked, tally: Tally) -> CopyReport:
    """See `hostcopy.copy`; `tally` counts on while it runs."""
    return copy(asked, ThreadClock(), tally)


def _resolved(path: str) -> str:
    """Where it is, with no link left in it. Raises: ConfigError where links lead to no end."""
    try:
        return os.path.realpath(path, strict=True)
    except OSError as error:  # what is not there yet, or may not be looked at, is dealt with where it is needed
        if error.errno == errno.ELOOP:
            hint = "remove the link that leads to itself, or name the file"
            raise ConfigError(f"{path}: its symbolic links lead in a circle", hint=hint) from None
        return os.path.realpath(path)


def _is_address(path: str) -> bool:
    head, _, rest = path.partition("/")
    return head.endswith(":") and rest.startswith("/")


def _rate(written: str) -> int:
    """Bytes a second. Raises: ConfigError."""
    read = re.fullmatch(_RATE, written.strip(), re.IGNORECASE)
    rate = int(float(read["number"]) * _UNITS[(read["unit"] or "").upper()]) if read else 0
    if rate < 1:
        raise ConfigError(f"--bwlimit {written!r} is no rate", hint="it takes bytes a second, as 500K, 80M or 1.5G")
    return rate
