"""The `datamotion` command as a process of its own, and what it took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one command, start of Python and end included. `peak_mib`: the most memory it had at once."""

    seconds: float
    cpu_s: float
    peak_mib: float


_WITHOUT = "import sys; sys.modules |= dict.fromkeys(%r); from datamotion.__main__ import main; main()"


def run(configuration: Path | None, *arguments: str, source: Path | None = None, without: Sequence[str] = ()) -> Cost:
    """The command has ended well; what it says is thrown away.

    `source` is where its code is, if not where ours is; modules `without` which it runs are as if not installed.
    """
    program = ["-c", _WITHOUT % (without,)] if without else ["-m", "datamotion"]
    command = [sys.executable, *program, *arguments]
    command += [] if configuration is None else ["-c", str(configuration)]
    environ = os.environ if source is None else os.environ | {"PYTHONPATH": str(source)}
    environ = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        told = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    assert process.returncode == 0, f"{' '.join(arguments)}: exit status {process.returncode}: {told[-2000:]}"
    return Cost(seconds=seconds, cpu_s=usage.ru_utime + usage.ru_stime, peak_mib=usage.ru_maxrss / 1024)
