"""So many random histories from a seed on (`python -m tests.mutants.histories 20 100`), until one fails."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.together.histories.test_histories import live

_MEMORY = "/dev/shm"


def main(number: int, first: int) -> None:
    with tempfile.TemporaryDirectory(dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None) as folder:
        for seed in range(first, first + number):
            try:
                live(Path(folder) / str(seed), seed)
            except BaseException as error:
                print(f"history {seed}: {_first_line(error)}")
                raise


def _first_line(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return (str(error).splitlines() or [type(error).__name__])[0][:100]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
