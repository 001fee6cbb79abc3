"""A run as it goes, as values: what a terminal shows line by line, and what `-o jsonl` prints."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from datamotion.clock import Clock
from datamotion.model.acts import Act, AwaitIdle, AwaitTransfer
from datamotion.model.records import Transfer
from datamotion.model.standing import Standing
from datamotion.model.words import TransferState
from datamotion.service.act_reports import ActKind, kind_of

_log = logging.getLogger(__name__)


class Happening(StrEnum):
    """What an event tells of its acts."""

    ASKING = "asking"  # the cluster is asked for them
    REACHED = "reached"  # they were seen to hold
    GIVEN_UP = "given up"  # their volumes are left as they are
    WAITING = "waiting"  # transfers that they wait for go on


@dataclass(frozen=True, slots=True, kw_only=True)
class TransfersReport:
    """Transfers that are awaited: how many run, are queued at their cluster, or have not begun.

    `moved_bytes` is what those that run have carried so far. `left_bytes` is None where sizes were not seen, and
    `seconds_left` until bytes were seen to become less.
    """

    running: int
    queued: int
    not_begun: int
    moved_bytes: int
    left_bytes: int | None
    seconds_left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReport:
    """One thing that happened in a run to acts of one `act_kind` at one cluster.

    `step` is the title of their step. `volumes` are whom they are for, none where all of a back end are served; `why`
    they were given up, None otherwise. `transfers` are those that are waited for, None otherwise.
    """

    at: datetime
    group: str
    operation: str
    what: Happening
    cluster: str
    step: str
    act_kind: ActKind
    backends: tuple[str, ...]
    volumes: tuple[str, ...]
    why: str | None
    transfers: TransfersReport | None


class Follower(ABC):
    """Makes events of what the engine tells: fulfils its port `Watcher`. Who shows them says how in `told`."""

    def __init__(self, clock: Clock, *, group: str = "", operation: str = "") -> None:
        self._clock = clock
        self._group = group
        self._operation = operation
        self._first_left: tuple[float, int] | None = None  # when, and how many bytes

    @abstractmethod
    def told(self, event: EventReport) -> None:
        """Shown. Raises nothing: it would stop the run."""

    def asking(self, acts: Sequence[Act]) -> None:
        self.told(self._event(Happening.ASKING, acts))

    def reached(self, acts: Sequence[Act]) -> None:
        self.told(self._event(Happening.REACHED, acts))

    def given_up(self, acts: Sequence[Act], why: str) -> None:
        self.told(self._event(Happening.GIVEN_UP, acts, why=why))

    def waiting(self, acts: Sequence[Act], standing: Standing) -> None:
        awaited = [act for act in acts if isinstance(act.change, AwaitTransfer | AwaitIdle)]
        if awaited:
            self.told(self._event(Happening.WAITING, awaited, transfers=self._transfers(awaited, standing)))

    def _event(
        self, what: Happening, acts: Sequence[Act], *, why: str | None = None, transfers: TransfersReport | None = None
    ) -> EventReport:
        event = EventReport(
            at=self._clock.now(),
            group=self._group,
            operation=self._operation,
            what=what,
            cluster=acts[0].cluster,
            step=acts[0].title,
            act_kind=kind_of(type(acts[0].change)),
            backends=tuple(dict.fromkeys(act.backend for act in acts)),
            volumes=tuple(dict.fromkeys(act.volume for act in acts if act.volume is not None)),
            why=why,
            transfers=transfers,
        )
        if what is not Happening.WAITING:  # of that there may be one at each look
            whom = ", ".join(event.volumes)
            _log.info("%s %s: %s (%s)%s", what, event.cluster, event.step, whom, f": {why}" if why else "")
        return event

    def _transfers(self, awaited: Sequence[Act], standing: Standing) -> TransfersReport:
        transfers = [each for act in awaited if (each := _transfer_of(act, standing))]
        moved = sum(each.bytes_transferred or 0 for each in transfers)
        queued = sum(each.state is TransferState.QUEUED for each in transfers)
        to_move = _bytes_to_move(awaited, standing)
        left = None if to_move is None else max(to_move - moved, 0)
        return TransfersReport(
            running=len(transfers) - queued,
            queued=queued,
            not_begun=len(awaited) - len(transfers),
            moved_bytes=moved,
            left_bytes=left,
            seconds_left=self._seconds_left(left),
        )

    def _seconds_left(self, left: int | None) -> float | None:
        """By how fast what is left has become less since it was first told."""
        now = self._clock.monotonic_s()
        if left is None:
            return None
        if self._first_left is None or left > self._first_left[1]:
            self._first_left = now, left
        since, at_first = self._first_left
        return None if left == at_first else round(left * (now - since) / (at_first - left), 1)


def _transfer_of(act: Act, standing: Standing) -> Transfer | None:
    """The transfer that an act waits for, as it is now; None where none runs."""
    copy = standing.copy(act.backend, act.volume or "")
    relationship = copy.edge.relationship if copy and copy.edge else None
    return relationship.transfer if relationship and relationship.is_transferring else None


def _bytes_to_move(acts: Sequence[Act], standing: Standing) -> int | None:
    """What the sources hold, where they were seen: a first transfer moves that much. None when it is not known."""
    sources = [
        standing.copies.get(active) if (active := standing.active.get(act.volume or "")) else None for act in acts
    ]
    sizes = [copy.volume.used_bytes if copy else None for copy in sources]
    return sum(size for size in sizes if size is not None) if all(sizes) else None
