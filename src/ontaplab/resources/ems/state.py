"""An event of the cluster's event management system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MOST = 1000
"""Events that are kept; the oldest go first."""

Severity = Literal["emergency", "alert", "error", "notice"]
NAMES: dict[Severity, str] = {
    "emergency": "app.log.emerg",
    "alert": "app.log.alert",
    "error": "app.log.error",
    "notice": "app.log.notice",
}
"""What the events are called that applications log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    uuid: str
    index: int
    time: datetime
    name: str
    severity: Severity
    message: str
