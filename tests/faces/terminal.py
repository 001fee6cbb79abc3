"""What a person types, and what they get: commands in this process, and the installed script as a process."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datamotion.cli.main import command_line, run
from datamotion.clock import SystemClock
from datamotion.service.session import World

SCRIPT = Path(sys.executable).parent / "datamotion"


@dataclass(frozen=True, slots=True)
class Typed:
    """How a command ended, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What `-o json` printed."""
        return json.loads(self.out)

    @property
    def report(self) -> Any:
        """What that tells."""
        return self.document["report"]

    @property
    def plan(self) -> Any:
        """The plan of the one operation that was told of."""
        (operation,) = self.report
        return operation["plan"]

    @property
    def error(self) -> Mapping[str, str]:
        """The error that `-o json` printed."""
        found: Mapping[str, str] = json.loads(self.err)["error"]
        return found

    def failed_cleanly(self, status: int, *told: str) -> None:
        """It ended with that status, told all of this on standard error, and nothing on standard output."""
        assert (self.status, self.out) == (status, ""), self
        assert "Traceback" not in self.err
        for each in told:
            assert each in self.err, self.err


def typed(*words: object, environ: Mapping[str, str] | None = None) -> Typed:
    """A command in this process. There is no terminal to ask on."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([str(word) for word in words], World(clock=SystemClock(), environ=environ or {}))
    return Typed(status, out.getvalue(), err.getvalue())


def offered(parameter: str, *words: str, begun: str = "") -> list[str]:
    """What the shell is told to offer for a parameter, after these words, once so much of it was typed."""
    command: Any = command_line()
    arguments = list(words)
    while hasattr(command, "commands"):
        command = command.commands[arguments.pop(0)]
    context = command.make_context("datamotion", arguments, resilient_parsing=True)
    (asked,) = (each for each in command.params if each.name == parameter)
    return [each.value for each in asked.shell_complete(context, begun)]


def typed_as_process(*words: object, folder: Path, environ: Mapping[str, str] | None = None) -> Typed:
    """The installed command, in that folder."""
    command: Sequence[str] = [str(SCRIPT), *map(str, words)]
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Typed(ended.returncode, ended.stdout, ended.stderr)
