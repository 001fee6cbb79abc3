"""Two mirrors of one source volume that are updated at once: what either reads stays until it has read it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import trio

from tests.ontaplab.mirroring.pairs import MIB, RELATIONSHIPS, Pair, contents, in_pair, noise


async def _beside(pair: Pair) -> Pair:
    """Another mirror of the source, on its own cluster: what holds transfers into lyon up does not hold this one."""
    destination = await pair.paris.volume("data_beside", {"type": "dp"})
    created = await pair.paris.post(
        RELATIONSHIPS,
        {"source.path": "svm1:data", "destination.path": "svm1:data_beside", "policy": "MirrorAllSnapshots"},
    )
    return replace(pair, lyon=pair.paris, destination=destination, uuid=created["uuid"])


async def _snapshots(pair: Pair) -> int:
    return len(await pair.paris.get(f"/storage/volumes/{pair.source['uuid']}/snapshots"))


def test_a_snapshot_that_one_transfer_reads_is_not_dropped_by_the_other_which_needs_it_no_more(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        beside = await _beside(pair)
        await pair.initialize()
        await beside.initialize()
        (pair.live / "file").write_bytes(noise(MIB, seed=1))
        await beside.update()
        await pair.gate(held=True)
        await pair.transfer()  # carries the base of the other one first, since its policy carries all snapshots
        await trio.sleep(1)
        (pair.live / "file").write_bytes(noise(MIB, seed=2))
        assert (await beside.update())["transfer"]["state"] == "success"
        await pair.gate(held=False)
        record = await pair.settle()
        assert (record["transfer"]["state"], record["healthy"]) == ("success", True), record
        assert contents(pair.copy) == {"file": noise(MIB, seed=1)}
        await beside.update()
        await pair.update()
        assert contents(pair.copy) == contents(pair.live)
        assert await _snapshots(pair) == 2, "the base of each, and no other"

    in_pair(tmp_path, claim)


def test_no_two_that_were_made_for_a_mirror_bear_one_name_though_they_are_of_one_second(tmp_path: Path) -> None:
    """The first is dropped when the second has landed, and its name is not given again."""

    async def claim(pair: Pair) -> None:
        await pair.initialize()
        exported = []
        for seed in range(4):
            (pair.live / "file").write_bytes(noise(MIB, seed=seed))
            record = await pair.update()
            assert record["transfer"]["state"] == "success", record
            exported.append(record["exported_snapshot"])
        assert len(set(exported)) == len(exported), exported
        assert len({each.split("_")[2] for each in exported}) == 1, "all of one second"

    in_pair(tmp_path, claim)
