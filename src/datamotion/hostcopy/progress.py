"""How far a copy is."""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.hostcopy.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyProgressReport:
    """Bytes that are dealt with, of all that are known so far; `is_whole`: of all there are.

    `bytes_s` is how fast they come now; `seconds_left` by the mean so far, None where nobody can tell.
    """

    passed: int
    total: int
    is_whole: bool
    bytes_s: float
    seconds_left: float | None


def progress_of(tally: Tally, bytes_s: float, mean_bytes_s: float) -> CopyProgressReport:
    """At this moment."""
    left = max(0, tally.total - tally.passed)
    return CopyProgressReport(
        passed=tally.passed,
        total=tally.total,
        is_whole=tally.is_whole,
        bytes_s=bytes_s,
        seconds_left=left / mean_bytes_s if tally.is_whole and mean_bytes_s else None,
    )
