"""Transfers: what arrives, how it is seen meanwhile, and when they run."""

from __future__ import annotations

import re
from pathlib import Path

import anyio
import pytest
import trio
import trio.testing

from ontaplab.inprocess import LabCluster, lab_clusters
from tests.ontaplab.mirroring.pairs import MIB, RELATIONSHIPS, Pair, a_pair, contents, in_pair, noise
from tests.ontaplab.resources.labs import Asker

NAME = re.compile(r"snapmirror\.[0-9a-f-]{36}_\d+\.\d{4}-\d\d-\d\d_\d{6}(_\d+)?")


def test_a_destination_holds_what_the_source_held_when_the_transfer_began(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "folder").mkdir()
        (pair.live / "folder" / "large").write_bytes(noise(3 * MIB))
        (pair.live / "link").symlink_to("folder/large")
        record = await pair.initialize()
        assert contents(pair.copy) == contents(pair.live)
        assert (record["state"], record["transfer"]["state"], record["healthy"]) == ("snapmirrored", "success", True)
        assert record["transfer"]["bytes_transferred"] == 3 * MIB
        assert NAME.fullmatch(record["exported_snapshot"])

    in_pair(tmp_path, claim)


def test_an_update_moves_the_changed_blocks_only(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "large").write_bytes(noise(4 * MIB))
        await pair.initialize()
        with (pair.live / "large").open("r+b") as file:
            file.seek(2 * MIB)
            file.write(b"changed")
        (pair.live / "small").write_bytes(b"new")
        record = await pair.update()
        assert contents(pair.copy) == contents(pair.live)
        assert record["transfer"]["bytes_transferred"] == 4096 + 3
        assert record["total_transfer_bytes"] == 4 * MIB + 4096 + 3

    in_pair(tmp_path, claim)


def test_lag_is_the_age_of_the_exported_snapshot(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        assert "lag_time" not in await pair.relationship()
        await pair.initialize()
        await trio.sleep(3725)
        assert (await pair.relationship())["lag_time"] == "PT1H2M5S"
        await pair.update()
        assert (await pair.relationship())["lag_time"] == "PT0S"

    in_pair(tmp_path, claim)


def test_a_reader_sees_the_old_state_or_the_new_one_never_a_mix(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        for name in "abcd":
            (pair.live / name).write_bytes(noise(MIB, seed=1))
        await pair.initialize()
        old = contents(pair.copy)
        for name in "abcd":
            (pair.live / name).write_bytes(noise(MIB, seed=2))
        await pair.gate(bytes_per_second=MIB)
        await pair.transfer()
        seen = []
        while (await pair.relationship())["transfer"]["state"] != "success":
            seen.append(contents(pair.copy))
            await trio.sleep(0.25)
        assert len(seen) > 10
        assert all(each == old for each in seen)
        assert contents(pair.copy) == contents(pair.live)

    in_pair(tmp_path, claim)


@pytest.mark.slow
def test_a_pace_is_kept_and_progress_shows(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(noise(10 * MIB))
        await pair.gate(bytes_per_second=MIB)
        await pair.ask("snapmirrored")
        await trio.sleep(5.5)
        transfer = (await pair.relationship())["transfer"]
        assert (transfer["state"], transfer["bytes_transferred"]) == ("transferring", 6 * MIB)
        record = await pair.settle()
        assert record["transfer"]["total_duration"] == "PT10S"

    in_pair(tmp_path, claim)


@pytest.mark.slow
def test_transfers_are_listed_for_24_hours_and_the_last_result_stays(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 1
        await trio.sleep(24 * 3600 + 1)
        assert await pair.lyon.get(f"{pair.path}/transfers") == []
        assert (await pair.relationship())["transfer"]["state"] == "success"
        await pair.update()
        assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 1
        assert len(pair.lyon.cluster.transfers) == 1

    in_pair(tmp_path, claim)


def test_the_destination_grows_with_the_source(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.paris.patch(f"/storage/volumes/{pair.source['uuid']}", {"size": "2GB"})
        await pair.initialize()
        volume = await pair.lyon.one("/storage/volumes", name="data_dr", fields="size")
        assert volume["size"] == 2 * 1024**3

    in_pair(tmp_path, claim)


@pytest.mark.slow
def test_scheduled_updates_run_while_mirrored_and_only_then(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await trio.sleep(2 * 3600)
        assert await pair.lyon.get(f"{pair.path}/transfers") == []
        await pair.initialize()
        await trio.sleep(3 * 3600)
        assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 4
        await pair.ask("paused")
        await trio.sleep(2 * 3600)
        assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 4
        assert (await pair.relationship())["lag_time"].startswith("PT2H")

    in_pair(tmp_path, claim, body={"policy": "Asynchronous"})


def test_a_schedule_of_its_own_comes_before_the_policys_until_it_is_cleared(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        await pair.lyon.patch(pair.path, {"transfer_schedule": {"name": "5min"}, "throttle": 100})
        record = await pair.relationship()
        assert (record["transfer_schedule"]["name"], record["throttle"]) == ("5min", 100)
        await trio.sleep(3600)
        assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 13
        await pair.lyon.patch(pair.path, {"transfer_schedule": None})
        assert "transfer_schedule" not in await pair.relationship()
        await trio.sleep(3600)
        assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 14

    in_pair(tmp_path, claim, body={"policy": "Asynchronous"})


@pytest.mark.slow
@pytest.mark.sweep
def test_more_transfers_than_run_at_once_are_queued_and_all_arrive(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.gate(held=True)
        for number in range(101):
            await pair.paris.volume(f"v{number}")
            await pair.lyon.volume(f"v{number}", {"type": "dp"})
            path = f"v{number}"
            await pair.lyon.post(
                RELATIONSHIPS, {"source.path": f"svm1_paris:{path}", "destination.path": f"svm1:{path}"}
            )
        await pair.lyon.patch(RELATIONSHIPS, {"state": "snapmirrored"}, uuid="*")
        await trio.sleep(1)
        assert len(await pair.lyon.get(RELATIONSHIPS, **{"transfer.state": "transferring"})) == 100
        assert len(await pair.lyon.get(RELATIONSHIPS, **{"transfer.state": "queued"})) == 2
        await pair.gate(held=False)
        await trio.sleep(1)
        assert len(await pair.lyon.get(RELATIONSHIPS, state="snapmirrored")) == 102

    in_pair(tmp_path, claim)


@pytest.mark.slow
def test_it_works_on_asyncio_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with lab_clusters("paris", "lyon", root=tmp_path) as lab:
            await _initialize_and_update(lab["paris"], lab["lyon"])

    anyio.run(main)


async def _initialize_and_update(paris: LabCluster, lyon: LabCluster) -> None:
    async with paris.client() as one, lyon.client() as other:
        first, second = Asker(paris, one), Asker(lyon, other)
        await first.svm("svm1")
        await second.svm("svm1")
        pair = await a_pair(first, second)
        (pair.live / "file").write_bytes(noise(MIB))
        await pair.initialize()
        (pair.live / "file").write_bytes(b"short")
        record = await pair.update()
        assert record["transfer"]["state"] == "success"
        assert contents(pair.copy) == {"file": b"short"}
