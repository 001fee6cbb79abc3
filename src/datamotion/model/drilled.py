"""What a volume's comment says that is a drill's: of which group and volume, since when, until when, and whose.

    [datamotion drill=gold volume=vol_1 since=2026-03-01T10:00:00+00:00 until=2026-03-01T12:00:00+00:00 by=kim@ops1]

Such a volume is a copy of nothing: whatever patterns select it, it is no member of a group.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, unquote

from datamotion.model.names import is_plain

_DRILLED = re.compile(r"\[datamotion drill=(\S+) volume=(\S+) since=(\S+) until=(\S+) by=(\S+)\]")


class Drilled(NamedTuple):
    """The drill of `group` serves this clone of a copy of `volume`; `by` is user and host. Instants are aware UTC."""

    group: str
    volume: str
    since: datetime
    until: datetime
    by: str

    def write(self) -> str:
        """A comment that says so and nothing else."""
        since, until = (each.isoformat(timespec="seconds") for each in (self.since, self.until))
        group, volume, by = (quote(each, safe="@") for each in (self.group, self.volume, self.by))
        return f"[datamotion drill={group} volume={volume} since={since} until={until} by={by}]"


def read_drilled(comment: str) -> Drilled | None:
    """None for what `write` did not write: anybody with rights at a volume can write its comment.

    >>> from datetime import UTC
    >>> since, until = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (10, 12))
    >>> drilled = Drilled("gold", "vol_1", since, until, "kim@ops1")
    >>> read_drilled(drilled.write()) == drilled
    True
    >>> read_drilled("[datamotion drill=gold volume=vol_1 since=x until=y by=kim]") is None
    True
    """
    found = _DRILLED.fullmatch(comment)
    if found is None:
        return None
    group, volume, by = (unquote(found[number]) for number in (1, 2, 5))
    try:
        drilled = Drilled(group, volume, datetime.fromisoformat(found[3]), datetime.fromisoformat(found[4]), by)
    except ValueError:
        return None
    is_ours = all(map(is_plain, (group, volume, by))) and drilled.write() == comment
    return drilled if is_ours and drilled.since.tzinfo and drilled.until.tzinfo else None
