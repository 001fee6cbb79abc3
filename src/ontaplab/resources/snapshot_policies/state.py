"""A snapshot policy's record and the built-in ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

MOST_COPIES = 1023
"""What a volume can hold is what a policy may keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """At each firing of the schedule a snapshot is taken; the newest `count` of them are kept."""

    schedule: str
    """uuid of the schedule."""
    count: int
    prefix: str
    label: str | None = None
    retention_period: str | None = None

    def name_at(self, due: datetime) -> str:
        """What the snapshot of that firing is called.

        >>> Copies(schedule="", count=1, prefix="hourly").name_at(datetime(2026, 3, 1, 12, 5))
        'hourly.2026-03-01_1205'
        """
        return f"{self.prefix}.{due:%Y-%m-%d_%H%M}"

    def made(self, name: str) -> bool:
        """Whether a snapshot of that name comes from this schedule."""
        return re.fullmatch(re.escape(self.prefix) + r"\.\d{4}-\d\d-\d\d_\d{4}", name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotPolicy:
    """Its name is its own within its SVM and among the cluster's, and never changes."""

    uuid: str
    name: str
    svm: str | None = None
    """uuid of the SVM that owns it; None: the cluster."""
    enabled: bool = True
    comment: str = ""
    copies: tuple[Copies, ...] = ()
    is_built_in: bool = False


NONE = "none"
"""The policy that takes no snapshots."""

BUILT_IN: tuple[tuple[str, str, dict[str, int]], ...] = (
    ("default", "Default policy with hourly, daily & weekly schedules.", {"hourly": 6, "daily": 2, "weekly": 2}),
    (
        "default-1weekly",
        "Default policy with 6 hourly, 2 daily & 1 weekly schedule.",
        {"hourly": 6, "daily": 2, "weekly": 1},
    ),
    (NONE, "Policy for no automatic snapshots.", {}),
)
"""Name, comment, and counts by schedule. Assumption: the counts of default-1weekly."""

LABELLED = frozenset({"daily", "weekly"})
"""Schedules whose snapshots the built-in policies label, with their names. Assumption: that these are labelled."""
