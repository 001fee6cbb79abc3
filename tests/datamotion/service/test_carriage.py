"""How far what clusters carry by themselves is: told in bytes, by what they report of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.acts import Act, Change
from datamotion.model.item_acts import AwaitLunCopy, AwaitLunMove
from datamotion.model.item_records import Passage, PlacedLun
from datamotion.model.lun_mark import CopyMark
from datamotion.model.standing import Standing
from datamotion.model.volume_acts import AwaitMove
from datamotion.model.volume_records import Movement
from datamotion.model.words import MoveState, PassageState
from datamotion.policy.kinds import limit_s
from datamotion.service.carriage import Carriage, carriage, total_bytes
from tests.datamotion.building import GIB, HOME, a_cluster_view, a_volume, standing_of

MOVED = a_volume("vol_1", used_bytes=8 * GIB)
OLD = PlacedLun(
    uuid="old",
    svm="svm_other",
    volume="vol_1",
    path="disk",
    size_bytes=16 * GIB,
    used_bytes=4 * GIB,
    serial="x",
    is_enabled=True,
    comment="",
)
COPY = replace(OLD, uuid="new", svm=HOME.svm, used_bytes=GIB, comment=CopyMark("old", was_off=False).write(""))
AWAITED = (
    AwaitMove(uuid=MOVED.uuid, aggregate="aggr2"),
    AwaitLunMove(uuid="old", name="/vol/vol_2/disk"),
    AwaitLunCopy(svm=HOME.svm, name=COPY.name, size_bytes=OLD.size_bytes),
)


def seen(percent: int | None, state: MoveState, passage: PassageState) -> Standing:
    way = Passage(source=OLD.name, destination="/vol/vol_2/disk", state=passage, percent=percent)
    others: dict[str, Any] = {
        "movements": {MOVED.uuid: Movement(uuid=MOVED.uuid, aggregate="aggr2", state=state, percent=percent)},
        "lun_places": (replace(OLD, move=way), replace(COPY, copy=way)),
    }
    return standing_of({"paris": a_cluster_view(HOME, [MOVED], **others)})


def act(change: Change) -> Act:
    return Act(cluster="paris", backend=HOME.name, volume="vol_1", title="Wait", text="", change=change)


@pytest.mark.parametrize(("change", "total"), [*zip(AWAITED, (8 * GIB, 4 * GIB, 4 * GIB), strict=True)])
def test_a_move_and_a_copy_are_told_by_their_percent_of_what_is_carried(change: Change, total: int) -> None:
    half = seen(50, MoveState.REPLICATING, PassageState.REPLICATING)
    assert carriage(act(change), half) == Carriage(total // 2)
    assert total_bytes(act(change), half) == total
    assert carriage(act(change), seen(None, MoveState.REPLICATING, PassageState.REPLICATING)) == Carriage(None)
    assert carriage(act(change), seen(100, MoveState.SUCCESS, PassageState.COMPLETE)) is None


def test_a_move_that_waits_behind_others_is_queued() -> None:
    queued = carriage(act(AWAITED[0]), seen(0, MoveState.QUEUED, PassageState.REPLICATING))
    assert queued == Carriage(0, is_queued=True)


@pytest.mark.parametrize("change", AWAITED)
def test_one_percent_of_a_large_volume_is_waited_for(change: Change) -> None:
    one_percent_s = 100 * 2**40 / 100 / (50 * 2**20)
    assert limit_s(act(change)) > one_percent_s
