"""Ctrl-C, SIGTERM and a closed terminal, for what has to give back what it holds before it ends."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruptions:
    """What asks this process to end. The first is remembered, the others change nothing: it ends already."""

    def __init__(self) -> None:
        self.first: signal.Signals | None = None
        self._interrupt: Callable[[], object] = _wait

    @contextmanager
    def let_in(self, unless: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """The first interrupts what runs within, as KeyboardInterrupt, or what was to run if it came before.

        `unless`: what runs within is at its end by then, and comes to it first.
        """

        def interrupt() -> None:
            if not unless():
                raise KeyboardInterrupt

        with self._interrupting_by(interrupt):
            yield

    def run(self, function: Callable[[*Ts], Awaitable[T]], *arguments: *Ts) -> T:
        """What the function returns in an event loop. The first cancels it, and then is KeyboardInterrupt."""
        import asyncio  # what has no event loop starts sooner

        import anyio

        results: list[T] = []

        async def cancellable() -> None:
            loop = asyncio.get_running_loop()
            with (
                anyio.CancelScope() as scope,
                self._interrupting_by(lambda: loop.call_soon_threadsafe(scope.cancel)),
            ):
                results.append(await function(*arguments))

        with self._interrupting_by(_wait):  # raised anywhere in the loop it would tear what is cleaning up
            anyio.run(cancellable)
        if not results:
            raise KeyboardInterrupt
        return results[0]

    def arrived(self, number: int, _: object) -> None:
        """A signal has arrived."""
        if self.first is None:
            self.first = signal.Signals(number)
            self._interrupt()

    @contextmanager
    def _interrupting_by(self, call: Callable[[], object]) -> Iterator[None]:
        former, self._interrupt = self._interrupt, call
        try:
            if self.first is not None:
                call()
            yield
        finally:
            self._interrupt = former


def _wait() -> None:
    """It is dealt with later."""


@contextmanager
def interruptions(*, to_the_end: bool = False) -> Iterator[Interruptions]:
    """Within, they wait, unless they are let in. Once there was one, others are ignored to the end of the process.

    Those that were ignored before, as under nohup, still are. `to_the_end`: all are ignored behind it, for the process
    has nothing left to do.
    """
    caught = Interruptions()
    former = {each: signal.getsignal(each) for each in _ENDING}
    heard = [each for each in _ENDING if former[each] is not signal.SIG_IGN]
    try:
        for each in heard:
            signal.signal(each, caught.arrived)
        yield caught
    finally:
        for each in heard:
            signal.signal(each, signal.SIG_IGN if caught.first or to_the_end else former[each])
