"""Durations with units, as people write them: 90s, 15m, 2h, 1d12h."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_EXPECTED = "a duration longer than nothing, with its unit, such as 90s, 15m, 2h or 1d12h"
# Six digits a unit keep the sum within what a timedelta can hold.
_DURATION = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.ASCII)


def parse_duration(written: object) -> timedelta:
    """The duration that `written` stands for; a timedelta stands for itself.

    Raises: ValueError, saying what was expected.

    >>> parse_duration("1d12h") == timedelta(days=1, hours=12)
    True
    """
    if isinstance(written, timedelta):
        duration = written
    else:
        found = _DURATION.fullmatch(written) if isinstance(written, str) else None
        if found is None:
            raise ValueError(_EXPECTED)
        days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
        duration = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if duration <= timedelta(0):
        raise ValueError(_EXPECTED)
    return duration


def format_duration(duration: timedelta) -> str:
    """What `parse_duration` reads back, to the second.

    >>> format_duration(timedelta(seconds=90)), format_duration(timedelta(hours=36))
    ('1m30s', '1d12h')
    """
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = zip((days, hours, minutes, seconds), "dhms", strict=True)
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
