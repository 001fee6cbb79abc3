"""One copy, from looking at what is asked for to the name that the copy gets."""

from __future__ import annotations

import os
import stat as modes

from datamotion.errors import CopyFailed, Refused
from datamotion.hostcopy.asked import Asked, Verify
from datamotion.hostcopy.buffers import Reader
from datamotion.hostcopy.checking import check_destination, source_of
from datamotion.hostcopy.failing import AGAIN, COUNTS, failed, identity
from datamotion.hostcopy.journal import Journal
from datamotion.hostcopy.limit import Limit, Pace
from datamotion.hostcopy.mounts import NETWORKS, RESERVING, devices_of
from datamotion.hostcopy.names import is_sole_name
from datamotion.hostcopy.pieces import Workshop
from datamotion.hostcopy.removing import remove
from datamotion.hostcopy.tally import CopyReport, Tally

_MOST = 8


def copy(asked: Asked, pace: Pace, tally: Tally, *, read: Reader = os.preadv) -> CopyReport:
    """The destination is the source, or is as it was and the report says why.

    Raises: ConfigError for what cannot be meant, Refused where something would be lost without consent; CopyFailed.
    """
    began_s = pace.monotonic_s()
    stat = source_of(asked)
    if _is_finished(asked, stat):
        tally.add(files=int(not modes.S_ISDIR(stat.st_mode)), size=stat.st_size, kept=stat.st_size, passed=stat.st_size)
        tally.resumed = True
        return _report(asked, stat, tally, pace.monotonic_s() - began_s)
    check_destination(asked, stat)
    is_device = modes.S_ISBLK(_mode(asked.destination))
    try:
        journal = Journal(asked.journal, asked.source, stat)
    except OSError as error:
        raise failed("cannot be written", asked.journal, error) from error
    cores = len(os.sched_getaffinity(0))
    threads = min(_MOST, cores + 1)  # one waits for another to have written
    processes = 1 if asked.bytes_per_s else min(_MOST, cores)  # a limit is that of this process
    limit = Limit(asked.bytes_per_s, pace, tally.stopped)
    networks, reserving = devices_of(NETWORKS), devices_of(RESERVING)
    shop = Workshop(asked, tally, limit, journal, threads, processes, networks, reserving, read)
    try:
        if modes.S_ISDIR(stat.st_mode):
            _copy_folder(shop, stat)
        else:
            _copy_file(shop, stat, is_device=is_device)
        tally.is_ending = True
        if not tally.failures:
            journal.forget()
    except CopyFailed as error:
        if os.path.lexists(asked.temporary):
            error.hint = f"{error.hint or AGAIN}; {asked.to_give_up}"
        elif not tally.is_ending:
            journal.forget()  # of nothing that could be gone on with
        raise
    finally:
        journal.close()
    return _report(asked, stat, tally, pace.monotonic_s() - began_s)


def _copy_file(shop: Workshop, stat: os.stat_result, *, is_device: bool) -> None:
    asked = shop.asked
    shop.tally.total = _size(asked.source, stat)
    shop.tally.is_whole = True
    there = _mode(asked.destination)
    old = asked.destination if (asked.delta and modes.S_ISREG(there)) or is_device else None
    if is_device or (old and asked.in_place):
        _drop(shop)
        if not is_device and (others := os.lstat(asked.destination).st_nlink - 1):
            names = "another name, a hard link" if others == 1 else f"{others} other names, hard links"
            shop.tally.note(f"{asked.destination}: has {names}, which changed with it")
        shop.copy_file(asked.source, asked.destination, "", old=old, wide=True)
        return
    _clear(shop, wants_folder=False)
    shop.tally.resumed = shop.journal.is_resumed
    shop.copy_file(asked.source, asked.temporary, "", old=old, wide=True)
    _rename(shop, stat)


def _copy_folder(shop: Workshop, stat: os.stat_result) -> None:
    from datamotion.hostcopy.tree import TreeCopy  # noqa: PLC0415  # a file needs none, and it takes a while to import

    asked = shop.asked
    is_there = modes.S_ISDIR(_mode(asked.destination))
    if is_there and asked.delta:
        _drop(shop)
        TreeCopy(shop, asked.source, asked.destination, is_update=True).run()
        return
    _clear(shop, wants_folder=True)
    shop.tally.resumed = shop.journal.is_resumed
    TreeCopy(shop, asked.source, asked.temporary).run()
    if not shop.tally.failures:
        _rename(shop, stat)


def _clear(shop: Workshop, *, wants_folder: bool) -> None:
    """No temporary copy is there but that which the journal tells of, and of a file no other name is."""
    path = shop.asked.temporary
    is_useful = modes.S_ISDIR(_mode(path)) if wants_folder else is_sole_name(path)
    if not (is_useful and shop.journal.is_resumed):
        _drop(shop)


