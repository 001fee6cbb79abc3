"""Running `datamotion` commands that may be killed: the near end of the driver."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.driver import COMMAND, ERR, OUT, Command
from tests.chaos.mortal import Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL

    @property
    def report(self) -> Mapping[str, Any]:
        """The report of the one group, from `-o json`: of its run, where there was one, else its plan."""
        report = json.loads(self.out)["report"][0]
        told = report["run"] or report["plan"]
        assert isinstance(told, dict)
        return told


class Commands:
    """Commands run one after another, each in a process of its own."""

    def __init__(self, driver: subprocess.Popen[bytes], environ: Mapping[str, str]) -> None:
        self._driver = driver
        self._environ = environ

    def run(
        self, arguments: Sequence[str], folder: Path, *, fate: Fate | None = None, dies_after_s: float | None = None
    ) -> Ended:
        """The command has ended, by itself or as it was to die. What it printed is in files of `folder` too."""
        assert self._driver.stdin is not None
        assert self._driver.stdout is not None
        command = Command(
            arguments=arguments,
            environ=self._environ,
            folder=folder,
            fate=fate or Fate(),
            dies_after_s=dies_after_s,
        )
        self._driver.stdin.write(COMMAND.dump_json(command) + b"\n")
        self._driver.stdin.flush()
        status = int(self._driver.stdout.readline())
        return Ended(status=status, out=(folder / OUT).read_text(), err=(folder / ERR).read_text())


@contextmanager
def commands(environ: Mapping[str, str]) -> Iterator[Commands]:
    """Commands that see this environment. At the end none is left."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.driver"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as driver:
        yield Commands(driver, environ)
