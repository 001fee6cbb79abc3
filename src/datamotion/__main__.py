"""The `datamotion` command, from its first moment on."""

from __future__ import annotations

import signal


def main() -> None:
    """The command line. While it is imported an interrupt ends it at once: there is nothing to tell or undo yet."""
    former = signal.getsignal(signal.SIGINT)
    if former is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from datamotion.cli.main import main as command  # noqa: PLC0415  # see above

    signal.signal(signal.SIGINT, former)
    command()


if __name__ == "__main__":
    main()
