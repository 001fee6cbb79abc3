"""Processes that copy small files side by side.

Threads cannot: a small file is a score of short calls, and whoever comes back from one waits for the interpreter.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, TypeVar

from datamotion.errors import CopyFailed
from datamotion.hostcopy.failing import AGAIN

Done = TypeVar("Done")

_PR_SET_PDEATHSIG = 1


class Crew:
    """So many processes, each a fork of this one, do `work`. They end with this process, however it ends.

    It begins in the main thread while no other one is at work: what others have locked would stay locked there.
    """

    def __init__(self, size: int, work: Callable[[Any], Any]) -> None:
        self._pool = ProcessPoolExecutor(size, multiprocessing.get_context("fork"), partial(_begin, work, os.getpid()))

    def submit(self, batch: object) -> Future[Any]:
        """Raises: CopyFailed where a process of the crew was killed."""
        try:
            return self._pool.submit(_carry_out, batch)
        except BrokenProcessPool:
            raise _killed() from None

    def end(self) -> None:
        """All that was submitted is done, and nobody is there any more."""
        self._pool.shutdown()

    def give_up(self) -> None:
        """Nobody is there any more; what they were at is not done."""
        for each in multiprocessing.active_children():
            each.kill()
        self._pool.shutdown(cancel_futures=True)


def result_of(future: Future[Done]) -> Done:
    """Raises: CopyFailed where a process of the crew was killed."""
    try:
        return future.result()
    except BrokenProcessPool:
        raise _killed() from None


def _killed() -> CopyFailed:
    return CopyFailed("a process that helped was killed", hint=f"look for what ended it, and {AGAIN}")


_work: Callable[[Any], Any]


def _begin(work: Callable[[Any], Any], parent: int) -> None:
    global _work  # noqa: PLW0603  # a forked process has one thing to do
    _work = work
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before that was said
        os._exit(1)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # whom they are for tells the crew


def _carry_out(batch: object) -> Any:
    return _work(batch)
