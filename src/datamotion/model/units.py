"""Sizes, durations and moments as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size_text(size_bytes: int) -> str:
    """
    >>> size_text(0), size_text(1536), size_text(20 * 2**20)
    ('0 B', '1.5 KiB', '20 MiB')
    """
    value = float(size_bytes)
    unit = 0
    while value >= 1000 and unit < len(_BINARY) - 1:
        value /= 1024
        unit += 1
    number = f"{value:.0f}" if unit == 0 or value >= 9.95 else f"{value:.1f}".removesuffix(".0")
    return f"{number} {_BINARY[unit]}"


def duration_text(duration: timedelta) -> str:
    """The two leading units of a duration; a fraction only below ten seconds, and only if there is one.

    >>> duration_text(timedelta(hours=26, minutes=3)), duration_text(timedelta(seconds=1.25))
    ('1 d 2 h', '1.2 s')
    """
    seconds = duration.total_seconds()
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    left = round(seconds)
    parts: list[tuple[int, str]] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or parts:
            parts.append((count, unit))
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count)


def age_text(age: timedelta) -> str:
    """How old something is. Ages are told in whole seconds: none is no proof that nothing came since.

    >>> age_text(timedelta()), age_text(timedelta(seconds=90))
    ('less than 1 s', '1 min 30 s')
    """
    return "less than 1 s" if age < timedelta(seconds=1) else duration_text(age)


def last_text(age: timedelta) -> str:
    """The time since then, as what was written in it is given up.

    >>> last_text(timedelta()), last_text(timedelta(hours=3))
    ('the last second', 'the last 3 h')
    """
    return "the last second" if age < timedelta(seconds=1) else f"the last {duration_text(age)}"


def moment_text(moment: datetime, *, to_seconds: bool = False, zone: str = " UTC") -> str:
    """A moment, which is in UTC as all are that are kept here; `zone` is empty where there is no room to say so.

    >>> moment_text(datetime(2031, 5, 4, 12, 5, 6)), moment_text(datetime(2031, 5, 4, 12, 5, 6), to_seconds=True)
    ('2031-05-04 12:05 UTC', '2031-05-04 12:05:06 UTC')
    """
    return f"{moment:%Y-%m-%d %H:%M{':%S' if to_seconds else ''}}{zone}"


def count_text(count: int, thing: str) -> str:
    """
    >>> count_text(1, "volume"), count_text(4, "volume")
    ('1 volume', '4 volumes')
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
