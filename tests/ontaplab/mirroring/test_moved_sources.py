"""What becomes of transfers when their source volume is moved to another aggregate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import trio

from tests.ontaplab.mirroring.pairs import Pair, a_pair, contents
from tests.ontaplab.resources.labs import Asker, in_lab

A_MOVE_S = 7


def with_two_aggregates(root: Path, claim: Callable[[Pair], Awaitable[None]], policy: str) -> None:
    """Runs the claim on an initialized pair whose source can be moved."""

    async def main(paris: Asker, lyon: Asker) -> None:
        pair = await a_pair(paris, lyon, {"policy": policy})
        (pair.live / "file").write_bytes(b"before")
        await pair.initialize()
        await claim(pair)

    in_lab(root, main, aggregates=("aggr1", "aggr2"))


async def move(pair: Pair) -> None:
    path = f"/storage/volumes/{pair.source['uuid']}"
    await pair.paris.patch(path, {"movement.destination_aggregate.name": "aggr2"})
    await trio.sleep(A_MOVE_S)
    (volume,) = await pair.paris.get("/storage/volumes", name="data", fields="aggregates")
    assert volume["aggregates"][0]["name"] == "aggr2"


def test_scheduled_transfers_fail_after_a_move_until_one_that_was_asked_for_has_succeeded(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await move(pair)
        (pair.live / "file").write_bytes(b"after")
        await trio.sleep(3600)
        record = await pair.settle()
        assert (record["healthy"], record["transfer"]["state"]) == (False, "failed")
        assert "moved to another aggregate" in record["unhealthy_reason"][0]["message"]
        assert contents(pair.copy) == {"file": b"before"}
        record = await pair.update()
        assert (record["healthy"], contents(pair.copy)) == (True, {"file": b"after"})
        (pair.live / "file").write_bytes(b"later")
        await trio.sleep(3600)
        assert ((await pair.settle())["healthy"], contents(pair.copy)) == (True, {"file": b"later"})

    with_two_aggregates(tmp_path, claim, "Asynchronous")


def test_a_transfer_that_runs_while_its_source_is_cut_over_fails_and_the_next_one_goes_on(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"after" * 100_000)
        await pair.gate(held=True)
        await pair.transfer()
        await move(pair)
        await pair.gate(held=False)
        record = await pair.settle()
        assert (record["state"], record["transfer"]["state"]) == ("snapmirrored", "failed")
        assert contents(pair.copy) == {"file": b"before"}
        failed = await pair.lyon.one(f"{pair.path}/transfers", state="failed", fields="checkpoint_size")
        assert failed["checkpoint_size"] == 250_000
        record = await pair.update()
        assert (record["transfer"]["state"], contents(pair.copy)) == ("success", {"file": b"after" * 100_000})

    with_two_aggregates(tmp_path, claim, "MirrorAllSnapshots")


def test_a_pair_in_sync_stays_so_when_its_source_is_moved(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.ask("in_sync")
        await pair.settle()
        await move(pair)
        (pair.live / "file").write_bytes(b"after")
        await trio.sleep(11)
        assert (await pair.state(), contents(pair.copy)) == ("in_sync", {"file": b"after"})

    async def main(paris: Asker, lyon: Asker) -> None:
        await claim(await a_pair(paris, lyon, {"policy": "Sync"}))

    in_lab(tmp_path, main, aggregates=("aggr1", "aggr2"))
