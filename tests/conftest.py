"""Fixtures that all tests share."""

from __future__ import annotations

import gc
import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes to be made, on a machine that does other things too, is no finding.
_PATIENT = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("patient", parent=_PATIENT)
settings.register_profile("soak", parent=_PATIENT, max_examples=1000)
settings.load_profile("patient")

_LEAST_MIB = 150
"""More than the tests ever hold in the folder for temporary files at once: docs/bare.md."""

_SEED = "--hypothesis-seed"

_MEMORY = Path("/dev/shm")

_OFFSET = "TESTS_OFFSET"
os.environ.setdefault(_OFFSET, str(random.randrange(60)))


def pytest_configure(config: pytest.Config) -> None:
    """Without room nothing is begun: hundreds of tests would fail with reasons of their own."""
    folder = tempfile.gettempdir()
    free_mib = shutil.disk_usage(folder).free // 1024**2
    if free_mib < _LEAST_MIB and not hasattr(config, "workerinput"):
        raise pytest.UsageError(
            f"the tests need {_LEAST_MIB} MiB in {folder}, which has {free_mib} MiB free: TMPDIR names another folder"
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """By what the same cases are tried again, of those of which only some are: drawn once, alike in all processes."""
    terminalreporter.write_line(f"{_OFFSET}={os.environ[_OFFSET]}")


_LONG_FIRST = ("chaos", "faces", "together", "contract")
"""Folders of modules that take long: begun last, one would run on alone, and the other processes idle."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        return _LONG_FIRST.index(folder) if folder in _LONG_FIRST else len(_LONG_FIRST)

    items.sort(key=place)
    left_out = _sweeps_of_other_runs(items)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _sweeps_of_other_runs(items: Sequence[pytest.Item]) -> Sequence[pytest.Item]:
    """Where only each fifth sweep is asked for, say: the others. Cases of one function are tried together."""
    every = int(os.environ.get("TESTS_SWEEPS", "1"))
    sweeps = [item for item in items if item.get_closest_marker("sweep")]
    names = sorted({item.nodeid.partition("[")[0] for item in sweeps})
    drawn = set(names[int(os.environ[_OFFSET]) % every :: every])
    return [item for item in sweeps if item.nodeid.partition("[")[0] not in drawn]


def pytest_collection_finish() -> None:
    """What was imported is never garbage: it need not be looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


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
