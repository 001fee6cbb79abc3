"""The files of the demo's volumes: as clients write them, and as they are compared."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

Digests = Mapping[str, str]
"""SHA-256 of every regular file of a tree, by its path below the tree."""


def write_some(tree: Path, volume: str, text: str) -> None:
    """What clients do all day: a new file, and a part of an old one overwritten."""
    with (tree / "journal.txt").open("a") as journal:
        journal.write(f"{volume}: {text}\n")
    largest = max(files_of(tree), key=lambda path: path.stat().st_size)
    with largest.open("r+b") as file:
        file.seek(largest.stat().st_size // 2)
        file.write(text.encode())


def digests(tree: Path) -> Digests:
    """The SHA-256 of every regular file of a volume, its snapshots left out."""
    return {str(path.relative_to(tree)): _digest(path) for path in files_of(tree)}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_of(tree: Path) -> Iterator[Path]:
    """The regular files of a tree, in no particular order."""
    for folder, folders, names in os.walk(tree):
        if ".snapshot" in folders:
            folders.remove(".snapshot")
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path
