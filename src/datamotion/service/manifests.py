"""A manifest of checksums: lines as `sha256sum` prints them, held against the files that this host sees in a folder."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import NamedTuple

import anyio
from anyio import to_thread

from datamotion.errors import ConfigError
from datamotion.model.units import count_text
from datamotion.service.drill_reports import Checksums

_LINE = re.compile(rb"(\\?)([0-9a-fA-F]{64}) [ *](.+)")
_CHUNK = 2**20
_NAMED = 100  # files that a report names
_ESCAPES = {rb"\\": b"\\", rb"\n": b"\n", rb"\r": b"\r"}


class Sum(NamedTuple):
    """A file, by its path below the folder, and what it has to be."""

    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`digest` is the SHA-256 of the manifest itself: evidence names it."""

    path: Path
    digest: str
    sums: tuple[Sum, ...]


def read_manifest(path: Path) -> Manifest:
    """Raises: ConfigError for one that cannot be read, is empty, or names what is not below a folder."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"the manifest {path} cannot be read: {error.strerror}") from None
    sums = tuple(_sum(path, number, line) for number, line in enumerate(content.splitlines(), start=1) if line.strip())
    if not sums:
        raise ConfigError(f"the manifest {path} names no file", hint="`sha256sum FILE ...` prints what it takes")
    return Manifest(path, hashlib.sha256(content).hexdigest(), sums)


def _sum(manifest: Path, number: int, line: bytes) -> Sum:
    found = _LINE.fullmatch(line)
    if found is None:
        hint = "a line is 64 hexadecimal digits, two spaces and a path, as `sha256sum` prints it"
        raise ConfigError(f"{manifest}:{number} is no checksum of a file", hint=hint)
    name = re.sub(rb"\\[\\nr]", lambda it: _ESCAPES[it[0]], found[3]) if found[1] else found[3]
    path = os.fsdecode(name)
    if path.startswith("/") or ".." in path.split("/") or "\0" in path:
        hint = "paths are relative to the folder in which the clones are seen"
        raise ConfigError(f"{manifest}:{number}: {path!r} is not below that folder", hint=hint)
    return Sum(path, found[2].decode().lower())


async def verify(manifest: Manifest, folder: Path, limit: timedelta) -> Checksums:
    """What came of it. Files are only read; one that a link leads to outside the folder is not."""
    began, problem = anyio.current_time(), None
    differ: list[str] = []
    missing: list[str] = []
    read, outside, stop = 0, 0, Event()
    root = await to_thread.run_sync(os.path.realpath, folder)
    try:
        with anyio.fail_after(limit.total_seconds()):
            for each in manifest.sums:
                digest = await to_thread.run_sync(_digest, root, each.path, stop, abandon_on_cancel=True)
                if digest is None:
                    missing.append(each.path)
                    outside += await to_thread.run_sync(_is_outside, root, each.path)
                elif digest != each.digest:
                    differ.append(each.path)
                read += digest is not None
    except TimeoutError:
        problem = f"not all files were read within {limit.total_seconds():.0f} s"
    finally:
        stop.set()
    if problem is None and outside:
        problem = f"a link leads out of the folder to {count_text(outside, 'file')}, and none is followed"
    return Checksums(
        manifest=str(manifest.path),
        manifest_sha256=manifest.digest,
        folder=str(folder),
        named=len(manifest.sums),
        equal=read - len(differ),
        differing=len(differ),
        differ=tuple(differ[:_NAMED]),
        unreadable=len(missing),
        missing=tuple(missing[:_NAMED]),
        problem=problem,
        seconds=anyio.current_time() - began,
    )


def _digest(root: str, path: str, stop: Event) -> str | None:
    """None where there is no such file to be read below the folder."""
    found = hashlib.sha256()
    try:
        real = (Path(root) / path).resolve(strict=True)
        if not real.is_relative_to(root) or not real.is_file():
            return None
        with real.open("rb") as file:
            while not stop.is_set() and (chunk := file.read(_CHUNK)):
                found.update(chunk)
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return None
    return found.hexdigest()


def _is_outside(root: str, path: str) -> bool:
    """Whether a link on the way to a file leads out of the folder."""
    try:
        return not (Path(root) / path).resolve().is_relative_to(root)
    except (OSError, RuntimeError):
        return False
