"""What is asked in the wrong moment: while a destination changes, during a transfer, across a restart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from tests.ontaplab.mirroring import asynchronous, synchronous
from tests.ontaplab.mirroring.pairs import (
    RELATIONSHIPS,
    Pair,
    Prepare,
    Stalling,
    a_pair,
    contents,
    in_pair,
    restartable,
    uninitialized,
)


@pytest.mark.parametrize(
    ("prepare", "state", "policy"),
    [
        (asynchronous.broken_off, "snapmirrored", "MirrorAllSnapshots"),
        (synchronous.broken_off, "in_sync", "Sync"),
    ],
)
def test_while_a_destination_is_made_a_mirror_again_everything_is_refused_for_later(
    tmp_path: Path, prepare: Prepare, state: str, policy: str
) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        source = Stalling(pair)
        await pair.lyon.http.patch(f"/api{pair.path}", json={"state": state})
        await trio.sleep(1)
        for wanted in (state, "paused", "broken_off"):
            assert (await pair.lyon.refusal("PATCH", pair.path, {"state": wanted}))[0] == "6619715"
        assert (await pair.lyon.refusal("POST", f"{pair.path}/transfers"))[0] == "6619715"
        assert (await pair.lyon.refusal("DELETE", pair.path))[0] == "6619715"
        source.answers.set()
        await trio.sleep(1)
        assert (await pair.settle())["state"] == state

    in_pair(tmp_path, claim, body={"policy": policy})


DURING = [
    (asynchronous.initializing, "uninitialized", "dp"),
    (asynchronous.updating, "snapmirrored", "dp"),
    (asynchronous.resyncing, "broken_off", "dp"),
]


@pytest.mark.parametrize(("prepare", "state", "kind"), DURING)
def test_during_each_transfer_it_can_be_aborted_and_not_deleted(
    tmp_path: Path, prepare: Prepare, state: str, kind: str
) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        await trio.sleep(1)
        assert (await pair.lyon.refusal("DELETE", pair.path))[0] == "6619715"
        transfer = (await pair.relationship())["transfer"]["uuid"]
        path = f"{pair.path}/transfers/{transfer}"
        await pair.lyon.patch(path, {"state": "aborted"})
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"]) == (state, "aborted")
        assert (await pair.lyon.one("/storage/volumes", name="data_dr", fields="type"))["type"] == kind
        assert (await pair.lyon.refusal("PATCH", path, {"state": "aborted"}))[0] == "13303849"
        await pair.lyon.delete(pair.path)
        assert await pair.lyon.get(RELATIONSHIPS) == []

    in_pair(tmp_path, claim)


@pytest.mark.parametrize("prepare", [uninitialized, asynchronous.snapmirrored, asynchronous.paused])
def test_an_idle_relationship_can_be_deleted(tmp_path: Path, prepare: Prepare) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        await pair.lyon.delete(pair.path)
        assert await pair.lyon.get(RELATIONSHIPS) == []

    in_pair(tmp_path, claim)


@pytest.mark.parametrize("prepare", [synchronous.in_sync, synchronous.paused, synchronous.broken_off])
def test_a_synchronous_transfer_that_is_over_cannot_be_aborted_either(tmp_path: Path, prepare: Prepare) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        transfer = (await pair.lyon.get(f"{pair.path}/transfers"))[0]["uuid"]
        path = f"{pair.path}/transfers/{transfer}"
        assert (await pair.lyon.refusal("PATCH", path, {"state": "aborted"}))[0] == "13303848"

    in_pair(tmp_path, claim, body={"policy": "Sync"})


def across_a_restart(
    root: Path, body: dict[str, Any], before: Callable[[Pair], Awaitable[Any]], after: Callable[[Pair], Awaitable[None]]
) -> None:
    """Both clusters are cut off after `before` and go on in `after`."""

    async def main() -> None:
        async with restartable(root, first=True) as (paris, lyon):
            await paris.svm("svm1")
            await lyon.svm("svm1")
            former = await a_pair(paris, lyon, body)
            await before(former)
        async with restartable(root, first=False) as (paris, lyon):
            await after(replace(former, paris=paris, lyon=lyon))

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.slow
def test_after_a_restart_a_synchronous_pair_is_out_of_sync_until_it_has_caught_up(tmp_path: Path) -> None:
    async def before(pair: Pair) -> None:
        await synchronous.in_sync(pair)
        (pair.live / "file").write_bytes(b"written just before")

    async def after(pair: Pair) -> None:
        assert await pair.state() == "out_of_sync"
        await trio.sleep(15)
        record = await pair.settle()
        assert (record["state"], record["healthy"]) == ("in_sync", True)
        assert contents(pair.copy) == contents(pair.live)

    across_a_restart(tmp_path, {"policy": "Sync"}, before, after)


@pytest.mark.slow
def test_after_a_restart_a_synchronization_and_a_restore_go_on_by_themselves(tmp_path: Path) -> None:
    async def before(pair: Pair) -> None:
        await synchronous.initializing(pair)
        await pair.paris.volume("again", {"type": "dp"})
        await pair.lyon.volume("kept")
        await pair.lyon.post(
            f"/storage/volumes/{(await pair.lyon.one('/storage/volumes', name='kept'))['uuid']}/snapshots",
            {"name": "k"},
        )
        restore = {"source.path": "svm1_lyon:kept", "destination.path": "svm1:again", "restore": True}
        created = await pair.paris.post(RELATIONSHIPS, restore)
        await pair.gate(pair.paris, held=True)
        await pair.paris.http.post(f"/api{RELATIONSHIPS}/{created['uuid']}/transfers")
        await trio.sleep(1)

    async def after(pair: Pair) -> None:
        assert (await pair.settle())["state"] == "in_sync"
        assert contents(pair.copy) == {"file": b"one"}
        await trio.sleep(1)
        assert await pair.paris.get(RELATIONSHIPS) == []
        assert (await pair.paris.one("/storage/volumes", name="again", fields="type"))["type"] == "rw"

    across_a_restart(tmp_path, {"policy": "Sync"}, before, after)
