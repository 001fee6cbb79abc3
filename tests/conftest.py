"""Fixtures that all tests share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("soak", max_examples=1000)

_SEED = "--hypothesis-seed"

_MEMORY = Path("/dev/shm")


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, in memory where the machine has such a file system: for tests that make many small files."""
    if not (_MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=_MEMORY, prefix="datamotion-test-") as folder:
        yield Path(folder)


@pytest.fixture
def soaking(request: pytest.FixtureRequest) -> int | None:
    """The seed of a long run (`make soak`); None in a usual one."""
    if settings.get_current_profile_name() != "soak":
        return None
    return int(request.config.getoption(_SEED))
