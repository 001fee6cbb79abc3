"""Commands at clusters as they are before and after a failover, with all that was answered to them on tape."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from rich.console import Console

from datamotion.cli.render import render_plan
from datamotion.cli.render_check import render_check
from datamotion.cli.render_run import render_run
from datamotion.cli.render_status import render_status
from datamotion.clock import LoopClock
from datamotion.errors import DataMotionError, InternalError
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, preparing, protecting
from datamotion.service.check import check
from datamotion.service.check_reports import CheckReport
from datamotion.service.documents import to_json
from datamotion.service.intents import Intent
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.session import Session
from datamotion.service.status import status
from datamotion.service.status_reports import StatusReport
from tests.together.replay.tape import Gone, Played, Player, Recorder, Tape
from tests.together.world import GROUP, Place, Quiet, a_place, create_volumes

VOLUMES = ("vol_1", "vol_2")
TARGETS = ("lyon", "oslo")

Report = StatusReport | CheckReport | PlanReport | RunReport
Command = Callable[[Session], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: what it shows on a terminal and tells as JSON, its exit status, what it asked for."""

    shown: str
    told: str
    status: int
    acts: frozenset[str]


class _Patient(LoopClock):
    """Pauses ten times as long, as a machine may that is busy: waiting in vain costs a tenth of the looks."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(10 * seconds)


@dataclass(frozen=True, slots=True)
class Scene:
    command: Command
    tape: Tape
    at: datetime
    session: Session
    lost: frozenset[str]

    async def play(self, player: Player) -> Ran:
        """The command, with these answers. Raises: what is no error of ours, and our own mistakes."""
        Path(self.session.store_url).unlink(missing_ok=True)
        try:
            report = await self.command(self.session_with(player))
        except InternalError:
            raise
        except DataMotionError as error:
            return Ran("", f"{error.message} {error.hint}", error.exit_status, frozenset(player.acts))
        return Ran(_shown(report), to_json(report), report.verdict.exit_status, frozenset(player.acts))

    def session_with(self, player: Player) -> Session:
        """At the instant of the scene, with these answers."""
        clock = _Patient(self.at)
        wires = {
            name: Gone() if name in self.lost else Played(name, player, clock.now)
            for name in self.session.configuration.clusters
        }
        return replace(self.session, world=replace(self.session.world, clock=clock, wires=wires))


def _shown(report: Report) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=200, color_system=None)
    match report:
        case StatusReport():
            render_status(report, console)
        case CheckReport():
            render_check(report, console)
        case PlanReport():
            render_plan(report, console=console)
        case RunReport():
            render_run(report, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _planned(intent: Callable[[Session], Intent]) -> Command:
    async def go(session: Session) -> Report:
        async with preparing.prepare(session, [intent(session)]) as (prepared,):
            return prepared.report

    return go


def _run(intent: Callable[[Session], Intent]) -> Command:
    async def go(session: Session) -> Report:
        async with preparing.prepare(session, [intent(session)]) as (prepared,):
            if not prepared.report.changes:
                return prepared.report
            return await prepared.carry_out(Quiet())

    return go


def best_failover(session: Session) -> Intent:
    return failing_over.failover(session.group(GROUP), FailoverChoice())


def _failover_to_lyon(session: Session) -> Intent:
    """To one and no other: what it asks for where all answers are good is all that it may ask for."""
    return failing_over.failover(session.group(GROUP), FailoverChoice(to="gold-lyon"))


def _protect(session: Session) -> Intent:
    return protecting.protect(session.group(GROUP))


def _update(session: Session) -> Intent:
    return protecting.update(session.group(GROUP))


async def record(root: Path) -> Mapping[str, Scene]:
    """All scenes, from one lab."""
    found: dict[str, Scene] = {}
    async with a_place(root, targets=TARGETS, schedule=None) as place:
        await create_volumes(place.lab["paris"], VOLUMES)
        await place.run(_protect(place.session))
        found["status"] = await _recorded(place, status)
        found["check"] = await _recorded(place, check)
        found["plan"] = await _recorded(place, _planned(_protect))
        found["update"] = await _recorded(place, _run(_update))
        place.lose("paris")
        found["failover, dry"] = await _recorded(place, _planned(best_failover), "paris")
        found["failover"] = await _recorded(place, _run(_failover_to_lyon), "paris")
        place.regain("paris")
        found["status after"] = await _recorded(place, status)
        found["apply after"] = await _recorded(place, _run(_protect))
    return found


async def record_failover(root: Path) -> Scene:
    """A failover to lyon, where nobody else answers."""
    async with a_place(root, targets=TARGETS, schedule=None) as place:
        await create_volumes(place.lab["paris"], VOLUMES)
        await place.run(_protect(place.session))
        for name in ("paris", "oslo"):
            place.lose(name)
        return await _recorded(place, _run(best_failover), "paris", "oslo")


async def _recorded(place: Place, command: Command, *lost: str) -> Scene:
    tape = Tape()
    wires = {name: Recorder(name, wire, tape) for name, wire in place.wires.items()}
    at = place.session.world.clock.now()
    with suppress(FileNotFoundError):
        Path(place.session.store_url).unlink()
    await command(replace(place.session, world=replace(place.session.world, wires=wires)))
    return Scene(command, tape, at, place.session, frozenset(lost))
