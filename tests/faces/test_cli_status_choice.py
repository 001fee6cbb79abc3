"""`status` with some volumes alone, in another order, and again and again."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from rich.console import Console

from datamotion.cli.render_status import render_status
from datamotion.cli.status_changes import changes
from datamotion.cli.watching_status import screen_lines
from datamotion.model.mirror_records import Transfer
from datamotion.model.words import TransferState
from datamotion.service.status_choice import BROKEN, LATE, Order, chosen
from datamotion.service.status_reports import StatusReport
from tests.datamotion.service.landscapes import LYON, PARIS, Landscape, a_group, protected
from tests.faces.labs import World
from tests.faces.on_terminal import CTRL_C, on_terminal
from tests.faces.terminal import SCRIPT, typed

GROUP = a_group(rpo=timedelta(hours=2))


def a_world(count: int = 12) -> Landscape:
    """vol_3 is late, vol_5 lacks a mirror, vol_7 is being carried."""
    world = protected(*(f"vol_{number}" for number in range(1, count + 1)))
    world.relate("vol_3", LYON, lag=timedelta(days=3))
    world.mirrors.pop(("gold-lyon", "vol_5"))
    world.volumes.pop(("gold-lyon", "vol_5"))
    running = Transfer(uuid="t", state=TransferState.TRANSFERRING, bytes_transferred=3 * 2**30, ended_at=None)
    world.relate("vol_7", LYON, transfer=running)
    return world


def names(status: StatusReport) -> list[str]:
    return [each.volume for each in status.groups[0].volumes]


def test_volumes_are_shown_in_the_order_that_is_wanted() -> None:
    status = a_world().status(GROUP)
    assert names(chosen(status)) == [f"vol_{number}" for number in range(1, 13)]
    assert names(chosen(status, Order.STATE))[:4] == ["vol_5", "vol_3", "vol_7", "vol_1"]
    assert names(chosen(status, Order.LAG))[:3] == ["vol_5", "vol_3", "vol_1"]


@pytest.mark.parametrize(
    ("only", "shown"),
    [(LATE, ["vol_3"]), (BROKEN, ["vol_5"]), ("vol_1*", ["vol_1", "vol_10", "vol_11", "vol_12"]), ("none", [])],
)
def test_only_some_are_shown_and_the_verdict_is_that_of_all(only: str, shown: list[str]) -> None:
    status = a_world().status(GROUP)
    few = chosen(status, only=only)
    assert names(few) == shown
    assert (few.verdict, few.groups[0].concerns) == (status.verdict, status.groups[0].concerns)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 60), (40, 10)])
def test_five_hundred_volumes_fit_a_screen_the_worst_first_and_the_rest_counted(width: int, height: int) -> None:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    lines = [
        each.plain for each in screen_lines(chosen(a_world(500).status(GROUP), Order.STATE), console, ["seen at noon"])
    ]
    assert len(lines) < height
    assert max(map(len, lines)) < width
    assert lines[-1] == "seen at noon"
    if width >= 80:
        rows = [line.split()[0] for line in lines if line.startswith("  vol_")]
        assert rows[:4] == ["vol_5", "vol_3", "vol_7", "vol_1"]
        assert f"  ... and {500 - len(rows)} more volumes" in lines


def test_a_change_is_told_once_and_age_is_none() -> None:
    world = a_world()
    before = world.status(GROUP)
    world.relate("vol_1", LYON, lag=timedelta(minutes=11))
    assert [*changes(before, world.status(GROUP))] == []
    world.broken("vol_2")
    now = world.status(GROUP)
    first, *others = changes(before, now)
    assert first.startswith("vol_2 at gold-lyon: ! broken off")
    assert first.endswith("was snapmirrored")
    assert others
    assert [*changes(now, now)] == []
    world.lose(PARIS)
    lost = world.status(GROUP)
    assert next(iter(changes(now, lost))) == "paris: paris refused the connection"


def test_what_matches_nothing_leaves_the_group_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    for only, shown in (("nosuch*", "none of them shown"), ("vol_1", "1 of them shown")):
        render_status(chosen(a_world(12).status(GROUP), only=only))
        said = capsys.readouterr().out
        assert "gold is served by gold-paris" in said
        assert f"12 volumes, {shown}" in said


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_beside_a_cluster_that_does_not_answer_it_says_for_how_long(world: World) -> None:
    config = world.configured()
    typed("lab", "fault", "add", "lyon", "hang", "--route", "GET /*", "--dir", world.site.folder)
    try:
        with on_terminal(SCRIPT, "status", "--watch", "-c", config, environ={"TERM": "xterm"}, size=(120, 24)) as it:
            shown = it.read_until("nothing is seen yet")
            it.press(CTRL_C)
            it.read_to_the_end()
        assert "lyon has not answered for" in shown
        assert it.process.returncode == 130
    finally:
        typed("lab", "fault", "clear", "lyon", "--dir", world.site.folder)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_it_looks_until_ctrl_c_and_exits_as_its_last_look(world: World, form: str) -> None:
    config = world.configured()
    looked = typed("status", "-c", config)
    with world.unchanged():
        words = ("status", "--watch", "--every", "1s", "-c", config, "-o", form)
        told = "Ctrl-C ends it" if form == "text" else '"verdict"'
        with on_terminal(SCRIPT, *words, environ={"TERM": "xterm"}) as terminal:
            shown = terminal.read_until(told)
            terminal.press(CTRL_C)
            terminal.read_to_the_end()
        assert terminal.process.returncode == looked.status == 1, shown
    assert "Traceback" not in shown


def test_one_document_is_not_many_looks(world: World) -> None:
    assert (
        typed("status", "--watch", "-o", "json", "-c", world.configured()).error["hint"]
        == "-o jsonl prints a document a line"
    )


def test_what_is_chosen_is_in_the_json_too(world: World) -> None:
    told = typed("status", "--only", "vol_2", "-o", "json", "-c", world.configured())
    (group,) = told.report["groups"]
    assert [each["volume"] for each in group["volumes"]] == ["vol_2"]
