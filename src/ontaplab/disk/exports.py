"""Where clients find the volumes: a folder of links, DIR/exports/<svm>/<junction path>."""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path
from threading import Lock

_FRESH = ".fresh"
"""The link that is about to take its place. No SVM has a name that begins with a dot."""


class Exports:
    """The links below `root`. The same serves DIR/by-name, with volume names in place of junction paths."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = Lock()  # removing an empty folder must not race with a link being put into it

    def expose(self, svm: str, path: str, target: Path) -> None:
        """Clients find `target` at that path; who looks finds the former target or this one.

        Raises ValueError if the path cannot be one, or if it is below or above another junction.
        """
        link = self._link(svm, path)
        to = Path(os.path.relpath(target, link.parent))
        with self._lock:
            self._check_alone(link, path)
            if link.is_symlink() and link.readlink() == to:  # as are nearly all when a cluster starts again
                return
            link.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._root / _FRESH
            fresh.unlink(missing_ok=True)  # a crash may have left it
            fresh.symlink_to(to)
            fresh.replace(link)

    def withdraw(self, svm: str, path: str) -> None:
        """Nothing is at that path, and no empty folder is left above it. Harmless if there was nothing."""
        link = self._link(svm, path)
        folders = self._folders_above(link)
        with self._lock:
            if any(folder.is_symlink() for folder in folders):
                return  # below a junction lie that volume's files
            if link.is_symlink():
                link.unlink()
            for folder in folders:
                if not folder.is_dir() or any(folder.iterdir()):
                    break
                folder.rmdir()

    def _link(self, svm: str, path: str) -> Path:
        parts = path.removeprefix("/").split("/")
        if not {"", ".", ".."}.isdisjoint(parts):
            raise ValueError(f"{path!r} is no junction path: it has an empty part, `.` or `..`")
        if svm in {"", ".", ".."} or "/" in svm:
            raise ValueError(f"{svm!r} is no SVM name")
        return self._root.joinpath(svm, *parts)

    def _folders_above(self, link: Path) -> list[Path]:
        """From the folder that holds the link up to the SVM's."""
        return list(takewhile(lambda folder: folder != self._root, link.parents))

    def _check_alone(self, link: Path, path: str) -> None:
        for folder in self._folders_above(link):
            if folder.is_symlink():
                other = "/" + "/".join(folder.relative_to(self._root).parts[1:])
                raise ValueError(f"junction path {path} is below the junction {other} of another volume")
        if link.is_dir() and not link.is_symlink():
            if any(link.iterdir()):
                raise ValueError(f"junction path {path} is above the junction of another volume")
            link.rmdir()
