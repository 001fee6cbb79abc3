"""A range of bytes from one open file to another: holes stay holes, zeros become holes, what arrived is read back."""

from __future__ import annotations

import errno
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass

import xxhash

from datamotion.errors import CopyFailed
from datamotion.hostcopy.asked import Verify
from datamotion.hostcopy.buffers import CHUNK, GRAIN, LANE, ZEROS, Reader, filled_runs, read_into, read_source
from datamotion.hostcopy.failing import ended_early, failed, spoilt
from datamotion.hostcopy.limit import Limit
from datamotion.hostcopy.tally import Tally

NOT_SO = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTTY, errno.EBADF, errno.EPERM}
"""What a kernel, or a file system, answers that does not copy by itself."""
_KERNEL_CHUNK = 16 << 20


@dataclass(eq=False, repr=False)
class Ends:
    """A source and a destination that are open, and how bytes go from one to the other.

    `is_sparse`: what is not written reads as zeros there. `is_dense`: the source has no holes to look for. `kernel`:
    the kernel may copy by itself; it is set to False where it turns out that it cannot. `reserves`: room is made ahead
    of what is written, and given back where that turns out to be zeros. `old` is an older copy that unchanged bytes are
    taken from; where it is the destination itself they are left alone.
    """

    source: int
    target: int
    source_path: str
    target_path: str
    verify: Verify
    limit: Limit
    tally: Tally
    is_sparse: bool = True
    is_dense: bool = False
    kernel: bool = False
    reserves: bool = False
    old: int | None = None
    read: Reader = os.preadv

    def carry(self, start: int, end: int) -> str | None:
        """The bytes of that range are at the destination; returns their sum, where they were read.

        Raises: CopyFailed.
        """
        ranges = list(self.data(start, end)) if self.is_sparse else [(start, end)]
        total = None if self.verify is Verify.NONE else xxhash.xxh3_128()
        for first, last in ranges:
            if total is None and self.kernel and self.old is None:
                first = self._by_kernel(first, last)  # noqa: PLW2901  # what is left goes another way
            self._by_hand(first, last, total, is_reserved=first < last and self._reserve(first, last))
        self.tally.add(passed=end - start)
        if total is None:
            return None
        if self.read_back(start, end) != total.hexdigest():
            raise spoilt(self.target_path, start, end)
        return str(total.hexdigest())

    def read_back(self, start: int, end: int) -> str:
        """The sum of what is at the destination now where the source has data."""
        direct = self._past_the_cache(start, end) if self.verify is Verify.FULL else None
        total = xxhash.xxh3_128()
        try:
            for first, last in self.data(start, end) if self.is_sparse else [(start, end)]:
                for offset in range(first, last, CHUNK):
                    length = min(CHUNK, last - offset)
                    total.update(self._read_target(direct, offset, length))
        finally:
            if direct is not None:
                os.close(direct)
        return str(total.hexdigest())

    def data(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Where the source has data, between two offsets."""
        if self.is_dense and start < end:
            yield start, end
            return
        while start < end:
            try:
                first = os.lseek(self.source, start, os.SEEK_DATA)
                last = os.lseek(self.source, first, os.SEEK_HOLE) if first < end else end
            except OSError as error:
                if error.errno == errno.ENXIO:  # a hole to the end of the file
                    return
                first, last = start, end  # a file system, or a device, that knows of no holes
            if first >= end:
                return
            yield first, min(last, end)
            start = max(last, first + 1)

    def _by_kernel(self, first: int, last: int) -> int:
        """Where it had to stop: at the end, unless this kernel or these file systems do not copy so."""
        while first < last:
            self._check()
            count = min(last - first, _KERNEL_CHUNK if self.limit.is_open else CHUNK)
            self.limit.take(count)
            try:
                moved = os.copy_file_range(self.source, self.target, count, first, first)
            except OSError as error:
                if error.errno in NOT_SO:
                    self.kernel = False
                    return first
                raise failed("cannot be copied", f"{self.source_path} to {self.target_path}", error) from error
            if not moved:
                return first  # shrunk, or a file system that answers nothing: reading tells
            self.tally.ways.add("copy_file_range")
            self.tally.add(sent=moved)
            first += moved
        return first

    def _reserve(self, first: int, last: int) -> bool:
        """Whether there is room for all of it now; where that is not so, what is no zeros may find some."""
        if not self.reserves:
            return False
        try:
            os.posix_fallocate(self.target, first, last - first)
        except OSError:
            self._give_back(first, last - first)
            return False
        return True

    def _by_hand(self, first: int, last: int, total: xxhash.xxh3_128 | None, *, is_reserved: bool) -> None:
        buffer = LANE.there
        view = memoryview(buffer)
        for offset in range(first, last, CHUNK):
            self._check()
            length = min(CHUNK, last - offset)
            self.limit.take(length)
            got = read_source(view[:length], self.source, offset, self.source_path, self.read)
            if got < length:
                raise ended_early(self.source_path, self.source, offset + length)
            if total is not None:
                total.update(view[:length])
            written = 0
            for begin, finish in self._runs(buffer, offset, length):
                if is_reserved and begin > written:
                    self._give_back(offset + written, begin - written)
                self._write(view[begin:finish], offset + begin)
                written = finish
            if is_reserved and written < length:
                self._give_back(offset + written, length - written)

    def _give_back(self, offset: int, length: int) -> None:
        """What is zeros takes no room."""
        from datamotion.hostcopy.kernel import make_hole  # noqa: PLC0415  # seldom needed, and slow to import

        try:
            make_hole(self.target, offset, length)
        except OSError as error:
            raise failed("cannot be written", self.target_path, error) from error

    def _runs(self, buffer: bytearray, offset: int, length: int) -> Iterator[tuple[int, int]]:
        """What has to be written of a chunk: neither zeros where those need not be, nor what is there already."""
        if self.old is not None:
            return self._changed_runs(buffer, offset, length)
        return filled_runs(buffer, length) if self.is_sparse else iter([(0, length)])

    def _changed_runs(self, buffer: bytearray, offset: int, length: int) -> Iterator[tuple[int, int]]:
        assert self.old is not None
        back = LANE.back
        got = read_into(memoryview(back)[:length], self.old, offset)
        if got == length == CHUNK and back == buffer:
            self._leave(memoryview(back)[:length], offset)
            return
        for at in range(0, length, GRAIN):
            end = min(at + GRAIN, length)
            if end <= got and buffer[at:end] == back[at:end]:
                self._leave(memoryview(back)[at:end], offset + at)
            else:
                yield at, end

    def _leave(self, same: memoryview, offset: int) -> None:
        """These bytes are in the older copy: they are not sent, only carried over where that is another file."""
        self.tally.add(equal=len(same))
        if self.old != self.target and not (len(same) == GRAIN and same == ZEROS):
            self._put(same, offset)

    def _write(self, piece: memoryview, offset: int) -> None:
        self._put(piece, offset)
        self.tally.ways.add("read and write")
        self.tally.add(sent=len(piece))

    def _put(self, piece: memoryview, offset: int) -> None:
        done = 0
        try:
            if self.kernel and self.verify is not Verify.NONE:  # a server's own copy saves the way there
                done = self._offload(offset, len(piece))
            while done < len(piece):
                done += os.pwrite(self.target, piece[done:], offset + done)
        except OSError as error:
            raise failed("cannot be written", self.target_path, error) from error

    def _offload(self, offset: int, length: int) -> int:
        """How many bytes the server copied by itself."""
        try:
            done = os.copy_file_range(self.source, self.target, length, offset, offset)
        except OSError as error:
            if error.errno not in NOT_SO:
                raise
            self.kernel = False
            return 0
        self.tally.ways.add("copy_file_range")
        return done

    def _past_the_cache(self, start: int, end: int) -> int | None:
        """What was written is on the disk, and no longer in the page cache; a descriptor that goes past it, if any."""
        try:
            os.fdatasync(self.target)
            os.posix_fadvise(self.target, start, end - start, os.POSIX_FADV_DONTNEED)
        except OSError as error:
            raise failed("cannot be written out", self.target_path, error) from error
        try:
            return os.open(f"/proc/self/fd/{self.target}", os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
        except OSError:
            return None

    def _read_target(self, direct: int | None, offset: int, length: int) -> memoryview:
        view = memoryview(LANE.back)[:length]
        try:
            if direct is not None and offset % mmap.PAGESIZE == 0:
                aligned = memoryview(LANE.aligned)
                try:
                    if os.preadv(direct, [aligned], offset) >= length:
                        return aligned[:length]
                except OSError as error:
                    if error.errno != errno.EINVAL:
                        raise
            return view[: read_into(view, self.target, offset)]
        except OSError as error:
            raise failed("cannot be read back", self.target_path, error) from error

    def _check(self) -> None:
        if self.tally.stopped.is_set():
            raise CopyFailed(f"{self.source_path}: stopped")
