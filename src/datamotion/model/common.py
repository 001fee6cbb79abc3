"""The names of the snapshots that are kept common to all copies of a volume.

One that was taken at a source is held by every mirror whose policy carries its label. Its name tells the group, the
epoch and when it was taken, by the clock of who took it: so none is given twice, at whatever site, in whatever epoch.
"""

from __future__ import annotations

from datetime import UTC, datetime

PREFIX = "datamotion_common_"
_TIME = "%Y%m%d_%H%M%S"


def common_name(group: str, epoch: int, at: datetime) -> str:
    """
    >>> common_name("gold", 2, datetime(2031, 5, 4, 12, tzinfo=UTC))
    'datamotion_common_gold_2_20310504_120000'
    """
    return f"{PREFIX}{group}_{epoch}_{at.astimezone(UTC).strftime(_TIME)}"


def taken_at(group: str, name: str) -> datetime | None:
    """When the snapshot of that name was taken; None if it is not one of the group's.

    >>> taken_at("gold", "datamotion_common_gold_2_20310504_120000").isoformat()
    '2031-05-04T12:00:00+00:00'
    >>> taken_at("gold", "datamotion_common_golden_2_20310504_120000") is None
    True
    """
    epoch, _, time = name.removeprefix(f"{PREFIX}{group}_").partition("_")
    if not name.startswith(f"{PREFIX}{group}_") or not (epoch.isascii() and epoch.isdigit()):
        return None
    try:
        return datetime.strptime(time, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
