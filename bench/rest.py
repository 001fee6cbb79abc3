"""How what is timed begins alike each time on a machine that has its memory from another one."""

from __future__ import annotations

import mmap
import os


def rest(memory: int) -> None:
    """Nothing waits to be written, and so many bytes of memory were just given back.

    A virtual machine fills such memory three times as fast as memory that is new to it, but its host takes it away
    again within seconds.
    """
    os.sync()
    mmap.mmap(-1, memory, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()
