"""The `datamotion` command, from its first moment on."""

from __future__ import annotations

import signal
import sys
from types import FrameType

_INTERRUPTED = 130  # as `exit_status` says, which is not imported yet


def main() -> None:
    """The command line. While it is imported an interrupt ends it at once: there is nothing to tell or undo yet.

    A request to end, or a terminal that is closed, is an interrupt from there on, unless that was ignored before.
    """
    former = signal.getsignal(signal.SIGINT)
    if former is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from datamotion.cli.process import main as command  # noqa: PLC0415  # see above

    if (
        former is signal.SIG_IGN
    ):  # in the background of a script: it stays unheard, and is what a request to end is made
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        former = signal.default_int_handler
    signal.signal(signal.SIGINT, former)
    try:
        for each in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(each) is signal.SIG_DFL:
                signal.signal(each, _interrupt)
        command()
    except KeyboardInterrupt:  # before the command began, or behind its end
        sys.stderr.write("interrupted\n")
        sys.exit(_INTERRUPTED)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """As an interrupt is dealt with now, by the event loop where there is one."""
    handler = signal.getsignal(signal.SIGINT)
    if callable(handler):
        handler(signal.SIGINT, frame)


if __name__ == "__main__":
    main()
