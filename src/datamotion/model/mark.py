"""The mark in a volume's comment: whose copy this is, and what its clients need. The clusters are the truth.

    nightly build trees [datamotion group=gold volume=vol_1 origin=9c1e... path=/vol_1 export=default]

What people wrote in the comment stays; only the bracket is ours. A mark holds what does not change while a volume is
protected, so it is written when that begins: who serves, and since when, stands in a claim (`claim.py`).

`volume` is what the group calls the volume, whatever each copy is named by now. `origin` is the uuid of the volume that
was protected first: two copies with the same origin are copies of one volume, and names alone never say so. `epoch`
stands only with a copy that was taken over while others of its group were left behind: then the claim alone does not
tell which volumes it is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import lru_cache
from urllib.parse import quote, unquote

from datamotion.model.names import is_plain

LONGEST_COMMENT = 1023
"""Bytes that ONTAP takes as a volume's comment (`volume modify`)."""

_MARK = re.compile(r" ?\[datamotion (group=[^\s\]]{1,1023}(?: [a-z_]{1,20}=[^\s\]]{0,1023}){0,17})\]")
_EPOCH = re.compile(r"[1-9]\d{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """`path`, `export`, `snapshots` and `qos` are the served copy's junction path and policies; None: it has none.

    `autosize` is its mode, None where it is the one that mirrors have anyway; `efficiency` what of that is switched on,
    "dedupe:background,compression:inline".
    `qtrees`, of a fenced copy: the export policies that its qtrees had of their own, "1:clients,3:guests" by their ids.
    `luns`, of one that has any: those that hosts could not use before either, "a,b" by their paths; "-": none.
    `maps` and `shares` are by what hosts come to the served copy (`ways_in.py`).
    `paused`, of a mirror that `pause` paused: when, beside by whom and why (`paused.py`).
    `frozen`, of a copy that a planned failover keeps clients away from: its last snapshot, taken once none could come.
    """

    group: str
    volume: str
    origin: str
    path: str | None = None
    export: str | None = None
    snapshots: str | None = None
    qos: str | None = None
    autosize: str | None = None
    efficiency: str | None = None
    qtrees: str | None = None
    luns: str | None = None
    maps: str | None = None
    shares: str | None = None
    epoch: int | None = None
    paused: str | None = None
    paused_by: str | None = None
    reason: str | None = None
    frozen: str | None = None

    @property
    def text(self) -> str:
        """The bracket."""
        words = (
            f"{each.name}={quote(str(value), safe='/:,')}"
            for each in fields(self)
            if (value := getattr(self, each.name))
        )
        return f"[datamotion {' '.join(words)}]"

    def write(self, comment: str) -> str:
        """`comment` with this mark in place of any earlier one; the rest of it untouched."""
        text = without_mark(comment)
        return f"{text}{' ' if text else ''}{self.text}"

    def fits(self, comment: str) -> bool:
        """Whether the cluster takes `comment` with this mark: a person's text is never cut to make room."""
        return len(self.write(comment).encode()) <= LONGEST_COMMENT


_WORDS = frozenset(each.name for each in fields(Mark))


@lru_cache(maxsize=2**15)  # every look reads the same comments again
def read_mark(comment: str) -> Mark | None:
    """The last mark in a volume's comment; None where there is none, or none that can be read.

    Read is what `write` writes and nothing else: anybody with rights at a volume can write its comment.

    >>> read_mark("trees [datamotion group=gold volume=vol_1 origin=9c1e path=/v%201]").path
    '/v 1'
    >>> read_mark("trees [datamotion is great]") is None
    True
    """
    if "[datamotion " not in comment or len(comment) > LONGEST_COMMENT:
        return None
    found = [each for each in map(_parsed, _MARK.finditer(comment)) if each is not None]
    return found[-1] if found else None


def without_mark(comment: str) -> str:
    """What people wrote.

    >>> without_mark("trees [datamotion group=gold volume=vol_1 origin=9c1e] [datamotion is great]")
    'trees [datamotion is great]'
    """
    if len(comment) > LONGEST_COMMENT:
        return comment
    return _MARK.sub(lambda found: "" if _parsed(found) else found[0], comment)


def _parsed(found: re.Match[str]) -> Mark | None:
    words = dict(word.split("=", 1) for word in found[1].split(" "))
    epoch = words.pop("epoch", None)
    if not words.keys() <= _WORDS:
        return None
    if epoch is not None and not _EPOCH.fullmatch(epoch):
        return None
    try:
        mark = Mark(
            **{name: unquote(value, errors="strict") if "%" in value else value for name, value in words.items()},
            epoch=int(epoch) if epoch else None,
        )
    except (TypeError, UnicodeDecodeError):  # group, volume or origin is missing, or a byte is no text
        return None
    is_clean = all(is_plain(str(getattr(mark, name))) for name in words)
    return mark if is_clean and mark.text == found[0].lstrip(" ") else None
