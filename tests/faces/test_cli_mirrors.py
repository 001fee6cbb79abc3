"""Mirrors one by one, as commands are typed: paused, resumed, aborted, broken off, made mirrors again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.labs import Lab, World, done, some_files
from tests.faces.terminal import typed

pytestmark = pytest.mark.slow

AT_LYON = ("--at", "gold-lyon")


def test_mirrors_are_paused_resumed_broken_off_and_made_mirrors_again(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 2)
    done(lab.typed("apply", "--yes"))

    lab.looked("pause", "gold", *AT_LYON, "--dry-run")
    paused = done(lab.typed("pause", "gold", *AT_LYON, "--reason", "new shelf", "--yes"))
    assert "Pause mirrors of gold at gold-lyon" in paused.out
    assert "ok  lyon: Pause mirrors (vol_1, vol_2)" in paused.err
    shown, in_json = lab.looked("status")
    assert (shown.status, "(new shelf): no transfer starts" in shown.out) == (1, True)
    assert [each["kind"] for each in in_json.report["groups"][0]["concerns"]] == ["paused"]
    shown, _ = lab.looked("apply", "--yes")
    assert (shown.status, "vol_1, vol_2: left as it is, paused by" in shown.out) == (0, True)
    shown, _ = lab.looked("update")
    assert (shown.status, "datamotion resume gold --at gold-lyon" in shown.out) == (3, True)

    (report,) = done(lab.typed("resume", "gold", "--volume", "vol_1", "--yes", "-o", "json")).report
    assert (report["operation"], report["verdict"]) == ("resume", "done")
    assert [(each["volume"], each["outcome"]) for each in report["run"]["volumes"]] == [("vol_1", "done")]
    done(lab.typed("resume", "gold", "--yes"))
    shown, _ = lab.looked("abort", "gold", "--yes")
    assert (shown.status, "Nothing to do: all is as wanted." in shown.out) == (0, True)

    done(lab.typed("break", "gold", *AT_LYON, "--volume", "vol_1", "--yes"))
    assert lab.served_at_home() == ["vol_1", "vol_2"]
    shown, in_json = lab.looked("resync", "gold", *AT_LYON, "--yes")
    assert shown.status == 3
    told = " ".join(shown.out.split())
    assert "vol_1 at gold-lyon may hold writes of its own, and a resync gives up all writes at gold-lyon" in told
    assert "--discard gold-lyon gives that up" in told
    assert [report["verdict"] for report in in_json.report] == ["refused"]
    shown, in_json = lab.looked("resync", "gold", *AT_LYON, "--discard", "gold-lyon", "--dry-run")
    assert "What this gives up: 1 volume, at worst the last" in shown.out
    assert [each["given_up_at"] for each in in_json.plan["losses"]] == ["gold-lyon"]
    shown = done(lab.typed("resync", "gold", *AT_LYON, "--discard", "gold-lyon", "--yes"))
    assert "ok  lyon: Resync (vol_1)" in shown.err
    assert done(lab.typed("status")).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("pause", "gold", "--timeout", "soon"), "--timeout 'soon' is no time to wait"),
        (("pause", "gold", "--timeout", "0s"), "such as 90s, 15m, 2h or 1d12h"),
        (("pause", "gold", "--reason", "new\x1b[8mshelf"), "the reason holds what is no text"),
        (("pause", "gold", "--at", "gold-rome"), "gold-rome is no back end of gold"),
        (("resume", "gold", "--at", "gold-rome"), "gold-rome is no back end of gold"),
        (("abort", "gold", "--at", "gold-rome"), "gold-rome is no back end of gold"),
        (("break", "gold", "--at", "gold-rome"), "its back ends: gold-paris, gold-lyon"),
        (("break", "gold"), "--at"),
        (("resync", "gold"), "--at"),
        (("reprotect", "gold", "--discard-divergent", "gold-rome"), "gold-rome is no back end of gold"),
        (("resync", "gold", *AT_LYON, "--discard", "gold-paris"), "--discard gold-paris is not the back end that is"),
    ],
)
def test_mistakes_are_told_before_anything_is_changed(world: World, words: tuple[str, ...], told: str) -> None:
    config = world.configured()
    with world.unchanged():
        typed(*words, "--yes", "-c", config).failed_cleanly(2, told)


@pytest.mark.parametrize("words", [("pause",), ("resume",), ("abort",), ("break", *AT_LYON), ("resync", *AT_LYON)])
def test_what_is_no_member_and_what_was_not_agreed_to_is_not_touched(world: World, words: tuple[str, ...]) -> None:
    config = world.configured()
    command, *at = words
    with world.unchanged():
        shown = typed(command, "gold", *at, "--volume", "vol_9", "--yes", "-c", config)
        assert (shown.status, "vol_9 is no member of gold" in shown.out) == (3, True)
        shown = typed(command, "gold", *at, "--yes", "-c", config)
        assert shown.status == 3, shown
        typed(command, "gold", *at, "-c", config).failed_cleanly(2, "no terminal to ask on")


def test_a_failover_whose_mirrors_were_not_turned_round_does_not_end_as_done(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    done(lab.typed("apply", "--yes"))
    lab.lab("fault", "add", "paris", "job_failure", "--route", "POST /snapmirror/relationships")
    ended = lab.typed("failover", "gold", "--yes", "-o", "json")
    told = [(each["operation"], each["verdict"]) for each in ended.report]
    assert told == [("failover", "done"), ("reprotect", "failed")]
    assert (ended.status, ended.document["exit_status"]) == (1, 1), ended
