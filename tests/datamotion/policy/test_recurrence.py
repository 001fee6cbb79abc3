"""How far apart the firings of a schedule are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from datamotion.model.cluster_records import Schedule
from datamotion.policy.recurrence import intervals

WEEKDAYS = (1, 2, 3, 4, 5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("cron", "shortest", "longest"),
    [
        ({"minutes": (5,)}, HOUR, HOUR),
        ({"minutes": (10, 0, 5, 5)}, HOUR / 12, HOUR * 5 / 6),
        ({"minutes": ()}, HOUR / 60, HOUR / 60),
        ({"minutes": (10,), "hours": (0,)}, DAY, DAY),
        ({"minutes": (15,), "hours": (2, 10, 18)}, 8 * HOUR, 8 * HOUR),
        ({"minutes": (0,), "hours": (9, 17), "weekdays": WEEKDAYS}, 8 * HOUR, 2 * DAY + 16 * HOUR),
        ({"minutes": (15,), "hours": (0,), "weekdays": (0,)}, 7 * DAY, 7 * DAY),
        ({"minutes": (20,), "hours": (0,), "days": (1,)}, 28 * DAY, 31 * DAY),
        ({"minutes": (0,), "hours": (0,), "days": (29,), "months": (2,)}, 1461 * DAY, 1461 * DAY),
    ],
)
def test_the_shortest_and_the_longest(
    cron: dict[str, tuple[int, ...]], shortest: timedelta, longest: timedelta
) -> None:
    assert intervals(Schedule(name="it", **cron)) == (shortest, longest)


@pytest.mark.parametrize(
    "cron",
    [
        {"minutes": (0,), "days": (31,), "months": (2,)},
        {"minutes": (60,)},
        {"minutes": (0,), "hours": (24,)},
        {"minutes": (0,), "days": (0,)},
        {"minutes": (0,), "weekdays": (9,)},
    ],
)
def test_what_never_fires_or_cannot_be_has_none(cron: dict[str, tuple[int, ...]]) -> None:
    assert intervals(Schedule(name="it", **cron)) is None
