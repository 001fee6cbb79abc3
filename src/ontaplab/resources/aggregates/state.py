"""An aggregate's record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """What space is left follows from the volumes on it."""

    uuid: str
    name: str
    size_bytes: int
    state: Literal["online", "offline", "restricted"] = "online"
    storage_type: Literal["ssd", "hdd", "hybrid"] = "ssd"
