"""What one cluster may take of this machine: time, bytes, pages, depth. All of it is set here.

A cluster that is broken, overloaded or taken over may drip, flood, nest, compress or loop. What it sends is bounded
while it is read, before anything is made of it; what is more ends the reading of this cluster, and of no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import anyio
import httpx

from datamotion.ontap.dates import Dates

_PLAIN = frozenset({"", "identity"})
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)  # possessive: it never goes back
_NO_BRACKETS = re.compile(r"[^\[\]{}]++")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`look_s` is for a look as a whole; `change_s` for one change, from connecting to the last byte of its answer.

    A clock that differs from ours by more than `clock_s` is not believed.
    All answers to a look may be four times as long as one. ONTAP's JSON has some 25 bytes for each value, and no look
    comes near its length; with many more values than that it is made to fill the memory. Nor are more than so many
    records of one collection taken one by one for what they are, when they cannot be read.
    """

    look_s: float
    change_s: float
    answer_bytes: int
    clock_s: float = 300
    pages: int = 1000
    depth: int = 32
    illegible: int = 1000

    @property
    def look_bytes(self) -> int:
        return 4 * self.answer_bytes

    @property
    def look_values(self) -> int:
        return self.look_bytes // 32


class Overrun(Exception):
    """More than the limits allow, in words that go after "the answer"."""


class Budget:
    """What is left of the limits, for one look or one change; and the times that its answers were given at.

    `is_busy`: the last answer was that the cluster has too much to do.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.dates = Dates()
        self.is_busy = False
        self._bytes = limits.look_bytes
        self._values = limits.look_values
        self._pages = limits.pages

    def turn_page(self) -> None:
        """Raises: Overrun."""
        self._pages -= 1
        if self._pages < 0:
            raise Overrun(f"goes on after {self.limits.pages} pages")

    async def read(self, response: httpx.Response) -> bytes:
        """The body, read as it comes. Raises: Overrun as soon as it is too long, and where it is compressed."""
        encoding = response.headers.get("content-encoding", "")
        if encoding.strip().lower() not in _PLAIN:
            raise Overrun(f"is compressed ({encoding!r:.40}), which was not asked for")
        body, excess = bytearray(), ""
        with anyio.CancelScope() as scope:
            async for chunk in response.aiter_bytes():
                if not excess:
                    body += chunk
                    self._bytes -= len(chunk)
                    excess = self._excess(len(body))
                if excess:
                    scope.cancel()  # ends the reading from within, so that nothing of it is left open
        if excess:
            raise Overrun(excess)
        return bytes(body)

    def _excess(self, size: int) -> str:
        if size > self.limits.answer_bytes:
            return f"is longer than {_mib(self.limits.answer_bytes)}"
        return f"makes it more than {_mib(self.limits.look_bytes)} in all" if self._bytes < 0 else ""

    def count(self, body: bytes) -> None:
        """Raises: Overrun where this JSON would become too many values. Quick: nothing is made of it."""
        self._values -= body.count(b"{") + body.count(b"[") + body.count(b",")
        if self._values < 0:
            raise Overrun(f"makes it more than {self.limits.look_values} values in all")

    def check_depth(self, text: str) -> None:
        """Raises: Overrun where this JSON is nested too deep."""
        depth = 0
        for each in _NO_BRACKETS.sub("", _STRING.sub("", text)):
            depth += 1 if each in "[{" else -1
            if depth > self.limits.depth:
                raise Overrun(f"is nested deeper than {self.limits.depth}")


def _mib(size: int) -> str:
    return f"{size / 2**20:g} MiB"
