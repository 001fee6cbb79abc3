"""`python -m tests.mutants [--histories 30] [--seed 1] [GUARD ...]`: each guard off in turn, and who noticed.

A guard is switched off in a copy of the source tree; the planners' tests run against that, and random histories of a
group. Exit status 1 where one was noticed by nobody.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.guards import GUARDS, Guard

_HERE = Path(__file__).parents[2]
_PLANNERS = (
    "tests/datamotion/policy",
    "tests/datamotion/engine/test_run_reprotect.py",
    "tests/together/test_planned.py",
    "tests/together/test_cases_serving.py",
    "tests/together/test_failover_ways.py",
    "tests/together/test_remembered.py",
    "tests/together/test_taking_up.py",
    "tests/together/test_migrate_groups.py",
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--histories", type=int, default=30, metavar="NUMBER")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("guards", nargs="*", metavar="GUARD", help=", ".join(each.name for each in GUARDS))
    asked = parser.parse_args(arguments)
    if unknown := set(asked.guards) - {each.name for each in GUARDS}:
        parser.error(f"no such guard: {', '.join(sorted(unknown))}")
    unnoticed = 0
    for guard in (each for each in GUARDS if not asked.guards or each.name in asked.guards):
        print(f"{guard.name}: {guard.promise}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "src"
            shutil.copytree(_HERE / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
            switch_off(guard, source)
            noticed = [_noticed_by_a_test(source), _noticed_by_a_history(source, asked.histories, asked.seed)]
        for each in filter(None, noticed):
            print(f"  {each}", flush=True)
        if not any(noticed):
            print("  NOBODY noticed", flush=True)
            unnoticed += 1
    return min(unnoticed, 1)


def switch_off(guard: Guard, source: Path) -> None:
    """In this tree the guard is off. Raises: SystemExit where its expression is not there, or is there twice."""
    path = source / guard.file
    text = path.read_text()
    if text.count(guard.guarded) != 1:
        sys.exit(f"{guard.name}: {guard.file} holds {text.count(guard.guarded)} times: {guard.guarded}")
    path.write_text(text.replace(guard.guarded, guard.unguarded))


def _noticed_by_a_test(source: Path) -> str | None:
    """The first that fails."""
    lines = _failure(source, "pytest", "-x", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", *_PLANNERS)
    failed = (line.partition(" ")[2] for line in lines if line.startswith(("FAILED", "ERROR")))
    return next((each.partition(" - ")[0] for each in failed), None)


def _noticed_by_a_history(source: Path, number: int, seed: int) -> str | None:
    lines = _failure(source, "tests.mutants.histories", str(number), str(seed))
    return lines[-1] if lines else None


def _failure(source: Path, module: str, *arguments: str) -> list[str]:
    """What it printed where it failed. Raises: SystemExit where it failed without a word, which shows nothing."""
    environment = {**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{_HERE}"}
    command = [sys.executable, "-m", module, *arguments]
    ran = subprocess.run(command, cwd=_HERE, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in ran.stdout.splitlines() if line]
    if ran.returncode and not lines:
        sys.exit(ran.stderr)
    return lines if ran.returncode else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
