"""Trees to test with: building, editing and looking at them, and random ones."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from tempfile import mkstemp

from hypothesis import strategies as st

Contents = dict[str, tuple[object, ...]]
Edit = Callable[[Path], object]

LONG_AGO_NS = 1_000_000_000_000_000_000


def contents(root: Path) -> Contents:
    """All that a tree is: by path its type, mode, mtime, and its bytes or where it points."""
    found = {"": _described(root)}
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            path = Path(directory, name)
            if path != root / ".snapshot":
                found[str(path.relative_to(root))] = _described(path)
    return found


def _described(path: Path) -> tuple[object, ...]:
    status = path.lstat()
    mode, mtime_ns = stat.S_IMODE(status.st_mode), status.st_mtime_ns
    if path.is_symlink():
        return "symlink", mtime_ns, os.fspath(path.readlink())
    if path.is_dir():
        return "directory", mode, mtime_ns
    return "file", mode, mtime_ns, path.read_bytes()


def let_the_clock_tick(folder: Path) -> None:
    """What happened before is older, by the file system's clock, than what happens from now on."""
    before = _touched_ns(folder)
    while _touched_ns(folder) <= before:
        pass


def _touched_ns(folder: Path) -> int:
    descriptor, name = mkstemp(dir=folder)
    os.close(descriptor)
    mtime_ns = Path(name).lstat().st_mtime_ns
    Path(name).unlink()
    return mtime_ns


def keeping_mtime(path: Path, edit: Edit) -> None:
    """The edit is made, and the file's mtime is what it was."""
    mtime_ns = path.lstat().st_mtime_ns
    edit(path)
    os.utime(path, ns=(mtime_ns, mtime_ns))


def write_at(path: Path, offset: int, data: bytes) -> None:
    """The bytes are in the file, written in place."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def both(one: Edit, other: Edit) -> Edit:
    """One edit, then the other."""

    def edit(root: Path) -> None:
        one(root)
        other(root)

    return edit


def clear(path: Path) -> None:
    """Nothing is at the path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _make_room(root: Path, path: str) -> Path:
    """The path is free and its parent is a directory: what stood in the way is gone."""
    root.mkdir(exist_ok=True)
    place = root / path
    for parent in reversed(place.relative_to(root).parents[:-1]):
        if (root / parent).is_symlink() or not (root / parent).is_dir():
            clear(root / parent)
            (root / parent).mkdir()
    clear(place)
    return place


def _file_at(root: Path, path: str) -> Path | None:
    place = root / path
    within = all(not (root / parent).is_symlink() for parent in place.relative_to(root).parents)
    return place if within and place.is_file() and not place.is_symlink() else None


def put_file(path: str, data: bytes) -> Edit:
    """The path is a file of these bytes, whatever stood in its way."""

    return lambda root: _make_room(root, path).write_bytes(data)


def put_directory(path: str, mode: int) -> Edit:
    """The path is an empty directory, whatever stood in its way."""

    def edit(root: Path) -> None:
        place = _make_room(root, path)
        place.mkdir()
        place.chmod(mode)

    return edit


def put_symlink(path: str, target: str) -> Edit:
    """The path is a symbolic link, whatever stood in its way."""

    return lambda root: _make_room(root, path).symlink_to(target)


def _patch(path: str, offset: int, data: bytes, keep_mtime: bool) -> Edit:
    def edit(root: Path) -> None:
        place = _file_at(root, path)
        if place and keep_mtime:
            keeping_mtime(place, lambda file: write_at(file, offset, data))
        elif place:
            write_at(place, offset, data)

    return edit


def _cut(path: str, size: int) -> Edit:
    def edit(root: Path) -> None:
        place = _file_at(root, path)
        if place:
            os.truncate(place, size)

    return edit


def _chmod(path: str, mode: int) -> Edit:
    def edit(root: Path) -> None:
        place = _file_at(root, path)
        if place:
            place.chmod(mode)

    return edit


def _date_back(path: str) -> Edit:
    def edit(root: Path) -> None:
        place = _file_at(root, path)
        if place:
            os.utime(place, ns=(LONG_AGO_NS, LONG_AGO_NS))

    return edit


def _remove(path: str) -> Edit:
    return lambda root: _make_room(root, path)


def rename(path: str, new_path: str) -> Edit:
    """What is at the path is at the new one, whatever was there."""

    def edit(root: Path) -> None:
        aside = root / "aside"
        if os.path.lexists(root / path):
            (root / path).rename(aside)
            aside.rename(_make_room(root, new_path))

    return edit


_names = st.sampled_from(["a", "b", "c", "ü", "\udcff", ".snapshot"])
paths = st.lists(_names, min_size=1, max_size=3).map("/".join).filter(lambda path: not path.startswith(".snapshot"))
_sizes = st.sampled_from([0, 1, 100, 4095, 4096, 4097, 20_000, 262_143, 262_144, 262_145, 300_000])
_fills = st.sampled_from([b"\0", b"x", b"y"])
_modes = st.sampled_from([0o600, 0o644, 0o666, 0o755])
_data = st.tuples(_fills, _sizes).map(lambda drawn: drawn[0] * drawn[1])
_small = st.binary(min_size=1, max_size=20)

edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(put_file, paths, _data),
    st.builds(put_file, paths, _data),
    st.builds(put_directory, paths, st.sampled_from([0o700, 0o755, 0o777])),
    st.builds(put_symlink, paths, st.sampled_from(["a", "../b", "nowhere", "/"])),
    st.builds(_patch, paths, _sizes, _small, st.booleans()),
    st.builds(_patch, paths, st.just(0), _small, st.just(value=True)),
    st.builds(_cut, paths, _sizes),
    st.builds(_chmod, paths, _modes),
    st.builds(_date_back, paths),
    st.builds(_remove, paths),
    st.builds(rename, paths, paths),
)
histories = st.lists(edits, max_size=12)
