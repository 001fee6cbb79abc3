"""A process that runs `datamotion` commands, each in a child of its own that can be killed.

Children are forked, so that none pays for imports.
One `Command` a line comes on standard input; for each, the status it ended with is a line on standard output: its exit
status, or the negated number of the signal that killed it.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from traceback import print_exc

from pydantic import TypeAdapter

from datamotion.cli.main import run
from datamotion.clock import SystemClock
from datamotion.service.session import World
from tests.chaos.mortal import Fate, open_mortal_store

_IMPORTED_WHEN_USED = ("anyio._backends._asyncio", "httpcore", "rich._emoji_codes", "sqlalchemy.dialects.sqlite")

OUT, ERR = "out", "err"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`arguments` of `datamotion`. What it prints goes to the files OUT and ERR of `folder`.

    It dies at the write of its journal that `fate` tells, or, at the latest, when `dies_after_s` seconds have passed.
    """

    arguments: Sequence[str]
    environ: Mapping[str, str]
    folder: Path
    fate: Fate
    dies_after_s: float | None = None


COMMAND = TypeAdapter(Command)


class HastyClock(SystemClock):
    """The machine's clock, but sleeping takes a tenth of the time: nobody else is to be spared here."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / 10)


def serve() -> None:
    """Runs the commands that arrive, one after another, until there are no more."""
    for name in _IMPORTED_WHEN_USED:
        import_module(name)
    gc.freeze()  # children look for garbage among their own objects only
    for line in sys.stdin.buffer:
        print(_carry_out(COMMAND.validate_json(line)), flush=True)


def _carry_out(command: Command) -> int:
    child_lives, held_by_child = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_live(command))
    os.close(held_by_child)
    select.select([child_lives], [], [], command.dies_after_s)
    os.close(child_lives)
    if command.dies_after_s is not None:
        os.kill(child, signal.SIGKILL)  # harmless where it has ended: nobody has waited for it yet
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _live(command: Command) -> int:
    """In the child: the whole command, as a process of its own would run it. Returns the exit status."""
    _redirect(command.folder)
    world = World(clock=HastyClock(), environ=command.environ, open_store=partial(open_mortal_store, fate=command.fate))
    try:
        return run(command.arguments, world)
    except BaseException:  # noqa: BLE001  # it must not return to the parent's loop
        print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _redirect(folder: Path) -> None:
    """Nothing comes from standard input; output goes to files."""
    files = [os.open(os.devnull, os.O_RDONLY)]
    files += [os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for name in (OUT, ERR)]
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)


if __name__ == "__main__":
    serve()
