"""A run as it goes, for programs: one JSON object a line on standard output, when it happens."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import TracebackType
from typing import Self

from datamotion.clock import Clock
from datamotion.service.documents import document_json
from datamotion.service.events import EventReport, Follower, Happening, TransfersReport


class StreamingWatcher(Follower):
    """Prints each event as it comes; of transfers that are waited for, only what has changed.

    A line that cannot be written is the last one: it stops no run.
    """

    def __init__(self, clock: Clock, *, group: str, operation: str) -> None:
        super().__init__(clock, group=group, operation=operation)
        self._waited: TransfersReport | None = None
        self._is_read = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def told(self, event: EventReport) -> None:
        if event.what is Happening.WAITING:
            news = event.transfers and replace(event.transfers, seconds_left=None)
            if news == self._waited:
                return
            self._waited = news
        if self._is_read:
            try:
                sys.stdout.write(f"{document_json('event', event, indent=None)}\n")
                sys.stdout.flush()
            except OSError:
                self._is_read = False
