"""Commands that the configuration names, run on this host: checks of drills, hooks of failovers."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import anyio

from datamotion.config.secrets import run_bounded

_TOLD = 4096  # characters of what it printed
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """What a check came to. `status` is None where it could not be run, or did not end in time: `problem` says so."""

    command: str
    status: int | None
    printed: str
    problem: str | None
    seconds: float

    @property
    def passed(self) -> bool:
        return self.status == 0


class RunsHere(Protocol):
    """Runs a command on this host."""

    async def __call__(
        self, command: Sequence[str], facts: Mapping[str, str], environ: Mapping[str, str], limit: timedelta
    ) -> CheckOutcome: ...


async def run_here(
    command: Sequence[str], facts: Mapping[str, str], environ: Mapping[str, str], limit: timedelta
) -> CheckOutcome:
    """Runs a command without a shell, in a folder of its own; all that it has started ends with it.

    Its environment holds these facts, and nothing else of ours but a path and a language: no secrets.
    """
    environment = {name: environ[name] for name in _ENVIRONMENT if name in environ} | dict(facts)
    printed, status, problem = bytearray(), None, None
    began = anyio.current_time()
    with tempfile.TemporaryDirectory() as folder:
        try:
            with anyio.fail_after(limit.total_seconds()):
                status = await run_bounded(command, environment, Path(folder), printed)
        except TimeoutError:
            problem = f"did not end within {limit.total_seconds():g} s"
        except OSError as error:
            problem = f"cannot be run: {os.strerror(error.errno) if error.errno else error}"
        except ValueError:
            problem = "cannot be run: an argument holds a NUL or is not Unicode"
    if problem is None and status is not None and status < 0:
        problem = f"was ended by signal {-status}"
    return CheckOutcome(
        command=shlex.join(command),
        status=status,
        printed=printed.decode(errors="replace")[:_TOLD],
        problem=problem,
        seconds=anyio.current_time() - began,
    )
