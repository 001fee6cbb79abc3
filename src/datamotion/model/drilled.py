"""What a volume's comment says that is a drill's: of which group and volume, since when, until when, and whose.

    [datamotion drill=gold volume=vol_1 since=2026-03-01T10:00:00+00:00 until=2026-03-01T12:00:00+00:00 by=kim@ops1
     at=hourly.2026-03-01_0905]

Such a volume is a copy of nothing: whatever patterns select it, it is no member of a group.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, unquote

from datamotion.model.mark import LONGEST_COMMENT
from datamotion.model.names import is_plain

_DRILLED = re.compile(r"\[datamotion drill=(\S+) volume=(\S+) since=(\S+) until=(\S+) by=(\S+?)(?: at=(\S+))?\]")


class Drilled(NamedTuple):
    """The drill of `group` serves this clone of a copy of `volume`; `by` is user and host. Instants are aware UTC.

    `snapshot` is what it was cloned at, None where that is not told.
    """

    group: str
    volume: str
    since: datetime
    until: datetime
    by: str
    snapshot: str | None = None

    def write(self) -> str:
        """A comment that says so and nothing else."""
        since, until = (each.isoformat(timespec="seconds") for each in (self.since, self.until))
        group, volume, by = (quote(each, safe="@") for each in (self.group, self.volume, self.by))
        at = f" at={quote(self.snapshot, safe='@')}" if self.snapshot else ""
        head = f"[datamotion drill={group} volume={volume} since={since} until={until} by={by}"
        fits = len(head) + len(at) < LONGEST_COMMENT
        return f"{head}{at if fits else ''}]"


def read_drilled(comment: str) -> Drilled | None:
    """None for what `write` did not write: anybody with rights at a volume can write its comment.

    >>> from datetime import UTC
    >>> since, until = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (10, 12))
    >>> drilled = Drilled("gold", "vol_1", since, until, "kim@ops1")
    >>> at = drilled._replace(snapshot="by hand")
    >>> read_drilled(drilled.write()) == drilled, read_drilled(at.write()) == at
    (True, True)
    >>> read_drilled("[datamotion drill=gold volume=vol_1 since=x until=y by=kim]") is None
    True
    """
    found = _DRILLED.fullmatch(comment)
    if found is None:
        return None
    group, volume, by = (unquote(found[number]) for number in (1, 2, 5))
    try:
        since, until = datetime.fromisoformat(found[3]), datetime.fromisoformat(found[4])
        drilled = Drilled(group, volume, since, until, by, unquote(found[6]) if found[6] else None)
    except ValueError:
        return None
    is_ours = all(map(is_plain, (group, volume, by, drilled.snapshot or ""))) and drilled.write() == comment
    return drilled if is_ours and drilled.since.tzinfo and drilled.until.tzinfo else None
