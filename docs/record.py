"""Runs what the pages say to type, and writes what it prints there: `python -m docs.record`, for some with their names.

It ends with 1 where the output of a page has another shape by now: what the page says of it has to be looked at first.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from datamotion.cli.main import run
from datamotion.clock import SystemClock
from datamotion.service.session import World
from docs.consoles import Differs, Ended, refreshed

_DOCS = Path(__file__).parent

TYPED = ("start.md",)
TOLD = ("story.md", "plan.md")
"""What they show is a part of what one command prints."""
DEMO = "datamotion demo"

_MOVING = re.compile(r"\.\.\. |ok  \S| +\d+ transfers? running, ")
"""How lines begin that take each other's place on a terminal, in an order that differs from run to run."""


@dataclass
class Shell:
    """Somebody in a folder who types. `datamotion` runs in this process: a page takes no longer than its commands."""

    folder: Path
    printed: dict[str, Ended] = field(default_factory=dict)

    def type(self, words: str) -> Ended:
        """Types a line; returns how that ends, and what stays on the screen."""
        program, *arguments = shlex.split(words)
        if program == "cd":
            (below,) = arguments
            self.folder = self.folder / below
            return Ended(0, "")
        if program == "datamotion":
            return self._datamotion(arguments)
        ended = subprocess.run(  # noqa: S603  # what a page of this project says
            [program, *arguments],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout)

    def once(self, words: str) -> Ended:
        """As `type`, but what was typed before is not run again."""
        if words not in self.printed:
            self.printed[words] = self.type(words)
        return self.printed[words]

    def _datamotion(self, arguments: Sequence[str]) -> Ended:
        screen = io.StringIO()
        with chdir(self.folder), redirect_stdout(screen), redirect_stderr(screen):
            status = run(arguments, World(clock=SystemClock(), environ=os.environ))
        stays = (line for line in screen.getvalue().splitlines() if not _MOVING.match(line))
        return Ended(status, "\n".join(stays))


def in_a_checkout(folder: Path) -> Shell:
    """Somebody in a folder that has, of a checkout, its pages."""
    (folder / "docs").symlink_to(_DOCS)
    return Shell(folder)


def main(names: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="datamotion-docs-") as folder:
        elsewhere = Shell(Path(folder))
        for name in names or (*TYPED, *TOLD):
            page = _DOCS / name
            run_one = elsewhere.once if name in TOLD else in_a_checkout(elsewhere.folder).type
            try:
                text = refreshed(page.read_text(encoding="utf-8"), run_one)
            except Differs as differs:
                sys.stderr.write(f"docs/{name}: {differs}\n")
                return 1
            page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
