"""The folder that a lab stands in: made for it, held by whoever changes the lab as a whole, removed with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ontaplab.disk.tree import remove_tree
from ontaplab.folder import ClusterFolder, release_held
from ontaplab.site import processes
from ontaplab.site.errors import SiteError
from ontaplab.site.lab import lab_file

_LOCK = "lab.lock"


def make_folder(folder: Path) -> bool:
    """The folder is there, and fit for a lab. Returns whether it is new. Raises: OSError; SiteError."""
    is_new = not folder.exists()
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)  # where others could write, they could put another lab in its place
    others = sorted(path.name for path in folder.iterdir() if path.name != _LOCK)
    if others and not lab_file(folder).exists():
        raise SiteError(
            f"{folder} holds other things, {others[0]!r} for one",
            "A lab needs a folder of its own: name a new or an empty one.",
        )
    return is_new


def _lock(folder: Path) -> FileLock:
    return FileLock(folder / _LOCK, mode=0o600)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody else makes or ends the lab meanwhile."""
    try:
        with _lock(folder).acquire(timeout=0):
            yield
    except Timeout:
        raise SiteError(f"the lab in {folder} is in use: another process is starting or ending it") from None


def abandon(root: Path) -> None:
    """The cluster of the folder `root`, which this process has served, is ended: with the last one, the lab is gone."""
    folder = root.resolve().parent
    with _lock(folder):  # one cluster after another, so that one of them finds that it is the last
        release_held()
        if all(processes.running(ClusterFolder(each)) is None for each in folder.iterdir() if each.is_dir()):
            clear(folder, itself=True)


def clear(folder: Path, *, itself: bool) -> None:
    """Nothing is in the folder, and with `itself` it is not there either."""
    for each in list(folder.iterdir()):
        remove_tree(each)
    if itself:
        folder.rmdir()
