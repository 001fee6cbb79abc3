"""Where a file of ours can be when it cannot be where it belongs: folders that nobody else can write to."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path


def spare_folders(beside: Path, environ: Mapping[str, str]) -> Iterator[Path]:
    """The folder `beside`, the person's folder of state, one of theirs among the temporary files: those to be had."""
    yield beside
    homes = [environ["XDG_STATE_HOME"]] if environ.get("XDG_STATE_HOME") else []
    homes += [f"{environ['HOME']}/.local/state"] if environ.get("HOME") else []
    for home in homes:
        yield from _private(Path(home) / "datamotion")
    yield from _private(Path(environ.get("TMPDIR") or "/tmp") / f"datamotion-{os.getuid()}")  # noqa: S108  # ours alone, or not taken


def _private(folder: Path) -> Iterator[Path]:
    """That folder, made where it is missing; nothing where it cannot be, or where others can write to it."""
    with suppress(OSError, ValueError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
            yield folder
