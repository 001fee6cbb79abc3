"""A 10 GiB volume of which 1% has changed: what an update moves, by the relationship's own count."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path

from bench.figure import Figure
from bench.pair import pair, same

SIZE = 10 * 1024**3
BLOCK = 4096
CHANGED = SIZE // BLOCK // 100
BOUND_PERCENT = 1.1
_MIB = 1024**2
_FILES = 10
_PER_FILE = SIZE // _FILES


def measure(seed: int | None = None) -> Sequence[Figure]:
    """Once 1% of all blocks at random places, once as many side by side. The files are full of random bytes."""
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    drawn = random.Random(seed)
    with pair(2 * SIZE) as mirrored:
        for number in range(_FILES):
            _fill(mirrored.live / f"file_{number}")
        mirrored.transfer()
        figures = []
        for how, places in (
            (f"at random places, seed {seed}", _scattered),
            ("side by side", _contiguous),
        ):
            _change(mirrored.live, places(drawn), drawn)
            moved, seconds = mirrored.transfer()
            percent = 100 * moved / SIZE
            what = f"10 GiB with 1% of the blocks changed {how}: moved in {seconds:.1f} s"
            figures.append(Figure(what, percent, "%", at_most=BOUND_PERCENT))
        for number in range(_FILES):
            assert same(mirrored.live / f"file_{number}", mirrored.copy / f"file_{number}")
        return figures


def _fill(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(_PER_FILE // _MIB):
            file.write(os.urandom(_MIB))


def _scattered(drawn: random.Random) -> Sequence[int]:
    return sorted(drawn.sample(range(SIZE // BLOCK), CHANGED))


def _contiguous(drawn: random.Random) -> Sequence[int]:
    first = drawn.randrange(SIZE // BLOCK - CHANGED)
    return range(first, first + CHANGED)


def _change(live: Path, blocks: Sequence[int], drawn: random.Random) -> None:
    """Each of these blocks, counted over all files, holds other bytes."""
    for number in range(_FILES):
        with (live / f"file_{number}").open("r+b") as file:
            for block in blocks:
                if block * BLOCK // _PER_FILE == number:
                    file.seek(block * BLOCK % _PER_FILE)
                    file.write(drawn.randbytes(BLOCK))
