"""A run as it goes, as values: what a terminal shows line by line, and what `-o jsonl` prints."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Self

from datamotion.clock import Clock
from datamotion.engine.ports import Delay, Look
from datamotion.model.acts import Act
from datamotion.model.item_acts import AwaitLunCopy, AwaitLunMove
from datamotion.model.mirror_acts import AwaitIdle, AwaitTransfer
from datamotion.model.remark import Remark
from datamotion.model.standing import DoubtKind, Standing
from datamotion.model.volume_acts import AwaitMove
from datamotion.runs.journal import behind_text
from datamotion.service.act_reports import ActKind, kind_of
from datamotion.service.alike import alike, and_others
from datamotion.service.carriage import carriage, total_bytes
from datamotion.service.pace import Pace
from datamotion.service.progress import Progress, VolumeProgress

_log = logging.getLogger(__name__)
_CARRIES = (AwaitTransfer, AwaitIdle, AwaitMove, AwaitLunMove, AwaitLunCopy)


class Happening(StrEnum):
    """What an event tells of its acts."""

    ASKING = "asking"  # the cluster is asked for them
    REACHED = "reached"  # they were seen to hold
    GIVEN_UP = "given up"  # their volumes are left as they are
    WAITING = "waiting"  # transfers that they wait for go on


@dataclass(frozen=True, slots=True, kw_only=True)
class TransfersReport:
    """Transfers, moves and copies that are awaited: how many run, are queued at their cluster, or have not begun.

    `moved_bytes` is what those that run have carried so far. `left_bytes` is None where one of them is a transfer that
    is not the first, or of a source that was not seen: nobody can tell beforehand what it carries. `seconds_left` is
    None until enough was measured.
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
    they were given up, None otherwise: behind acts that came about, `step` is what was to follow them. `transfers` are
    those that are waited for, None otherwise, and `under_way` then is each volume that waits for no other.
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
    under_way: tuple[VolumeProgress, ...]


class Follower(ABC):
    """Makes events of what the engine tells: fulfils its port `Watcher`. Who shows them says how in `told`.

    `progress` is how the run goes, at any time.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        group: str = "",
        operation: str = "",
        unanswered: Callable[[], Mapping[str, Delay]] = dict,
    ) -> None:
        self.progress = Progress(clock, unanswered)
        self._clock = clock
        self._group = group
        self._operation = operation
        self._pace = Pace()
        self._first_left = 0
        self._seen: Standing | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(  # noqa: B027  # who draws nothing has nothing to end
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    @abstractmethod
    def told(self, event: EventReport) -> None:
        """Shown. Raises nothing: it would stop the run."""

    def passed(self) -> None:  # noqa: B027  # who prints what happens has nothing to do then
        """A moment has passed, in which perhaps nothing happened."""

    def asking(self, acts: Sequence[Act]) -> None:
        self.progress.asking(acts)
        self.told(self._event(Happening.ASKING, acts))

    def reached(self, acts: Sequence[Act]) -> None:
        self.progress.reached(acts)
        self.told(self._event(Happening.REACHED, acts))

    def given_up(self, acts: Sequence[Act], why: str, *, behind: bool) -> None:
        self.progress.given_up(acts, why)
        self.told(self._event(Happening.GIVEN_UP, acts, why=why, behind=behind))

    def looked(self, look: Look) -> None:
        self._seen = look.standing
        self.progress.looked(look)
        awaited = [act for act in look.due if isinstance(act.change, _CARRIES)]
        awaited = [act for act in awaited if self.progress.is_awaited(act)]
        if awaited:
            self.told(self._event(Happening.WAITING, awaited, transfers=self._transfers(awaited, look.standing)))

    def left_frozen(self) -> Iterator[Remark]:
        """Whose clients wait, and what to do about it, where the run ends as it was seen last."""
        doubts = self._seen.doubts if self._seen is not None else ()
        frozen = (each for each in doubts if each.kind is DoubtKind.FROZEN)
        for group in alike(frozen, lambda each: (each.text, each.volume, (each.backend, each.hint))):
            volumes = [each.volume for each in group if each.volume is not None]
            yield Remark(and_others(group[0].text, volumes), group[0].hint)

    def _event(
        self,
        what: Happening,
        acts: Sequence[Act],
        *,
        why: str | None = None,
        behind: bool = False,
        transfers: TransfersReport | None = None,
    ) -> EventReport:
        event = EventReport(
            at=self._clock.now(),
            group=self._group,
            operation=self._operation,
            what=what,
            cluster=acts[0].cluster,
            step=behind_text(acts[0].title) if behind else acts[0].title,
            act_kind=kind_of(type(acts[0].change)),
            backends=tuple(dict.fromkeys(act.backend for act in acts)),
            volumes=tuple(dict.fromkeys(act.volume for act in acts if act.volume is not None)),
            why=why,
            transfers=transfers,
            under_way=self.progress.under_way() if what is Happening.WAITING else (),
        )
        if what is not Happening.WAITING:  # of that there may be one at each look
            whom = ", ".join(event.volumes)
            _log.info("%s %s: %s (%s)%s", what, event.cluster, event.step, whom, f": {why}" if why else "")
        return event

    def _transfers(self, awaited: Sequence[Act], standing: Standing) -> TransfersReport:
        carried = [each for act in awaited if (each := carriage(act, standing))]
        moved = sum(each.moved or 0 for each in carried)
        queued = sum(each.is_queued for each in carried)
        totals = [total_bytes(act, standing) for act in awaited]
        sizes = [each for each in totals if each is not None]
        left = max(sum(sizes) - moved, 0) if len(sizes) == len(totals) else None
        return TransfersReport(
            running=len(carried) - queued,
            queued=queued,
            not_begun=len(awaited) - len(carried),
            moved_bytes=moved,
            left_bytes=left,
            seconds_left=None if left is None else self._seconds_left(left),
        )

    def _seconds_left(self, left: int) -> float | None:
        """By how fast what is left becomes less."""
        self._first_left = max(self._first_left, left)
        self._pace.take(self._clock.monotonic_s(), self._first_left - left)
        return self._pace.seconds_left(left)
