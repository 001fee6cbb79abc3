"""Errors of this machine as sentences: which path, what it says, what to do."""

from __future__ import annotations

import errno
import os

from datamotion.errors import CopyFailed

AGAIN = "run the same command again: it goes on from the last verified piece"
COUNTS = "run the same command again: what was copied counts"

_HINTS = {
    errno.ENAMETOOLONG: "the path is longer than this system takes at once: copy the folder that is too deep by itself",
    errno.ENOSPC: f"make room there, and {AGAIN}",
    errno.EDQUOT: f"raise the quota or make room, and {AGAIN}",
    errno.EFBIG: "the file system or a limit of this shell (ulimit -f) takes no file that large",
    errno.EIO: f"the device or server behind it fails: look at its log, and {AGAIN}",
    errno.EACCES: f"run it as somebody who may, and {AGAIN}",
    errno.EPERM: f"run it as somebody who may, and {AGAIN}",
    errno.EROFS: "it is mounted read-only: choose another destination",
    errno.ESTALE: f"the server has lost the file: mount it again, and {AGAIN}",
    errno.ENOENT: f"it went away while it was copied: {AGAIN}",
}
_LONGEST_SHOWN = 500
_LONGEST_PATH = 4096  # bytes, with the zero at its end
FATAL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""After these nothing more can be written."""


class SourceChanged(CopyFailed):
    """The source is not as it was when its copy began."""

    code = "source-changed"


def failed(doing: str, path: str, error: OSError) -> CopyFailed:
    """The sentence for what the machine said about this path."""
    hint = _HINTS.get(error.errno or 0, AGAIN)
    if error.errno == errno.ENAMETOOLONG and len(os.fsencode(path)) < _LONGEST_PATH:
        hint = "one of its names is longer than that file system takes: choose a shorter one"
    raised = CopyFailed(f"{_shown(path)}: {doing}: {error.strerror or error}", hint=hint)
    raised.errno = error.errno
    return raised


def _shown(path: str) -> str:
    """Its beginning and its end, where it is longer than anybody reads."""
    return path if len(path) <= _LONGEST_SHOWN else f"{path[:200]} ... {path[-200:]}"


def changed(path: str, how: str) -> SourceChanged:
    return SourceChanged(
        f"{path}: {how} while it was copied; nothing was renamed",
        hint="let it rest, and run the same command again: what has changed is sent anew",
    )


def ended_early(path: str, fd: int, end: int) -> CopyFailed:
    """A source that could not be read to there: it shrank, or never had so many bytes."""
    return changed(path, "shrank") if os.fstat(fd).st_size < end else missized(path, "fewer")


def missized(path: str, how: str) -> CopyFailed:
    """A file whose size says nothing of what reading it gives."""
    return CopyFailed(
        f"{path}: holds {how} bytes than its size tells, as what is made only when it is read; nothing was renamed",
        hint="what reading it gives can be kept by hand, as with cat",
    )


def spoilt(path: str, start: int, end: int) -> CopyFailed:
    """What was read back is not what was written."""
    return CopyFailed(
        f"{path}: bytes {start} to {end} are not what was written there",
        hint="the destination's disk, server or memory changes what is written: nothing was renamed",
    )


def identity(stat: os.stat_result) -> tuple[int, int, int, int]:
    """What tells one state of a file from another, to a reader who cannot read it twice."""
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
