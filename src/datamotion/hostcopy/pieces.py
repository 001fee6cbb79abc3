"""One file: in pieces where it is large, by many threads, each piece verified and then written into the journal."""

from __future__ import annotations

import errno
import fcntl
import os
import stat as modes
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from datamotion.errors import CopyFailed
from datamotion.hostcopy.asked import SMALLEST, Asked, Verify
from datamotion.hostcopy.attributes import carry_attributes
from datamotion.hostcopy.buffers import CHUNK, LANE, Reader, read_source
from datamotion.hostcopy.carry import NOT_SO, Ends
from datamotion.hostcopy.failing import changed, failed, identity, missized
from datamotion.hostcopy.journal import Journal
from datamotion.hostcopy.limit import Limit
from datamotion.hostcopy.small import carry_small
from datamotion.hostcopy.tally import Tally

_MOST = 8192  # pieces of one file: a journal has no more lines than that
_MIB = 1 << 20
_FICLONE = 0x40049409


def piece_size(size: int, smallest: int = SMALLEST) -> int:
    """In whole MiB, and never so small that a file has many thousands."""
    return max(smallest, -(-size // _MOST // _MIB) * _MIB)


@dataclass(eq=False, repr=False)
class Workshop:
    """What every file of one copy shares. `networks` are devices whose server may copy by itself,
    `reserving` those that write faster where room was made ahead.

    `threads` are for the pieces of a large file, `processes` for many small ones.
    """

    asked: Asked
    tally: Tally
    limit: Limit
    journal: Journal
    threads: int
    processes: int = 1
    networks: frozenset[int] = frozenset()
    reserving: frozenset[int] = frozenset()
    read: Reader = os.preadv
    lacks_reflink: threading.Event = field(default_factory=threading.Event)
    lacks_kernel_copy: threading.Event = field(default_factory=threading.Event)

    def copy_file(self, source: str, target: str, name: str, *, old: str | None = None, wide: bool = False) -> None:
        """`target` is the file `source`, its attributes too; `name` is what the journal calls it.

        `old` is an older copy, which may be the target itself. `wide`: this thread may have the others help.

        Raises: CopyFailed; then the target is not whole.
        """
        there = opened(source, os.O_RDONLY | os.O_NOFOLLOW, "cannot be read")
        try:
            before = os.fstat(there)
            if not (modes.S_ISREG(before.st_mode) or modes.S_ISBLK(before.st_mode)):
                raise changed(source, "became something else")
            flags = os.O_RDWR if old == target else os.O_RDWR | os.O_CREAT
            here = opened(target, flags | (0 if old == target else os.O_NOFOLLOW), "cannot be written")
            try:
                made = os.fstat(here)
                self._fill(there, here, before, made, source, target, name, old, wide=wide)
                if modes.S_ISREG(before.st_mode):
                    after = read_source(memoryview(LANE.there)[:1], there, before.st_size, source, self.read)
                    if identity(before) != identity(os.fstat(there)):
                        raise changed(source, "changed")
                    if after:
                        raise missized(source, "more")
                    if modes.S_ISREG(made.st_mode):
                        carry_attributes(there, here, before, self.tally, target, made=made)
                if self.asked.sync or self.asked.verify is Verify.FULL:
                    os.fsync(here)
            except OSError as error:
                raise failed("cannot be written", target, error) from error
            finally:
                os.close(here)
        finally:
            os.close(there)
        self.tally.add(files=1)

    def _fill(
        self,
        there: int,
        here: int,
        before: os.stat_result,
        made: os.stat_result,
        source: str,
        target: str,
        name: str,
        old: str | None,
        *,
        wide: bool,
    ) -> None:
        size = _size(there, before)
        is_plain = modes.S_ISREG(made.st_mode)
        if 0 < size <= CHUNK and is_plain and old is None and self._goes_at_once(before):
            if made.st_size:
                os.ftruncate(here, 0)
            sent = carry_small(self, there, here, size, source, target)
            self.tally.add(size=size, passed=size, sent=sent, pieces_sent=1)
            return
        self.tally.add(size=size)
        in_place = old == target
        step = piece_size(size, self.asked.smallest_piece)
        state = identity(before)
        may_hold = size > step and is_plain and not in_place and made.st_size == size
        kept = self.journal.kept(name, state, step) if may_hold else {}
        if is_plain:
            if not in_place and not kept and made.st_size:
                os.ftruncate(here, 0)
            if made.st_size != size or not kept:
                os.ftruncate(here, size)
        elif _size(here, made) < size:
            raise CopyFailed(f"{target}: holds less than the {size} bytes of {source}", hint="choose a larger device")
        if size and not kept and old is None and is_plain and self._shares(there, here):
            self.tally.add(passed=size)
            return
        was = opened(old, os.O_RDONLY, "cannot be read") if old is not None and not in_place else None
        try:
            ends = Ends(
                there,
                here,
                source,
                target,
                self.asked.verify,
                self.limit,
                self.tally,
                is_sparse=is_plain and not in_place,
                is_dense=before.st_blocks * 512 >= size > 0,
                kernel=before.st_dev in self.networks,
                reserves=is_plain and old is None and made.st_dev in self.reserving,
                old=here if in_place else was,
                read=self.read,
            )
            self._carry(ends, name, state, size, step, kept, wide=wide)
        finally:
            if was is not None:
                os.close(was)

    def _goes_at_once(self, before: os.stat_result) -> bool:
        """Whether it is known already that neither reflink nor a server helps, and nothing has to reach the disk."""
        is_quick = self.asked.verify is not Verify.FULL and before.st_dev not in self.networks
        return is_quick and self.lacks_reflink.is_set()

    def _shares(self, there: int, here: int) -> bool:
        """Whether the file systems let the copy share the source's blocks. `full` wants blocks of its own."""
        if self.asked.verify is Verify.FULL or self.lacks_reflink.is_set():
            return False
        try:
            fcntl.ioctl(here, _FICLONE, there)
        except OSError as error:
            if error.errno not in NOT_SO | {errno.EISDIR}:
                raise
            self.lacks_reflink.set()
            return False
        self.tally.ways.add("reflink")
        return True

    def _carry(
        self, ends: Ends, name: str, state: tuple[int, ...], size: int, step: int, kept: object, *, wide: bool
    ) -> None:
        assert isinstance(kept, dict)
        is_large = size > step

        def piece(number: int) -> None:
            start, end = number * step, min((number + 1) * step, size)
            if ends.is_sparse and next(ends.data(start, end), None) is None:
                self.tally.add(passed=end - start)  # a hole
                return
            if number in kept and self._still_there(ends, start, end, kept[number]):
                self.tally.add(pieces_kept=1, kept=sum(b - a for a, b in ends.data(start, end)), passed=end - start)
                return
            digest = ends.carry(start, end)
            self.tally.add(pieces_sent=1)
            if is_large:
                self.journal.keep(name, state, step, number, digest)

        numbers = range(-(-size // step))
        if wide and is_large:
            run_all(self.threads, piece, numbers, self.tally)
        else:
            for number in numbers:
                piece(number)

    def _still_there(self, ends: Ends, start: int, end: int, digest: str | None) -> bool:
        """Whether a piece of the journal counts: after the machine started anew, what it holds has to be seen."""
        if digest is None:
            return self.journal.same_boot and self.asked.verify is Verify.NONE
        return self.journal.same_boot or ends.read_back(start, end) == digest


def run_all(threads: int, work: Callable[[int], None], numbers: Iterable[int], tally: Tally) -> None:
    """The work is done for all numbers, in their order and side by side; the first error ends it and is raised."""
    left = iter(numbers)
    raised: list[BaseException] = []

    def some() -> None:
        while not (raised or tally.stopped.is_set()):
            with tally.lock:
                number = next(left, None)
            if number is None:
                return
            try:
                work(number)
            except BaseException as error:  # noqa: BLE001  # it is raised below
                raised.append(error)

    helpers: list[threading.Thread] = []
    try:
        for _ in range(threads):
            helpers.append(threading.Thread(target=some))
            helpers[-1].start()
        _join(helpers)
    except BaseException:
        tally.stopped.set()
        _join(each for each in helpers if each.ident is not None)
        raise
    if raised:
        raise raised[0]
    if tally.stopped.is_set():
        raise CopyFailed("stopped")


def _join(helpers: Iterable[threading.Thread]) -> None:
    for each in helpers:
        each.join()


def opened(path: str, flags: int, doing: str) -> int:
    """Raises: CopyFailed."""
    try:
        return os.open(path, flags | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise failed(doing, path, error) from error


def _size(fd: int, stat: os.stat_result) -> int:
    return os.lseek(fd, 0, os.SEEK_END) if modes.S_ISBLK(stat.st_mode) else stat.st_size
