"""1 GiB of changed data transferred between two clusters that are processes, next to `cp` on the same disk."""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.figure import Figure
from bench.pair import Pair, pair, same

SIZE = 1024**3
RUNS = 7
_MIB = 1024**2
_FILES = 4
_MEMORY = 8 * SIZE


def measure() -> Sequence[Figure]:
    """The medians of seven updates and of seven runs of `cp`, in turns, all after one initialization.

    Each begins alike: the disk rests, and much memory was just given back. A virtual machine fills such memory three
    times as fast as memory that is new to it, but its host takes it away again within seconds.

    An update is timed from the request to the record that tells of its success: finding what has changed, the bytes,
    the snapshot at the destination. It brings a snapshot that was taken before, since taking one is itself a copy of
    all that has changed, which on ONTAP it is not; with that, the time is told beside it.
    """
    with pair(4 * SIZE) as mirrored:
        _fill(mirrored.live)
        moved, seconds = mirrored.transfer()
        assert moved == SIZE, moved
        figures = [Figure("initialization with 1 GiB", SIZE / _MIB / seconds, "MiB/s")]
        updates, copies, wholes = [], [], []
        for number in range(RUNS):
            _fill(mirrored.live)
            snapshot_s = mirrored.snapshot(f"changed_{number}")
            copies.append(SIZE / _MIB / _cp(mirrored.live))
            update_s = _update(mirrored, f"changed_{number}")
            updates.append(SIZE / _MIB / update_s)
            wholes.append(SIZE / _MIB / (snapshot_s + update_s))
        cp, update = median(copies), median(updates)
        shown = f"{min(copies):.0f} to {max(copies):.0f}"
        figures += [
            Figure(f"`cp` of 1 GiB on that disk ({shown})", cp, "MiB/s"),
            Figure("update with 1 GiB of changed data", update, "MiB/s", at_least=cp / 2),
            Figure("the same with taking the snapshot", median(wholes), "MiB/s"),
        ]
        return figures


def _fill(live: Path) -> None:
    """1 GiB of random bytes is in four files, written in place."""
    for number in range(_FILES):
        with (live / f"file_{number}").open("r+b" if (live / f"file_{number}").exists() else "wb") as file:
            for _ in range(SIZE // _FILES // _MIB):
                file.write(os.urandom(_MIB))
    os.sync()


def _update(mirrored: Pair, name: str) -> float:
    """The seconds that an update with that snapshot took."""
    _rest()
    moved, seconds = mirrored.transfer(name)
    assert moved == SIZE, moved
    for number in range(_FILES):
        assert same(mirrored.live / f"file_{number}", mirrored.copy / f"file_{number}")
    return seconds


def _cp(live: Path) -> float:
    """The seconds that `cp` took, to a folder next to the volume's, which is gone."""
    target = live.parent / "bench-cp"
    target.mkdir()
    _rest()
    began = time.perf_counter()
    subprocess.run(["cp", *sorted(live.glob("file_*")), target], check=True)
    seconds = time.perf_counter() - began
    shutil.rmtree(target)
    return seconds


def _rest() -> None:
    """Nothing waits to be written, and far more memory than is about to be filled was just given back."""
    os.sync()
    mmap.mmap(-1, _MEMORY, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()
