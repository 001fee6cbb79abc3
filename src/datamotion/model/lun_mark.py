"""What comments of LUNs say while one is copied elsewhere.

That of the old one says that it is kept from its hosts for that: without it, one that is off was off before. That of
the new one says which LUN it is a copy of, and before that one goes that its hosts have been given the new one: a LUN
that is gone without that was deleted by somebody else.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST_COMMENT = 254
"""Characters that ONTAP takes."""
_LEAVING = "[datamotion copies it elsewhere]"
_COPY = re.compile(r"\[datamotion copy of ([0-9A-Za-z_:~-]{1,100})(, off)?(, mapped)?\]$")


class CopyMark(NamedTuple):
    """Of which LUN something is a copy, and whether hosts could not use that one before it was copied.

    `is_mapped`: all who used that one have been given this one, so that one may go.
    """

    source_uuid: str
    was_off: bool
    is_mapped: bool = False

    def write(self, comment: str) -> str:
        """
        >>> CopyMark("9c1e", was_off=True).write("trees")
        'trees [datamotion copy of 9c1e, off]'
        """
        more = f"{', off' if self.was_off else ''}{', mapped' if self.is_mapped else ''}"
        return _joined(comment, f"[datamotion copy of {self.source_uuid}{more}]")


def leaving(comment: str) -> str:
    """With the mark of a LUN that is kept from its hosts until it is served elsewhere."""
    return _joined(comment, _LEAVING)


def is_leaving(comment: str) -> bool:
    return comment.endswith(_LEAVING)


def copy_mark(comment: str) -> CopyMark | None:
    """
    >>> copy_mark("trees [datamotion copy of 9c1e]"), copy_mark("trees")
    (CopyMark(source_uuid='9c1e', was_off=False, is_mapped=False), None)
    """
    found = _COPY.search(comment)
    return CopyMark(found[1], was_off=found[2] is not None, is_mapped=found[3] is not None) if found else None


def unmarked(comment: str) -> str:
    """What people wrote.

    >>> unmarked(leaving("trees")), unmarked(CopyMark("9c1e", was_off=False).write("trees"))
    ('trees', 'trees')
    """
    return _COPY.sub("", comment.removesuffix(_LEAVING)).removesuffix(" ")


def _joined(comment: str, mark: str) -> str:
    return f"{comment} {mark}" if comment else mark
