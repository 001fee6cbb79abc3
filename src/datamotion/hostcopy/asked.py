"""What is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

SMALLEST = 16 << 20
"""Bytes: a file that is larger is copied in pieces, none smaller than this but the last."""


class Verify(StrEnum):
    """How far the destination is checked: docs/copy.md says what each promises."""

    FAST = "fast"
    FULL = "full"
    NONE = "none"


@dataclass(frozen=True)
class Asked:
    """One copy. `source` and `destination` are absolute, and no link is left in the destination's folder.

    `bytes_per_s` is None without a limit. `delta` begins with the older copy that is there, `in_place` writes into it.
    """

    source: str
    destination: str
    verify: Verify = Verify.FAST
    bytes_per_s: int | None = None
    force: bool = False
    delta: bool = False
    in_place: bool = False
    sync: bool = False
    smallest_piece: int = SMALLEST

    @cached_property
    def temporary(self) -> str:
        """Where the copy grows, in the folder of the destination."""
        return beside(self.destination, "copy")

    @cached_property
    def journal(self) -> str:
        return beside(self.destination, "journal")

    @property
    def to_give_up(self) -> str:
        """What a person does about a copy that is not to be gone on with."""
        return f"to give up, remove {self.temporary} and {self.journal}"


_LONGEST = 220  # bytes: what is added has to fit into a name of 255


def beside(path: str, what: str) -> str:
    """A hidden name in the same folder, that no two of its names share unless they begin with the same 220 bytes."""
    folder, name = os.path.split(path)
    short = os.fsdecode(os.fsencode(name)[:_LONGEST])
    return os.path.join(folder, f".{short}.datamotion-{what}")
