"""The `datamotion` command, from its first moment on."""

from __future__ import annotations

import signal


def main() -> None:
    """The command line. While it is imported an interrupt ends it at once: there is nothing to tell or undo yet.

    A request to end, or a terminal that is closed, is an interrupt from there on, where interrupts are heard.
    """
    former = signal.getsignal(signal.SIGINT)
    if former is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from datamotion.cli.process import main as command  # noqa: PLC0415  # see above

    signal.signal(signal.SIGINT, former)
    if former is signal.default_int_handler:
        for each in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(each) is signal.SIG_DFL:
                signal.signal(each, _interrupt)
    command()


def _interrupt(number: int, frame: object) -> None:
    signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
