"""Taking away what stands where something else is to be."""

from __future__ import annotations

import os
import stat as modes


def remove(path: str) -> None:
    """Nothing is there any more; of a folder all that it holds is gone, and nothing that links in it lead to.

    Raises: OSError.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not modes.S_ISDIR(mode):
        os.unlink(path)
        return
    import shutil  # noqa: PLC0415  # seldom needed, and slow to import

    try:
        shutil.rmtree(path)
    except PermissionError:  # copies of folders that nobody may write to cannot be written to either
        _open_up(path)
        shutil.rmtree(path)


def _open_up(path: str) -> None:
    left = [path]
    while left:
        folder = left.pop()
        os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            left += [each.path for each in entries if each.is_dir(follow_symlinks=False)]
