"""The picture of several groups that go on at once: every height, the worst first, nobody left out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.cli.picture_groups import groups_lines
from datamotion.service.progress import Doing, RunPhase, RunProgress, StepProgress, VolumeProgress
from datamotion.service.silence import SilenceReport
from tests.datamotion.building import NOON


def a_run(group: str, *doing: Doing, phase: RunPhase = RunPhase.WAITING, seconds: float = 40) -> RunProgress:
    volumes = tuple(
        VolumeProgress(backend=f"{group}-lyon", volume=f"vol_{number}", doing=each, step="Wait for the transfers")
        for number, each in enumerate(doing, 1)
    )
    steps = (StepProgress(cluster="lyon", title="Wait for the transfers", reached=0, acts=len(volumes)),)
    return RunProgress(
        at=NOON, title=f"Update {group}", phase=phase, elapsed_s=seconds, steps=steps, volumes=volumes, silent=()
    )


RUNS = {
    "gold": replace(a_run("gold", Doing.DONE, Doing.DONE, phase=RunPhase.ENDED, seconds=12), steps=()),
    "silver": a_run("silver", Doing.MOVING, Doing.WAITING),
    "tin": a_run("tin", Doing.GIVEN_UP, Doing.DONE),
    "lead": replace(a_run("lead", phase=RunPhase.ASKING), title=""),
}
SILENT = [SilenceReport(cluster="lyon", for_s=12, given_up_in_s=18)]


def test_each_group_has_its_own_part_the_worst_first_and_a_cluster_that_is_silent_is_told_once() -> None:
    lines = [line.text for line in groups_lines(RUNS, SILENT, 79, 40)]
    assert lines[0] == "4 groups: 1 asking, 2 waiting, 1 ended, 40 s so far"
    assert lines[1] == "! lyon has not answered for 12 s; the request is given up in 18 s"
    heads = [line for line in lines if line.endswith(" so far")][1:]
    assert heads == [
        "Update tin: waiting, 40 s so far",
        "Update silver: waiting, 40 s so far",
        "lead: asking, 40 s so far",
        "Update gold: ended, 12 s so far",
    ]
    assert [line for line in lines if "given up  " in line] == ["  ! vol_1  tin-lyon  given up  Wait for the transfers"]


@pytest.mark.parametrize("height", range(1, 24))
def test_however_low_the_screen_is_no_group_is_left_untold(height: int) -> None:
    lines = groups_lines(RUNS, SILENT, 60, height)
    assert len(lines) <= height
    assert all(len(line.text) <= 60 for line in lines)
    told = [line.text for line in lines if line.text.endswith(" so far")][1:]
    counted = [line.text.split() for line in lines if line.text.startswith("... and ") and "group" in line.text]
    if height >= 4:
        assert len(told) + sum(int(words[2]) for words in counted) == len(RUNS), [line.text for line in lines]
