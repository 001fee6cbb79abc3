"""Whether what is asked for can be meant, and whether what would be lost by it was agreed to."""

from __future__ import annotations

import errno
import os
import stat as modes

from datamotion.errors import ConfigError, Refused
from datamotion.hostcopy.asked import Asked
from datamotion.hostcopy.failing import failed
from datamotion.hostcopy.mounts import mounts_within, other_names


def source_of(asked: Asked) -> os.stat_result:
    """How the source stands. Raises: ConfigError, Refused; CopyFailed where it may not be looked at."""
    try:
        stat = os.lstat(asked.source)
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(f"{asked.source}: there is no such file, folder or device", hint="check SRC") from None
    except OSError as error:
        raise failed("cannot be read", asked.source, error) from error
    if not (modes.S_ISREG(stat.st_mode) or modes.S_ISDIR(stat.st_mode) or modes.S_ISBLK(stat.st_mode)):
        raise ConfigError(
            f"{asked.source}: is neither a file, a folder nor a block device", hint="copy the folder that holds it"
        )
    folder = os.path.dirname(asked.destination)
    if not os.path.isdir(folder):
        above = folder
        while not os.path.lexists(above):
            above = os.path.dirname(above)
        if not os.path.isdir(above):
            raise ConfigError(f"{above}: is no folder, and so nothing can be in it", hint="check DST")
        import shlex  # noqa: PLC0415  # seldom needed, and slow to import

        raise ConfigError(f"{folder}: there is no such folder", hint=f"make it: mkdir -p {shlex.quote(folder)}")
    if modes.S_ISDIR(stat.st_mode) and (asked.destination == asked.source or _is_within(folder, stat)):
        raise ConfigError(
            f"{asked.destination}: is the source, or inside it", hint="choose a destination outside of SRC"
        )
    return stat


def check_destination(asked: Asked, stat: os.stat_result) -> None:
    """Nothing goes that nobody agreed to lose. Raises: ConfigError, Refused; CopyFailed where nothing can be told."""
    try:
        there = os.lstat(asked.destination)
    except FileNotFoundError:
        return
    except OSError as error:
        raise failed("cannot be looked at", asked.destination, error) from error
    if os.path.samestat(stat, there):
        raise ConfigError(f"{asked.destination}: is the source itself", hint="choose another destination")
    name = os.path.basename(asked.source)
    if modes.S_ISDIR(there.st_mode) and _is_within(os.path.dirname(asked.source), there):
        raise ConfigError(
            f"{asked.destination}: holds the source, which would go with what else is in it",
            hint=f"choose a destination outside of it, or another name in it: {asked.destination}/{name}.copy",
        )
    _check_kind(asked, stat, there)
    if modes.S_ISBLK(there.st_mode):
        if not (asked.force and asked.in_place):
            raise Refused(
                f"{asked.destination}: is a block device, which is written in place: what it holds would be lost",
                hint="--force --inplace writes over it",
            )
        _check_unused(asked.destination)
        return
    same_kind = modes.S_ISDIR(there.st_mode) == modes.S_ISDIR(stat.st_mode)
    delta = "; --delta brings it up to date" if same_kind else ""
    if asked.delta and same_kind and (modes.S_ISREG(there.st_mode) or modes.S_ISDIR(there.st_mode)):
        return
    if not asked.force or asked.in_place:
        beside = f"to copy into it, name {asked.destination}/{name}; " if modes.S_ISDIR(there.st_mode) else ""
        what = "it and all that it holds" if modes.S_ISDIR(there.st_mode) else "it"
        raise Refused(
            f"{asked.destination}: is there already",
            hint=f"{beside}--force replaces {what} once the copy is whole{delta}",
        )
    if modes.S_ISDIR(there.st_mode) and (mounts := mounts_within(asked.destination)):
        what = "is" if mounts[0] == asked.destination else f"holds {mounts[0]},"
        raise ConfigError(
            f"{asked.destination}: {what} a mount, whose files would go",
            hint=f"name a folder in it, as {asked.destination}/{name}{delta}",
        )


def _check_kind(asked: Asked, stat: os.stat_result, there: os.stat_result) -> None:
    """What is there can become such a copy, or make way for it. Raises: ConfigError."""
    if modes.S_ISCHR(there.st_mode) or modes.S_ISFIFO(there.st_mode) or modes.S_ISSOCK(there.st_mode):
        raise ConfigError(
            f"{asked.destination}: is neither a file, a folder nor a block device, and keeps no bytes",
            hint="choose another destination",
        )
    if modes.S_ISBLK(there.st_mode) and modes.S_ISDIR(stat.st_mode):
        raise ConfigError(
            f"{asked.destination}: is a block device, to which a folder cannot be written",
            hint="choose another destination, as a folder of a file system that is mounted from it",
        )


def _check_unused(device: str) -> None:
    """Nothing is mounted from it, and nothing is made of it: the kernel gives no such device to one user alone."""
    try:
        os.close(os.open(device, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise failed("cannot be written", device, error) from error
        raise Refused(
            f"{device}: is in use: what is mounted from it, or made of it, would be destroyed",
            hint=f"`lsblk {device}` shows by what; umount it, or choose another one",
        ) from None


def _is_within(path: str, folder: os.stat_result) -> bool:
    """Whether that is this folder or below it, by whatever names and mounts either goes."""
    return any(_is_below(each, folder) for each in (path, *other_names(path)))


def _is_below(path: str, folder: os.stat_result) -> bool:
    while not os.path.samestat(os.stat(path), folder):
        path, below = os.path.dirname(path), path
        if path == below:
            return False
    return True
