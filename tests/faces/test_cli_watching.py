"""What is told while transfers are awaited: how many run and wait, what is left, and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from datamotion.cli.watching import TerminalWatcher
from datamotion.model.acts import AwaitTransfer
from datamotion.model.standing import Standing
from datamotion.model.words import MirrorState, TransferState
from datamotion.policy.protect import protect_planner
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    NOON,
    a_cluster_view,
    a_group,
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
    """A clock that is set by hand."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return NOON

    def monotonic_s(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def standing(moved: int) -> Standing:
    """Of three volumes of a GiB each one is carried, with so much moved, and two wait."""
    runs = FRESH | {"transfer": a_transfer(TransferState.TRANSFERRING, moved=moved)}
    mirrors = [a_mirror(name, **(runs if name == "vol_1" else FRESH)) for name in NAMES]
    copies = [a_volume(name, LYON, used_bytes=0) for name in NAMES]
    home = [a_volume(name, used_bytes=GIB) for name in NAMES]
    return standing_of(
        {"paris": a_cluster_view(HOME, home), "lyon": a_cluster_view(LYON, copies, mirrors)}, a_group(LYON)
    )


def test_what_is_left_is_told_with_how_long_it_takes_at_the_pace_that_was_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hands()
    group = a_group(LYON)
    group = replace(group, targets=(replace(group.targets[0], transfers_at_once=1),))
    awaited = [
        act for act in acts(planned(protect_planner(group), standing(0))) if isinstance(act.change, AwaitTransfer)
    ]
    with TerminalWatcher(clock) as watcher:
        for seconds, moved in ((10, 0), (20, GIB // 2)):
            clock.seconds = seconds
            watcher.waiting(awaited, standing(moved))
    first, second = capsys.readouterr().err.splitlines()
    assert first.strip() == "1 transfer running, 2 waiting for their turn, 0 B moved, 3 GiB left"
    assert second.strip() == "1 transfer running, 2 waiting for their turn, 512 MiB moved, 2.5 GiB left: about 50 s"
