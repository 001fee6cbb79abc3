"""A job's record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from ontaplab.errors import OntapError

KEPT = timedelta(seconds=300)
"""How long a finished job can be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    uuid: str
    description: str
    state: Literal["queued", "running", "paused", "success", "failure"]
    started: datetime
    ended: datetime | None = None
    code: str = "0"
    message: str = ""
    svm: str | None = None
    """uuid of the SVM it works for."""

    @property
    def is_over(self) -> bool:
        return self.ended is not None

    def succeeded(self, now: datetime) -> Job:
        return replace(self, state="success", ended=now, message="success")

    def failed(self, error: OntapError, now: datetime) -> Job:
        return replace(self, state="failure", ended=now, code=error.code, message=error.message)
