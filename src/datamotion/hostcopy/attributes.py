"""What stands beside the bytes of a file: owner, mode, extended attributes, access control lists, times."""

from __future__ import annotations

import errno
import os
import stat as modes

from datamotion.hostcopy.failing import failed
from datamotion.hostcopy.tally import Tally

_NONE = {errno.EOPNOTSUPP, errno.ENOSYS}
_MAY_NOT = {errno.EPERM, errno.EACCES, errno.EINVAL, errno.EOPNOTSUPP}
_AS_ANOTHER = modes.S_ISUID | modes.S_ISGID
_ACL = "system."
_LABEL = "security.selinux"  # the destination's policy gives its own


def carry_attributes(
    there: int | str,
    here: int | str,
    stat: os.stat_result,
    tally: Tally,
    path: str,
    *,
    made: os.stat_result | None = None,
) -> None:
    """The destination has the source's owner, mode, attributes and times, as far as this account may set them.

    `there` and `here` are open files, or paths that no link is followed of. `made`: how the destination stands, where
    that is known. What may not be set is noted. The times come last: whoever sees them sees a file that is done.

    Raises: CopyFailed.
    """
    is_link = modes.S_ISLNK(stat.st_mode)
    follow, mode = isinstance(here, int), modes.S_IMODE(stat.st_mode)
    try:
        if made is None or (made.st_uid, made.st_gid) != (stat.st_uid, stat.st_gid):
            try:
                os.chown(here, stat.st_uid, stat.st_gid, follow_symlinks=follow)
            except OSError as error:
                if error.errno not in _MAY_NOT:
                    raise
                tally.note("the owner or group of some could not be set: that takes root")
                if modes.S_ISREG(stat.st_mode) and mode & _AS_ANOTHER:
                    tally.note("programs that run as their owner or group do not as copies of somebody else's")
                    mode &= ~_AS_ANOTHER
        if not is_link:
            os.chmod(here, mode)
        _carry_extended(there, here, tally, follow=follow)
        times = (stat.st_atime_ns, stat.st_mtime_ns)
        os.utime(here, ns=times, follow_symlinks=follow)
    except OSError as error:
        raise failed("its owner, mode, attributes or times cannot be set", path, error) from error


def _carry_extended(there: int | str, here: int | str, tally: Tally, *, follow: bool) -> None:
    """Those of the source and no others: an older copy has what was revoked, a new one what its folder hands on."""
    wanted = _names(there, follow=follow)
    for name in sorted(wanted | _names(here, follow=follow)):
        try:
            if name in wanted:
                os.setxattr(here, name, os.getxattr(there, name, follow_symlinks=follow), follow_symlinks=follow)
            else:
                os.removexattr(here, name, follow_symlinks=follow)
        except OSError as error:
            if error.errno not in _MAY_NOT:
                raise
            what = "access control lists" if name.startswith(_ACL) else f"attribute {name}"
            done = "set" if name in wanted else "removed"
            tally.note(f"{what} of some could not be {done}: {os.strerror(error.errno or 0)}")


def _names(path: int | str, *, follow: bool) -> set[str]:
    """None, where the file system has none."""
    try:
        return set(os.listxattr(path, follow_symlinks=follow)) - {_LABEL}
    except OSError as error:
        if error.errno in _NONE:
            return set()
        raise
