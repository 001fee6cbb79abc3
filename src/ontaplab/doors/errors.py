"""What hosts are told: an error number of the operating system, as their programs see it, and the reason."""

from __future__ import annotations

import errno

from ontaplab.errors import OntapError

_OF_FILES = {
    "131100": errno.ENOSPC,
    "131102": errno.EROFS,
    "131138": errno.ENOTEMPTY,
    "6488081": errno.EIO,
    "6488083": errno.EISDIR,
    "6488117": errno.EACCES,
    "6488118": errno.EEXIST,
    "6684674": errno.ENOENT,
    "917752": errno.ESTALE,
    "918235": errno.ESTALE,
}
"""What the files API calls by a code."""


class DoorError(OSError):
    """A request that a host's program sees fail, with `errno`; `strerror` is why. Nothing was written, but for EIO.

    EACCES  export policy, share or mode bits do not let it
    EROFS   the volume is a mirror, or the export policy lets it read only
    ESTALE  what the handle stands for is not served any more: its volume is offline or gone, or the file is
    ENOENT  nothing is at that path, or there is no such SVM or share
    ETIMEDOUT, ECONNREFUSED  nobody answers: the SVM is stopped; its protocol is disabled
    EIO     written at the source, but not at a strictly synchronous destination
    EEXIST, EISDIR, ENOTEMPTY, ENOSPC  as with any file system
    """

    def __init__(self, number: int, why: str, path: str | None = None) -> None:
        super().__init__(number, why, path)


def of_files(error: OntapError, path: str) -> DoorError:
    """What the files API refused, in a host's words."""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno is not None:
        return DoorError(cause.errno, cause.strerror or error.message, path)
    return DoorError(_OF_FILES.get(error.code, errno.EIO), error.message, path)
