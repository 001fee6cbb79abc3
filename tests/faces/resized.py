"""Follows a run on the terminal that it runs on, and draws it anew each time that gets another size.

Behind each picture it rings the bell.
"""

from __future__ import annotations

import os
import signal

from datamotion.cli.watching import TerminalWatcher
from tests.datamotion.building import GIB
from tests.faces.test_cli_watching import Hands, look

BELL = "\a"


def main(times: int) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
    clock = Hands()
    with TerminalWatcher(clock) as watcher:
        watcher.looked(look(0))
        ring()
        for number in range(1, times + 1):
            signal.sigwait([signal.SIGWINCH])
            clock.seconds = 10 * number
            watcher.looked(look(number * GIB // 8))
            ring()


def ring() -> None:
    os.write(2, BELL.encode())  # past what keeps other lines out of the picture


if __name__ == "__main__":
    main(times=2)
