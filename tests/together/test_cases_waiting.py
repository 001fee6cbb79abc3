"""Transfers that take their time: a run waits for them, tells it, and keeps no failover out."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from datamotion.engine.ports import Look
from datamotion.model.mirror_acts import AwaitTransfer
from datamotion.service import protecting
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, outcomes, play, told
from tests.together.world import GROUP, Quiet, create_volumes

_HOUR_S = 3600


class Waiting(Quiet):
    """Tells when a run waits for first transfers."""

    def __init__(self) -> None:
        self.began = trio.Event()

    def looked(self, look: Look) -> None:
        if look.due and all(isinstance(act.change, AwaitTransfer) for act in look.due):
            self.began.set()


@pytest.mark.slow
@pytest.mark.sweep
def test_a_first_transfer_that_is_queued_behind_a_hundred_others_for_an_hour_is_waited_for(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await _a_hundred_others_are_under_way(story)
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        ended: list[RunReport] = []
        watcher = Waiting()

        async def apply() -> None:
            ended.append(await story.place.run(protecting.protect(story.place.session.group(GROUP)), watcher))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(apply)
            await watcher.began.wait()
            await trio.sleep(_HOUR_S)
            assert (await story.mirror("lyon"))["transfer"]["state"] == "queued"
            assert ended == []
            story.place.lab["lyon"].cluster.transfer_gate.release()
        (report,) = ended
        assert (report.verdict, outcomes(report, "gold-lyon")) == (Verdict.DONE, {"vol_1": "done"}), told(report)

    play(quick_path, story, schedule=None)


async def _a_hundred_others_are_under_way(story: Story) -> None:
    """Transfers into an SVM that is none of the group's, as many as a cluster runs at once."""
    paris, lyon = story.at["paris"], story.at["lyon"]
    await lyon.svm("other")
    peer = {"svm": {"name": "svm_gold"}, "cluster": {"name": "paris"}}
    await lyon.post("/svm/peers", {"svm.name": "other", "peer": peer, "applications": ["snapmirror"]})
    asked = await paris.one("/svm/peers")
    await paris.patch(f"/svm/peers/{asked['uuid']}", {"state": "peered"})
    story.place.lab["lyon"].cluster.transfer_gate.hold()
    names = [f"other_{number}" for number in range(100)]
    await create_volumes(story.place.lab["paris"], names)
    for name in names:
        volume = {"name": name, "svm.name": "other", "aggregates": [{"name": "aggr1"}], "size": "100MB"}
        await lyon.post("/storage/volumes", {**volume, "type": "dp"})
        paths = {"source": {"path": f"svm_gold:{name}"}, "destination": {"path": f"other:{name}"}}
        made = await lyon.post("/snapmirror/relationships", paths)
        await lyon.patch(f"/snapmirror/relationships/{made['uuid']}", {"state": "snapmirrored"})


@pytest.mark.parametrize("lost", [True, False])
def test_a_failover_beside_an_apply_that_waits_goes_ahead_at_once_and_apply_names_it(
    lost: bool, quick_path: Path
) -> None:
    async def story(story: Story) -> None:
        await story.protected("vol_1")
        await create_volumes(story.place.lab["paris"], ["vol_2"])
        story.place.lab["lyon"].cluster.transfer_gate.hold()
        second = story.configured(lambda tree: None)  # another terminal: the same store and locks
        ended: list[RunReport] = []
        watcher = Waiting()

        async def apply() -> None:
            ended.append(await story.place.run(protecting.protect(story.place.session.group(GROUP)), watcher))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(apply)
            await watcher.began.wait()
            if lost:
                story.place.lose("paris")
            began = trio.current_time()
            report = await second.failover(allow_partial=True)
            assert trio.current_time() - began < 60
            assert report.verdict in (Verdict.DONE, Verdict.PARTLY), told(report)
            assert story.served("lyon") == {"vol_1"}
            story.place.lab["lyon"].cluster.transfer_gate.release()
        (applied,) = ended
        assert applied.verdict is not Verdict.DONE
        assert "failover" in told(applied), told(applied)

    play(quick_path, story)
