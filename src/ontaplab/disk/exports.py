"""Where clients find the volumes: a folder of links, DIR/exports/<svm>/<junction path>."""

# Plain strings: after each transfer links are looked at, and parsing paths takes longer than that.
# ruff: noqa: PTH103, PTH105, PTH106, PTH108, PTH112, PTH114, PTH115, PTH120, PTH211
from __future__ import annotations

import errno
import os
from functools import lru_cache
from pathlib import Path
from threading import Lock

_FRESH = ".fresh"
"""The link that is about to take its place. No SVM has a name that begins with a dot."""


class Exports:
    """The links below `root`. The same serves DIR/by-name, with volume names in place of junction paths."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._lock = Lock()  # removing an empty folder must not race with a link being put into it

    def expose(self, svm: str, path: str, target: Path) -> None:
        """Clients find `target` at that path; who looks finds the former target or this one.

        Raises ValueError if the path cannot be one, or if it is below or above another junction.
        """
        link = self._link(svm, path)
        folder = os.path.dirname(link)
        parent, name = os.path.split(target)
        to = f"{_way(parent, folder)}/{name}"
        with self._lock:
            former = self._former(link, path)
            if former == to:  # as are nearly all when a cluster starts again
                return
            if former is None:
                os.makedirs(folder, exist_ok=True)
            fresh = f"{self._root}/{_FRESH}"
            if os.path.lexists(fresh):  # a crash has left it
                os.unlink(fresh)
            os.symlink(to, fresh)
            os.replace(fresh, link)

    def withdraw(self, svm: str, path: str) -> None:
        """Nothing is at that path, and no empty folder is left above it. Harmless if there was nothing."""
        link = self._link(svm, path)
        folders = self._folders_above(link)
        with self._lock:
            if any(map(os.path.islink, folders)):
                return  # below a junction lie that volume's files
            if os.path.islink(link):
                os.unlink(link)
            for folder in folders:
                if not _is_no_folder_now(folder):
                    break

    def _link(self, svm: str, path: str) -> str:
        parts = path.removeprefix("/").split("/")
        if not {"", ".", ".."}.isdisjoint(parts):
            raise ValueError(f"{path!r} is no junction path: it has an empty part, `.` or `..`")
        if svm in {"", ".", ".."} or "/" in svm:
            raise ValueError(f"{svm!r} is no SVM name")
        return "/".join((self._root, svm, *parts))

    def _folders_above(self, link: str) -> list[str]:
        """From the folder that holds the link up to the SVM's."""
        svm, *parts = link.removeprefix(f"{self._root}/").split("/")
        return ["/".join((self._root, svm, *parts[:depth])) for depth in reversed(range(len(parts)))]

    def _former(self, link: str, path: str) -> str | None:
        """Where the link leads; None: nothing is there. Raises: ValueError if it is not alone."""
        for folder in self._folders_above(link):
            if os.path.islink(folder):
                _, _, other = folder.removeprefix(f"{self._root}/").partition("/")
                raise ValueError(f"junction path {path} is below the junction /{other} of another volume")
        if os.path.islink(link):
            return os.readlink(link)
        if os.path.isdir(link) and not _is_no_folder_now(link):
            raise ValueError(f"junction path {path} is above the junction of another volume")
        return None


def _is_no_folder_now(folder: str) -> bool:
    """Whether an empty folder was removed: trying takes as long among thousands of links as among none."""
    try:
        os.rmdir(folder)
    except OSError as refused:
        if refused.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR):
            raise
        return False
    return True


@lru_cache(maxsize=4096)
def _way(target: str, folder: str) -> str:
    """From the folder to the target. Each snapshot that a mirror exports is in the same one."""
    return os.path.relpath(target, folder)
