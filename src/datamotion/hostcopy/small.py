"""A file that fits into one chunk, whose copy is empty still, with as few calls as that takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from datamotion.hostcopy.asked import Verify
from datamotion.hostcopy.buffers import LANE, filled_runs, read_source
from datamotion.hostcopy.carry import NOT_SO
from datamotion.hostcopy.failing import ended_early, failed, spoilt

if TYPE_CHECKING:
    from datamotion.hostcopy.pieces import Workshop


def carry_small(shop: Workshop, there: int, here: int, size: int, source: str, target: str) -> int:
    """All bytes are at the destination; returns how many were written there. Raises: CopyFailed, OSError."""
    shop.limit.take(size)
    is_verified = shop.asked.verify is not Verify.NONE
    if not (is_verified or shop.lacks_kernel_copy.is_set()) and _by_kernel(shop, there, here, size):
        return size
    view = memoryview(LANE.there)[:size]
    if read_source(view, there, 0, source, shop.read) < size:
        raise ended_early(source, there, size)
    runs = list(filled_runs(LANE.there, size))
    for begin, end in runs:
        while begin < end:
            begin += os.pwrite(here, view[begin:end], begin)  # noqa: PLW2901  # what is left of it
    if not runs or runs[-1][1] < size:
        os.ftruncate(here, size)
    shop.tally.ways.add("read and write")
    if is_verified:
        back = memoryview(LANE.back)[:size]
        try:
            got = os.preadv(here, [back], 0)
        except OSError as error:
            raise failed("cannot be read back", target, error) from error
        if got < size or not LANE.back.startswith(view):  # without a copy of either
            raise spoilt(target, 0, size)
    return sum(end - begin for begin, end in runs)


def _by_kernel(shop: Workshop, there: int, here: int, size: int) -> bool:
    """Whether the kernel copied it all by itself: of a file that short it is quicker at that.

    What goes wrong is told by whoever reads and writes it then.
    """
    try:
        is_all = os.copy_file_range(there, here, size, 0, 0) == size
    except OSError as error:
        if error.errno in NOT_SO:
            shop.lacks_kernel_copy.set()
        return False
    if is_all:
        shop.tally.ways.add("copy_file_range")
    return is_all
