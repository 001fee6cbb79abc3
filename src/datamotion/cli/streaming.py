"""A run as it goes, for programs: one JSON object a line on standard output, when it happens."""

from __future__ import annotations

import sys
from dataclasses import replace

from datamotion.clock import Clock
from datamotion.service.documents import document_json
from datamotion.service.events import EventReport, Follower, Happening, TransfersReport
from datamotion.service.progress import VolumeProgress


class StreamingWatcher(Follower):
    """Prints each event as it comes; of transfers that are waited for, and of volumes under way, only what has changed.

    A line that cannot be written is the last one: it stops no run.
    """

    def __init__(self, clock: Clock, *, group: str, operation: str) -> None:
        super().__init__(clock, group=group, operation=operation)
        self._waited: TransfersReport | None = None
        self._moved: dict[tuple[str, str | None], object] = {}
        self._is_read = True

    def told(self, event: EventReport) -> None:
        if event.what is Happening.WAITING:
            news = event.transfers and replace(event.transfers, seconds_left=None)
            moved = {_where(each): (each.doing, each.moved_bytes) for each in event.under_way}
            changed = [each for each in event.under_way if moved[_where(each)] != self._moved.get(_where(each))]
            if news == self._waited and not changed:
                return
            self._waited, self._moved = news, dict(moved)
            event = replace(event, under_way=tuple(changed))
        if self._is_read:
            try:
                sys.stdout.write(f"{document_json('event', event, indent=None)}\n")
                sys.stdout.flush()
            except OSError:
                self._is_read = False


def _where(volume: VolumeProgress) -> tuple[str, str | None]:
    return volume.backend, volume.volume
