"""A program on a terminal of its own: what it shows is read, keys are pressed. Needs nothing but Python."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

CTRL_C = b"\x03"
_LOG_IN = "import os, sys; os.login_tty(0); os.execvp(sys.argv[1], sys.argv[1:])"
"""Makes standard input the terminal of a session, whose first process becomes the command."""


@dataclass(frozen=True, slots=True)
class OnTerminal:
    """A program on a terminal of its own."""

    process: subprocess.Popen[bytes]
    screen: int

    def read_until(self, text: str) -> str:
        """What has been shown, once this was, or once the terminal is closed."""
        return self._read(lambda shown: text.encode() in shown)

    def read_to_the_end(self) -> str:
        """What has been shown, once nobody can show any more."""
        return self._read(lambda shown: False)

    def resize(self, columns: int, rows: int) -> None:
        """The program is told by SIGWINCH."""
        termios.tcsetwinsize(self.screen, (rows, columns))

    def close(self) -> None:
        """There is no such terminal any more."""
        nowhere = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nowhere, self.screen)
        os.close(nowhere)

    def press(self, key: bytes) -> None:
        os.write(self.screen, key)

    def press_until_the_end(self, key: bytes) -> str:
        """Pressed over and over again; returns what was shown meanwhile."""
        shown = b""
        while True:
            try:
                self.press(key)
                if select.select([self.screen], [], [], 0.05)[0]:
                    shown += os.read(self.screen, 4096)
            except OSError:
                return shown.decode(errors="replace")

    def _read(self, enough: Callable[[bytes], bool]) -> str:
        shown = b""
        while not enough(shown):
            try:
                part = os.read(self.screen, 4096)
            except OSError:  # nobody holds the other end any more
                break
            if not part:  # it was closed
                break
            shown += part
        return shown.decode(errors="replace")


@contextmanager
def on_terminal(*command: object, environ: Mapping[str, str], size: tuple[int, int] = (80, 24)) -> Iterator[OnTerminal]:
    """`size` is its columns and rows."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (size[1], size[0]))
    modes = termios.tcgetattr(theirs)
    modes[3] = modes[3] & ~termios.ECHO | termios.NOFLSH  # so that keys neither show nor throw away what is shown
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    words = [sys.executable, "-c", _LOG_IN, *map(str, command)]
    try:
        process = subprocess.Popen(words, env=os.environ | environ, stdin=theirs)
    finally:
        os.close(theirs)
    try:
        yield OnTerminal(process, ours)
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
