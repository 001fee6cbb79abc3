"""One look for all who want one at the same time, and never one that began before it was wanted."""

from __future__ import annotations

from collections.abc import Collection
from math import inf

import anyio
import pytest
import trio
from trio.testing import MockClock

from datamotion.engine.looking import Glance
from datamotion.engine.ports import Delay
from datamotion.errors import ClusterSilent
from datamotion.model.item_records import FileName, FilesIn
from datamotion.model.view import Aspect, ClusterView
from datamotion.service.shared_looks import SharedLooks
from tests.datamotion.building import HOME, a_cluster_view

_LOOK_S = 10.0


class SlowCluster:
    """Takes ten seconds for a look, and keeps when each began and what was wanted of it."""

    unanswered: Delay | None = None

    def __init__(self, *, answers: bool = True) -> None:
        self.looks: list[tuple[float, Glance]] = []
        self.at_once = self.most = 0
        self._answers = answers

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> ClusterView:
        self.looks.append((trio.current_time(), Glance(aspects=aspects, svms=svms, files=files)))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await anyio.sleep(_LOOK_S)
        finally:
            self.at_once -= 1
        if not self._answers:
            raise ClusterSilent("paris", "paris gave no answer", request="GET /volumes")
        return a_cluster_view(HOME)


def play(cluster: SlowCluster, *wanted: tuple[float, str, float]) -> list[float | str]:
    """Looks of these SVMs from these seconds on, each wanted for so long; when each was told, or why not."""
    told: dict[int, float | str] = {}
    shared = SharedLooks(cluster)  # type: ignore[arg-type]  # nothing but looks is asked of it

    async def look(number: int, at_s: float, svm: str, for_s: float) -> None:
        await anyio.sleep(at_s)
        with anyio.move_on_after(for_s):
            try:
                await shared.observe({Aspect.VOLUMES}, {svm})
                told[number] = trio.current_time() - began_s
            except ClusterSilent as silent:
                told[number] = silent.message

    began_s = 0.0

    async def main() -> None:
        nonlocal began_s
        began_s = trio.current_time()
        async with anyio.create_task_group() as tasks:
            for number, each in enumerate(wanted):
                tasks.start_soon(look, number, *each)
        cluster.looks = [(at_s - began_s, each) for at_s, each in cluster.looks]

    trio.run(main, clock=MockClock(autojump_threshold=0))
    return [told.get(number, "gone") for number in range(len(wanted))]


def test_who_wants_a_look_at_the_same_time_gets_one_of_all_that_is_wanted() -> None:
    cluster = SlowCluster()
    told = play(cluster, (0, "svm_1", inf), (0, "svm_2", inf), (0, "svm_3", inf))
    assert told == pytest.approx([10.0, 10.0, 10.0])
    ((_, glance),) = cluster.looks
    assert glance.svms == {"svm_1", "svm_2", "svm_3"}


def test_who_comes_while_one_goes_on_gets_the_next_which_is_one_for_all_of_them() -> None:
    cluster = SlowCluster()
    told = play(cluster, (0, "svm_1", inf), (3, "svm_2", inf), (9, "svm_3", inf))
    assert told == pytest.approx([10.0, 20.0, 20.0])
    assert [(round(at_s), sorted(each.svms)) for at_s, each in cluster.looks] == [
        (0, ["svm_1"]),
        (10, ["svm_2", "svm_3"]),
    ]
    assert cluster.most == 1


def test_where_the_one_that_looks_goes_away_the_others_are_told_all_the_same() -> None:
    cluster = SlowCluster()
    told = play(cluster, (0, "svm_1", inf), (1, "svm_2", 11.0), (2, "svm_3", inf))
    assert told[1] == "gone"
    assert (told[0], told[2]) == pytest.approx((10.0, 22.0))
    assert [(round(at_s), sorted(each.svms)) for at_s, each in cluster.looks[1:]] == [
        (10, ["svm_2", "svm_3"]),
        (12, ["svm_2", "svm_3"]),
    ]


def test_that_there_is_no_answer_is_told_to_all_of_them() -> None:
    assert (
        play(SlowCluster(answers=False), (0, "svm_1", inf), (0, "svm_2", inf), (1, "svm_3", inf))
        == ["paris gave no answer"] * 3
    )
