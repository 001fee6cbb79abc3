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


def _make(folder: Path) -> None:
    """The folder is there; what had to be made for it is its owner's alone, whatever the umask."""
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        with suppress(FileExistsError):  # another process was faster
            missing.mkdir(mode=0o700)
            missing.chmod(0o700)


def _private(folder: Path) -> Iterator[Path]:
    """That folder, made where it is missing; nothing where it cannot be, or where others can write to it."""
    with suppress(OSError, ValueError):
        _make(folder)
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022:
            yield folder