def _drop(shop: Workshop) -> None:
    """What an earlier command left beside the destination is gone, and its room is free: this one has no use for it."""
    if os.path.lexists(shop.asked.temporary):
        remove(shop.asked.temporary)
        shop.tally.note(f"{shop.asked.temporary}: what an earlier copy had left there was removed")


def _is_finished(asked: Asked, stat: os.stat_result) -> bool:
    """Whether a kill came between the name and the end: then what was left over is removed, and all is done."""
    try:
        inode = os.lstat(asked.destination).st_ino
        if not os.path.lexists(asked.journal):
            return False
        journal = Journal(asked.journal, asked.source, stat)
    except OSError:
        return False
    try:
        if not journal.is_renamed(inode, identity(stat)):
            return False
        if os.path.lexists(asked.temporary):
            remove(asked.temporary)
        journal.forget()
        return True
    finally:
        journal.close()


def _rename(shop: Workshop, stat: os.stat_result) -> None:
    """The copy has its name, from one moment to the next; what had it before is removed afterwards."""
    asked = shop.asked
    temporary, destination = asked.temporary, asked.destination
    try:
        if asked.sync or asked.verify is Verify.FULL:
            _sync(asked.temporary)
        shop.tally.is_ending = True
        shop.journal.renaming(os.lstat(asked.temporary).st_ino, identity(stat))
        mode = _mode(asked.destination)
        if not (asked.force or asked.delta):
            _take_name(temporary, destination)
        elif modes.S_ISDIR(mode) or (mode and os.path.isdir(temporary)):
            from datamotion.hostcopy.kernel import exchange  # noqa: PLC0415  # seldom needed, and slow to import

            exchange(temporary, destination)
            remove(temporary)
        else:
            os.replace(temporary, destination)
        if asked.sync or asked.verify is Verify.FULL:
            _sync(os.path.dirname(destination))
    except FileExistsError:
        raise Refused(
            f"{asked.destination}: somebody made it while this was copied",
            hint="move it away, and run the same command again: all that was copied counts; --force replaces it",
        ) from None
    except OSError as error:
        raise failed("cannot be renamed", asked.temporary, error) from error


def _take_name(temporary: str, destination: str) -> None:
    """The copy has its name, which nothing had. Raises: FileExistsError where something has it by now."""
    if os.path.isdir(temporary):
        try:
            os.rename(temporary, destination)  # takes the place of nothing but an empty folder
        except OSError as error:
            if os.path.lexists(destination):
                raise FileExistsError from error
            raise
        return
    try:
        os.link(temporary, destination)
    except FileExistsError:
        raise
    except OSError as error:  # no hard links there
        if os.path.lexists(destination):
            raise FileExistsError from error
        os.replace(temporary, destination)
    else:
        os.unlink(temporary)


def _sync(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    if os.path.isdir(path):
        os.sync()


def _report(asked: Asked, stat: os.stat_result, tally: Tally, seconds: float) -> CopyReport:
    kind = "folder" if modes.S_ISDIR(stat.st_mode) else "device" if modes.S_ISBLK(stat.st_mode) else "file"
    is_update = asked.delta and modes.S_ISDIR(_mode(asked.destination))  # what could be done is in use already
    outcome = "done"
    if tally.failures or tally.skipped:
        outcome = "part" if is_update or not tally.failures else "failed"
    return CopyReport(
        source=asked.source,
        destination=asked.destination,
        kind=kind,
        outcome=outcome,
        verify=asked.verify.value,
        ways=tuple(sorted(tally.ways)),
        files=tally.files,
        folders=tally.folders,
        others=tally.others,
        size=tally.size,
        sent=tally.sent,
        kept=tally.kept,
        equal=tally.equal,
        pieces_sent=tally.pieces_sent,
        pieces_kept=tally.pieces_kept,
        resumed=tally.resumed and tally.kept > 0,
        seconds=seconds,
        failures=tuple(sorted(tally.failures, key=lambda each: each.text)),
        skipped=tuple(sorted(tally.skipped)),
        notes=tuple(sorted(tally.notes)),
        hint=f"{COUNTS}; {asked.to_give_up}" if tally.failures and os.path.lexists(asked.temporary) else None,
    )


def _mode(path: str) -> int:
    """0 where nothing is."""
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def _size(path: str, stat: os.stat_result) -> int:
    if not modes.S_ISBLK(stat.st_mode):
        return stat.st_size
    try:
        with open(path, "rb") as device:
            return device.seek(0, os.SEEK_END)
    except OSError as error:
        raise failed("cannot be read", path, error) from error
