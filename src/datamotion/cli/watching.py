"""A run as it goes, on standard error: on a terminal as a picture that is drawn anew, elsewhere line by line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

import anyio

from datamotion.cli.picture import picture_lines, silence_text
from datamotion.cli.screen import Screen
from datamotion.cli.terminal import plain
from datamotion.clock import Clock
from datamotion.engine.ports import Delay, Look
from datamotion.model.units import count_text, duration_text, size_text
from datamotion.service.alike import alike, and_others, names_text
from datamotion.service.events import EventReport, Follower, Happening, TransfersReport
from datamotion.service.progress import Doing, RunPhase, VolumeProgress
from datamotion.service.silence import SilenceReport

_SECONDS_BETWEEN_LINES = 5.0
_TICK_S = 1.0
_TOLD_SILENCE_S = 10.0
_SHOWN_NAMES = 4


class TerminalWatcher(Follower):
    """Follows a run on the terminal; elsewhere, and where nothing can be drawn anew, in plain lines.

    Used as a context manager. No line is told twice in a row; the last picture stays. On a `screen` that others share
    each line begins with the `name` of the group.
    """

    def __init__(
        self,
        clock: Clock,
        unanswered: Callable[[], Mapping[str, Delay]] = dict,
        *,
        screen: Screen | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(clock, unanswered=unanswered)
        self._told_s = clock.monotonic_s()
        self._own = Screen(clock, lambda width, height: picture_lines(self.progress.picture(), width, height))
        self._screen = screen or self._own
        self._before = f"{plain(name)}: " if name is not None else ""
        self._last = ""
        self._waited: TransfersReport | None = None
        self._stalled: dict[tuple[str, str | None], VolumeProgress] = {}
        self._silences = Silences(self._say)
        self._given_up: list[EventReport] = []  # not told yet: what comes next may be alike

    def __enter__(self) -> Self:
        if self._screen is self._own:
            self._own.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell_given_up()
        self.progress.ended(RunPhase.ENDED if kind is None else RunPhase.STOPPED)
        if self._screen is self._own:
            self._own.__exit__()
        for frozen in self.left_frozen() if kind is not None else ():
            self._say(f"[bold red]![/]   {plain(frozen.text)}")
            self._say(f"    hint: {plain(frozen.hint or '')}")

    def looked(self, look: Look) -> None:
        super().looked(look)
        self.passed()

    def passed(self) -> None:
        self._tell_given_up()
        if self._screen.draws:
            self._screen.draw_now_and_then()
        else:
            self._tell_waits()

    def told(self, event: EventReport) -> None:
        if event.what is Happening.GIVEN_UP:
            self._given_up.append(event)
            return
        self._tell_given_up()
        if self._screen.draws:  # of what came about the look that comes next tells whether that was all
            if event.what is Happening.ASKING:
                self.passed()
        elif event.what is Happening.ASKING:
            self._say(f"[dim]...[/] {_words(event)}")
        elif event.what is Happening.REACHED:
            self._say(f"[green]ok[/]  {_words(event)}")
        elif event.transfers is not None:
            self._say_now_and_then(event.transfers)

    def _tell_given_up(self) -> None:
        """Once of all volumes that failed alike at the same step."""
        events, self._given_up = self._given_up, []
        for group in alike(events, _said):
            first = group[0]
            volumes = [name for each in group for name in each.volumes]
            why = and_others(first.why or "", volumes) if len(group) > 1 else first.why or ""
            self._say(f"[bold red]no[/]  {_words(replace(first, volumes=tuple(volumes)))}: {plain(why)}")

    def _tell_waits(self) -> None:
        """What began to keep the run waiting since it was last told of, and what does so no more."""
        picture = self.progress.picture()
        self._silences.tell(picture.silent)
        stalled = {(each.backend, each.volume): each for each in picture.volumes if each.doing is Doing.STALLED}
        began = [each for key, each in stalled.items() if key not in self._stalled]
        if began:
            longest = duration_text(timedelta(seconds=round(max(each.still_s or 0 for each in began))))
            self._say(f"!   {_whom(began)}: stalled for {longest}")
        moving = {(each.backend, each.volume) for each in picture.volumes if each.doing is Doing.MOVING}
        if again := [each for key, each in self._stalled.items() if key in moving]:
            self._say(f"    {_whom(again)}: moving again")
        self._stalled = stalled

    def _say(self, line: str) -> None:
        if line == self._last:
            return
        self._last = line
        self._screen.tell(self._before + line)

    def _say_now_and_then(self, transfers: TransfersReport) -> None:
        """Nothing where no more than the time has changed that is left."""
        news = replace(transfers, seconds_left=None)
        if news != self._waited and self._clock.monotonic_s() - self._told_s >= _SECONDS_BETWEEN_LINES:
            self._waited = news
            self._told_s = self._clock.monotonic_s()
            self._say(_transfers_line(transfers))


class Silences:
    """Says of clusters that they leave a request unanswered, once, and that they do so no more."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._silent: set[str] = set()

    def tell(self, now: Sequence[SilenceReport]) -> None:
        silent = {each.cluster: each for each in now if each.for_s >= _TOLD_SILENCE_S}
        for cluster in silent.keys() - self._silent:
            self._say(f"!   {plain(silence_text(silent[cluster]))}")
        for cluster in self._silent - silent.keys():
            self._say(f"    {plain(cluster)} does not leave a request unanswered any more")
        self._silent = set(silent)


class Fresh(Protocol):
    """What shows how something goes."""

    def passed(self) -> None:
        """A moment has passed, in which perhaps nothing happened."""
        ...


@asynccontextmanager
async def kept_fresh(shown: Fresh, clock: Clock) -> AsyncIterator[None]:
    """Within, it is told that time passes. What is raised within is raised as it is."""

    async def tick() -> None:
        while True:
            await clock.sleep(_TICK_S)
            shown.passed()

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(tick)
            yield
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as raised:
        if len(raised.exceptions) != 1:
            raise
        raise raised.exceptions[0] from None


def _transfers_line(transfers: TransfersReport) -> str:
    label = f"{count_text(transfers.running, 'transfer')} running"
    if transfers.queued:
        label += f", {transfers.queued} queued at the cluster"
    if transfers.not_begun:
        label += f", {transfers.not_begun} waiting for their turn"
    return f"     {label}, {size_text(transfers.moved_bytes)} moved{_time_left(transfers)}"


def _time_left(transfers: TransfersReport) -> str:
    """Nothing where what is left is not known."""
    if transfers.left_bytes is None:
        return ""
    left = f", {size_text(transfers.left_bytes)} left"
    if transfers.seconds_left is None:
        return left
    return f"{left}: about {duration_text(timedelta(seconds=round(transfers.seconds_left)))}"


def _said(event: EventReport) -> tuple[str, str | None, tuple[str, str]]:
    """As `alike` asks."""
    return event.why or "", event.volumes[0] if len(event.volumes) == 1 else None, (event.cluster, event.step)


def _words(event: EventReport) -> str:
    """What a batch of acts is, and whom it is for: by name where they are few."""
    names = event.volumes
    shown = ", ".join(names) if len(names) <= _SHOWN_NAMES else count_text(len(names), "volume")
    return plain(f"{event.cluster}: {event.step}" + (f" ({shown})" if names else ""))


def _whom(volumes: list[VolumeProgress]) -> str:
    return plain(names_text([f"{each.volume} at {each.backend}" if each.volume else each.backend for each in volumes]))
