"""That `pause` paused a mirror: who, when and why, as words in the mark of its volume."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from datamotion.model.mark import Mark
from datamotion.model.units import moment_text

_WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


class Paused(NamedTuple):
    """`at` as it is written; `reason` as it was given, if one was."""

    at: str
    by: str | None
    reason: str | None

    @classmethod
    def now(cls, at: datetime, by: str, reason: str | None) -> Paused:
        return cls(f"{at:{_WRITTEN}}", by, reason)

    @property
    def text(self) -> str:
        """As people read it.

        >>> Paused("2031-05-04T12:00:00Z", "ann@ops, process 7", "new shelf").text
        'paused by ann@ops, process 7, at 2031-05-04 12:00 UTC (new shelf)'
        """
        try:
            at = moment_text(datetime.strptime(self.at, _WRITTEN))  # noqa: DTZ007  # its zone is in the format
        except ValueError:  # somebody else's hand
            at = self.at
        why = f" ({self.reason})" if self.reason else ""
        return f"paused by {self.by or 'somebody'}, at {at}{why}"


def paused_of(mark: Mark | None) -> Paused | None:
    """None where `pause` did not pause it, as far as its mark tells."""
    return Paused(mark.paused, mark.paused_by, mark.reason) if mark is not None and mark.paused else None


def with_paused(mark: Mark, paused: Paused | None) -> Mark:
    """The mark with these words, or with none of them."""
    at, by, reason = paused or (None, None, None)
    return replace(mark, paused=at, paused_by=by, reason=reason)
