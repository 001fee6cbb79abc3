"""What is told while a run goes on: of transfers, of what is stuck, of clusters that leave a request unanswered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from datamotion.cli.picture import picture_lines
from datamotion.cli.watching import TerminalWatcher
from datamotion.engine.ports import Delay, Look
from datamotion.model.acts import Act
from datamotion.model.mirror_acts import AwaitTransfer
from datamotion.model.plan import Plan
from datamotion.model.standing import FENCE, Standing
from datamotion.model.words import MirrorState, TransferState
from datamotion.policy.protect.protect import protect_planner
from datamotion.service.progress import Doing, Progress, RunPhase, RunProgress, VolumeProgress
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    NOON,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_transfer,
    a_volume,
    acts,
    planned,
    standing_of,
)

NAMES = ("vol_1", "vol_2", "vol_3")
FRESH: dict[str, Any] = {"state": MirrorState.UNINITIALIZED, "lag": None, "exported_snapshot": None, "transfer": None}


@dataclass
class Hands:
    """A clock that is set by hand, and what clusters leave unanswered."""

    seconds: float = 0.0
    unanswered: dict[str, Delay] = field(default_factory=dict)

    def now(self) -> datetime:
        return NOON

    def monotonic_s(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError

    def silent(self) -> Mapping[str, Delay]:
        return self.unanswered


def standing(moved: int, **others: Any) -> Standing:
    """Of three volumes of a GiB each one is carried, with so much moved, and two wait or are as `others` say."""
    runs = FRESH | {"transfer": a_transfer(TransferState.TRANSFERRING, moved=moved)}
    mirrors = [a_mirror(name, **(runs if name == "vol_1" else FRESH | others)) for name in NAMES]
    copies = [a_volume(name, LYON, used_bytes=0) for name in NAMES]
    home = [a_volume(name, used_bytes=GIB) for name in NAMES]
    return standing_of(
        {"paris": a_cluster_view(HOME, home), "lyon": a_cluster_view(LYON, copies, mirrors)}, a_group(LYON)
    )


def the_plan() -> Plan:
    group = a_group(LYON)
    group = replace(group, targets=(replace(group.targets[0], transfers_at_once=1),))
    return planned(protect_planner(group), standing(0))


def awaited() -> list[Act]:
    return [act for act in acts(the_plan()) if isinstance(act.change, AwaitTransfer)]


def look(moved: int, since_s: float | None = None, limit_s: float = 900) -> Look:
    """All three are awaited; of the one that is carried nothing has moved since then."""
    due = awaited()
    still = {due[0].id: Delay(since_s, since_s + limit_s)} if since_s is not None else {}
    return Look(due=due, plan=the_plan(), standing=standing(moved), still=still)


def test_what_is_left_is_told_with_how_long_it_takes_at_the_pace_that_was_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hands()
    with TerminalWatcher(clock) as watcher:
        for seconds, moved in ((10, 0), (20, GIB // 2)):
            clock.seconds = seconds
            watcher.looked(look(moved))
    first, second = capsys.readouterr().err.splitlines()
    assert first.strip() == "1 transfer running, 2 waiting for their turn, 0 B moved, 3 GiB left"
    assert second.strip() == "1 transfer running, 2 waiting for their turn, 512 MiB moved, 2.5 GiB left: about 50 s"


def test_no_line_is_told_twice_and_what_is_stuck_is_told_when_it_begins_and_when_it_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hands()
    with TerminalWatcher(clock, clock.silent) as watcher:
        for seconds, moved, since_s in ((6, 100, None), (12, 100, 6), (30, 100, 6), (47, 100, 6), (60, 300, 60)):
            clock.seconds = seconds
            watcher.looked(look(moved, since_s))
        clock.unanswered["lyon"] = Delay(50, 80)
        watcher.passed()
        clock.seconds = 62
        watcher.passed()
        del clock.unanswered["lyon"]
        watcher.passed()
    assert [line.strip() for line in capsys.readouterr().err.splitlines()] == [
        "1 transfer running, 2 waiting for their turn, 100 B moved, 3 GiB left",
        "!   vol_1 at gold-lyon: stalled for 24 s",
        "1 transfer running, 2 waiting for their turn, 300 B moved, 3 GiB left",
        "vol_1 at gold-lyon: moving again",
        "!   lyon has not answered for 10 s; the request is given up in 20 s",
        "lyon does not leave a request unanswered any more",
    ]


def test_all_whose_clients_wait_are_named_where_a_run_is_broken_off(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"vol_{number}" for number in range(1, 8)]
    home = [a_volume(name, comment=a_mark(name, frozen="datamotion_last.2"), path=None, export=FENCE) for name in names]
    frozen = standing_of({"paris": a_cluster_view(HOME, home), "lyon": a_cluster_view(LYON)}, a_group(LYON))

    def broken_off() -> None:
        with TerminalWatcher(Hands()) as watcher:
            watcher.looked(Look(due=(), plan=the_plan(), standing=frozen, still={}))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    (told,) = (line for line in capsys.readouterr().err.replace("\n    ", " ").splitlines() if "!" in line)
    assert "vol_1 at gold-paris is frozen, its clients cannot write" in told
    assert "the same holds for 6 other volumes: vol_2, vol_3, vol_4, vol_5 and 2 more" in told


def test_each_volume_is_told_of_as_a_value() -> None:
    clock = Hands()
    progress = Progress(clock, clock.silent)
    for seconds, moved, since_s in ((0, 0, None), (10, GIB // 8, None), (20, GIB // 4, 20.0)):
        clock.seconds = seconds
        progress.looked(look(moved, since_s))
    clock.unanswered["lyon"] = Delay(18, 48)
    clock.seconds = 30
    run = progress.picture()
    assert (run.phase, run.elapsed_s, run.counts()) == (RunPhase.WAITING, 30, {Doing.MOVING: 1, Doing.WAITING: 2})
    assert run.volumes[0] == VolumeProgress(
        backend="gold-lyon",
        volume="vol_1",
        doing=Doing.MOVING,
        step="Wait for the first transfers",
        moved_bytes=GIB // 4,
        total_bytes=GIB,
        bytes_s=GIB / 80,
        seconds_left=60.0,
        still_s=10.0,
        given_up_in_s=890.0,
    )
    (silence,) = run.silent
    assert (silence.cluster, silence.for_s, silence.given_up_in_s) == ("lyon", 12, 18)
    clock.seconds = 60
    stalled = progress.picture().volumes[0]
    assert (stalled.doing, stalled.still_s, stalled.seconds_left) == (Doing.STALLED, 40.0, None)


def test_what_is_borne_with_for_a_day_stands_still_for_half_an_hour_before_it_is_called_stalled() -> None:
    clock = Hands()
    progress = Progress(clock)
    doing = []
    for seconds in (0, 1800, 2000):
        clock.seconds = seconds
        progress.looked(look(GIB // 4, 0, limit_s=86400))
        doing.append(progress.picture().volumes[0].doing)
    assert doing == [Doing.MOVING, Doing.MOVING, Doing.STALLED]


def test_who_was_given_up_is_told_first_and_who_is_left_out_of_the_plan_is_done() -> None:
    clock = Hands()
    progress = Progress(clock)
    progress.looked(look(0))
    one, two, three = awaited()
    progress.reached([one])
    progress.given_up([three], "no room")
    progress.looked(
        Look(due=(), plan=Plan(operation=the_plan().operation, group="gold", title="x"), standing=standing(0), still={})
    )
    told = [(each.volume, each.doing, each.why) for each in progress.picture().volumes]
    assert told == [
        (three.volume, Doing.GIVEN_UP, "no room"),
        (one.volume, Doing.DONE, None),
        (two.volume, Doing.DONE, None),
    ]


def test_how_long_it_takes_is_not_said_of_what_was_hardly_measured() -> None:
    """A transfer that is slow to begin would take hours by its first seconds."""
    clock = Hands()
    progress = Progress(clock)
    said = []
    for seconds, moved in ((0, 0), (2, 2**15), (9, 2**17), (12, 2**18), (14, GIB // 2), (16, GIB // 8 * 7)):
        clock.seconds = seconds
        progress.looked(look(moved))
        said.append(progress.picture().volumes[0].seconds_left)
    assert said == [None, None, None, None, 14.0, pytest.approx(2.3, abs=0.1)]


def test_of_an_update_nobody_says_beforehand_how_much_it_carries() -> None:
    clock = Hands()
    progress = Progress(clock)
    running = {"state": MirrorState.SNAPMIRRORED, "transfer": a_transfer(TransferState.TRANSFERRING, moved=5 * 2**20)}
    due = [act for act in awaited() if act.volume == "vol_2"]
    for clock.seconds in (0, 20):
        progress.looked(Look(due=due, plan=the_plan(), standing=standing(0, **running), still={}))
    volume = next(each for each in progress.picture().volumes if each.volume == "vol_2")
    assert (volume.doing, volume.moved_bytes, volume.total_bytes, volume.seconds_left) == (
        Doing.MOVING,
        5 * 2**20,
        None,
        None,
    )


def five_hundred(**changes: object) -> RunProgress:
    doings = (
        [Doing.GIVEN_UP] * 2 + [Doing.STALLED] * 3 + [Doing.MOVING] * 20 + [Doing.WAITING] * 175 + [Doing.DONE] * 300
    )
    volumes = tuple(
        VolumeProgress(backend="gold-lyon", volume=f"customer_invoices_{number}_archive_of_a_long_name", doing=doing)
        for number, doing in enumerate(doings, start=1)
    )
    made = RunProgress(
        at=NOON, title="Update gold", phase=RunPhase.WAITING, elapsed_s=72.0, steps=(), volumes=volumes, silent=()
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("width", "height"), [(79, 23), (199, 60), (40, 8), (20, 3), (20, 1)])
def test_five_hundred_volumes_fit_a_screen_and_all_are_counted(width: int, height: int) -> None:
    lines = [each.text for each in picture_lines(five_hundred(), width, height)]
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    if width >= 79:
        rows = lines[2:-1]
        assert lines[:2] == [
            "Update gold: waiting, 1 min 12 s so far",
            "  500 volumes: 2 given up, 3 stalled, 20 moving, 175 waiting, 300 done",
        ]
        signs = [("given up" in each, "stalled" in each, "!" in each) for each in rows[:6]]
        assert signs == [(True, False, True)] * 2 + [(False, True, True)] * 3 + [(False, False, False)]
        assert lines[-1] == f"    ... and {200 - len(rows)} volumes: " + (
            "175 waiting" if len(rows) == 25 else f"{25 - len(rows)} moving, 175 waiting"
        )
        assert all("customer_inv" in each and "long_name" in each for each in rows)


def test_volumes_that_are_given_up_alike_are_told_in_one_line_with_their_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hands()
    with TerminalWatcher(clock) as watcher:
        watcher.looked(look(0))
        for act in awaited():
            watcher.given_up([act], f"the transfer of {act.volume} failed", behind=False)
        watcher.passed()
        for act in awaited()[:2]:
            watcher.given_up(
                [act], f"{act.volume} has no room at {act.volume[-1:] if act.volume else ''}", behind=False
            )
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("no")]
    assert told == [
        "no  lyon: Wait for the first transfers (vol_1, vol_2, vol_3): the transfer of vol_1 failed;"
        " the same holds for 2 other volumes: vol_2, vol_3",
        "no  lyon: Wait for the first transfers (vol_1): vol_1 has no room at 1",
        "no  lyon: Wait for the first transfers (vol_2): vol_2 has no room at 2",
    ]
