"""Whether a file of a folder was copied before, so that it is passed over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from datamotion.hostcopy.asked import Verify
from datamotion.hostcopy.failing import changed, identity

if TYPE_CHECKING:
    from datamotion.hostcopy.pieces import Workshop


def is_as_copied(shop: Workshop, stat: os.stat_result, there: os.stat_result) -> bool:
    """Whether nobody touched the source since its copy was made, where that can be told without reading either.

    It cannot after a start of the machine, within one tick of the clock, nor where the copy may have been touched once
    more, when it got or lost a name.
    """
    is_later = there.st_ctime_ns > stat.st_ctime_ns and not shop.journal.may_have_linked(there.st_ctime_ns)
    return is_later and shop.journal.same_boot


def is_done(
    shop: Workshop, source: str, target: str, stat: os.stat_result, there: os.stat_result, *, is_update: bool
) -> bool:
    """Whether the bytes are there. A file gets its times last: one that has the source's is whole.

    Times can be set back to what they were before somebody wrote; that the source was touched since cannot be hidden.

    Raises: CopyFailed where the source changed meanwhile.
    """
    if (there.st_size, there.st_mtime_ns) != (stat.st_size, stat.st_mtime_ns):
        return False
    if is_update:
        return shop.asked.verify is not Verify.FULL or _equal(source, target, stat)
    if stat.st_ctime_ns > there.st_ctime_ns:
        return False
    return is_as_copied(shop, stat, there) or _equal(source, target, stat)


def _equal(source: str, target: str, stat: os.stat_result) -> bool:
    with open(source, "rb") as there, open(target, "rb") as here:
        while True:
            one, other = there.read(1 << 20), here.read(1 << 20)
            if one != other:
                return False
            if not one:
                break
        if identity(os.fstat(there.fileno())) != identity(stat):
            raise changed(source, "changed")
    return True
