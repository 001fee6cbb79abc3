"""Instants and durations as ONTAP writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)(?:\.\d+)?S)?)?",
    re.IGNORECASE,
)


def format_instant(instant: datetime) -> str:
    """Seconds and a numeric offset, no fraction and no `Z`: what every known client can parse.

    >>> format_instant(datetime(2026, 3, 1, 12, 5, 9, 700, tzinfo=UTC))
    '2026-03-01T12:05:09+00:00'
    """
    return instant.astimezone(UTC).isoformat(timespec="seconds")


def parse_instant(text: str) -> datetime | None:
    """The instant, in UTC; None if the text is not one. A space stands for the `+` that a query string lost."""
    try:
        instant = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def format_duration(duration: timedelta) -> str:
    """ISO 8601, whole seconds; days appear from the first day on.

    >>> format_duration(timedelta(hours=8, minutes=35, seconds=42)), format_duration(timedelta(0))
    ('PT8H35M42S', 'PT0S')
    >>> format_duration(timedelta(days=2, minutes=1))
    'P2DT1M'
    """
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count]
    if not days:
        return "PT" + ("".join(parts) or "0S")
    return f"P{days}D" + ("T" + "".join(parts) if parts else "")


def parse_duration(text: str) -> timedelta | None:
    """None if the text is not an ISO 8601 duration in weeks, days, hours, minutes and seconds."""
    found = _DURATION.fullmatch(text.strip())
    parts = {unit: int(count) for unit, count in found.groupdict().items() if count} if found else {}
    return timedelta(**parts) if parts else None
