"""Transfers: what arrives, what is seen meanwhile, and what a failure leaves."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
import trio
import trio.testing
from starlette.types import ASGIApp, Receive, Scope, Send

from ontaplab.inprocess import LabCluster, lab_clusters
from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, a_pair, contents, in_pair
from tests.ontaplab.resources.labs import Asker

MIB = 1024**2
NAME = re.compile(r"snapmirror\.[0-9a-f-]{36}_\d+\.\d{4}-\d\d-\d\d_\d{6}(_\d+)?")


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


class Ranges:
    """A source's application that notes which bytes of streams it is asked for."""

    def __init__(self, pair: Pair) -> None:
        self._apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
        self._address = pair.paris.cluster.address
        self._app: ASGIApp = self._apps[self._address]
        self.asked: list[str] = []
        self.answer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ranges = [value.decode() for name, value in scope["headers"] if name == b"range"]
        self.asked += ranges
        await self._app(scope, receive, send)

    def answer(self) -> None:
        self._apps[self._address] = self

    def fall_silent(self) -> None:
        del self._apps[self._address]


async def half_an_update(pair: Pair) -> Ranges:
    """An initialized pair, 1 MiB more at the source, of which half has arrived; the transfer is held."""
    (pair.live / "old").write_bytes(b"old")
    await pair.initialize()
    (pair.live / "old").unlink()
    (pair.live / "new").write_bytes(noise(MIB))
    ranges = Ranges(pair)
    await pair.gate(held=True)
    await pair.transfer()
    await trio.sleep(1)
    return ranges


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


def test_a_source_lost_in_the_middle_leaves_the_former_snapshot_and_the_reason(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        source = await half_an_update(pair)
        before = await pair.relationship()
        source.fall_silent()
        await pair.gate(held=False)
        record = await pair.settle()
        assert contents(pair.copy) == {"old": b"old"}
        assert record["exported_snapshot"] == before["exported_snapshot"]
        assert (record["state"], record["healthy"], record["transfer"]["state"]) == ("snapmirrored", False, "failed")
        (reason,) = record["unhealthy_reason"]
        assert "svm1_paris:data on cluster paris failed" in reason["message"]
        assert "no cluster answers" in reason["message"]
        ended = (await pair.lyon.get(f"{pair.path}/transfers", state="failed", fields="*"))[0]
        assert ended["error_info"] == {"code": int(reason["code"]), "message": reason["message"]}
        assert ended["checkpoint_size"] == MIB // 2

    in_pair(tmp_path, claim)


def test_the_next_update_goes_on_from_the_checkpoint_and_brings_what_is_newer_too(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        source = await half_an_update(pair)
        source.fall_silent()
        await pair.gate(held=False)
        await pair.settle()
        source.answer()
        (pair.live / "newer").write_bytes(b"newer")
        record = await pair.update()
        assert (record["healthy"], record["transfer"]["state"]) == (True, "success")
        assert "unhealthy_reason" not in record
        assert contents(pair.copy) == contents(pair.live)
        half = MIB // 2
        assert source.asked == [f"bytes=0-{half - 1}", f"bytes={half}-{MIB - 1}", "bytes=0-4"]
        snapshots = await pair.paris.get(f"/storage/volumes/{pair.source['uuid']}/snapshots")
        assert [each["name"] for each in snapshots] == [record["exported_snapshot"]]

    in_pair(tmp_path, claim)


@pytest.mark.parametrize(("state", "kept"), [("aborted", MIB // 2), ("hard_aborted", 0)])
def test_an_abort_keeps_the_checkpoint_and_a_hard_one_discards_it(tmp_path: Path, state: str, kept: int) -> None:
    async def claim(pair: Pair) -> None:
        source = await half_an_update(pair)
        uuid = (await pair.relationship())["transfer"]["uuid"]
        path = f"{pair.path}/transfers/{uuid}"
        await pair.lyon.patch(path, {"state": state})
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"], record["healthy"]) == ("snapmirrored", state, True)
        assert "uuid" not in record["transfer"]
        (transfer,) = await pair.lyon.get(f"{pair.path}/transfers", uuid=uuid, fields="*")
        assert transfer["checkpoint_size"] == kept
        assert transfer["error_info"]["code"] == 6620046
        assert await pair.lyon.refusal("PATCH", path, {"state": state}) == (
            "13303849",
            "The SnapMirror transfer is not active.",
        )
        await pair.gate(held=False)
        await pair.update()
        assert contents(pair.copy) == contents(pair.live)
        assert source.asked[1] == f"bytes={kept}-{MIB - 1}"

    in_pair(tmp_path, claim)


def test_a_transfer_that_is_not_there_cannot_be_aborted(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        code, _ = await pair.lyon.refusal("PATCH", f"{pair.path}/transfers/0", {"state": "aborted"})
        assert code == "4"

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


def test_the_snapshots_that_the_policy_names_are_carried_oldest_first_and_kept_by_count(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        snapshots = f"/storage/volumes/{pair.source['uuid']}/snapshots"
        for number in range(9):
            (pair.live / "number").write_text(str(number))
            await pair.paris.post(snapshots, {"name": f"d{number}", "snapmirror_label": "daily"})
            await pair.paris.post(snapshots, {"name": f"x{number}"})
            await trio.sleep(1)
        record = await pair.initialize()
        held = await pair.lyon.get(f"/storage/volumes/{pair.destination['uuid']}/snapshots", order_by="create_time")
        assert [each["name"] for each in held] == [f"d{number}" for number in range(2, 9)] + [
            record["exported_snapshot"]
        ]
        assert (pair.copy / ".snapshot" / "d4" / "number").read_text() == "4"

    in_pair(tmp_path, claim, body={"policy": "MirrorAndVault"})


def test_a_mirror_of_all_snapshots_drops_what_the_source_has_dropped(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        source, destination = (
            f"/storage/volumes/{volume['uuid']}/snapshots" for volume in (pair.source, pair.destination)
        )
        kept = await pair.paris.post(source, {"name": "kept"})
        gone = await pair.paris.post(source, {"name": "gone"})
        await pair.initialize()
        assert {each["name"] for each in await pair.lyon.get(destination)} > {"kept", "gone"}
        await pair.paris.delete(f"{source}/{gone['uuid']}")
        record = await pair.update()
        held = await pair.lyon.get(destination, fields="name,version_uuid,owners")
        assert {each["name"] for each in held} == {"kept", record["exported_snapshot"]}
        version = await pair.paris.one(source, uuid=kept["uuid"], fields="version_uuid")
        assert version["version_uuid"] in {each["version_uuid"] for each in held}
        assert [each["name"] for each in held if each.get("owners")] == [record["exported_snapshot"]]

    in_pair(tmp_path, claim)


def test_one_snapshot_can_be_asked_for(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"then")
        await pair.paris.post(f"/storage/volumes/{pair.source['uuid']}/snapshots", {"name": "then"})
        (pair.live / "file").write_bytes(b"now")
        await pair.transfer(source_snapshot="then")
        record = await pair.settle()
        assert record["exported_snapshot"] == "then"
        assert contents(pair.copy) == {"file": b"then"}

    in_pair(tmp_path, claim)


def test_a_snapshot_older_than_the_exported_one_can_be_asked_for_too(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"then")
        await pair.paris.post(f"/storage/volumes/{pair.source['uuid']}/snapshots", {"name": "then"})
        await trio.sleep(1)
        (pair.live / "file").write_bytes(b"now")
        await pair.initialize()
        assert contents(pair.copy) == {"file": b"now"}
        await pair.transfer(source_snapshot="then")
        record = await pair.settle()
        assert (record["exported_snapshot"], record["healthy"]) == ("then", True)
        assert contents(pair.copy) == {"file": b"then"}

    in_pair(tmp_path, claim, body={"policy": "MirrorLatest"})


def test_the_base_of_the_next_transfer_cannot_be_deleted_at_the_source(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        snapshots = f"/storage/volumes/{pair.source['uuid']}/snapshots"
        base = await pair.paris.one(snapshots)
        code, _ = await pair.paris.refusal("DELETE", f"{snapshots}/{base['uuid']}")
        assert code == "1638543"

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


@asynccontextmanager
async def restartable(root: Path, *, first: bool) -> AsyncIterator[tuple[Asker, Asker]]:
    """Both clusters, which live on what they kept in `root`."""
    async with (
        lab_clusters("paris", "lyon", root=root, durable=True, peered=first) as lab,
        lab["paris"].client() as one,
        lab["lyon"].client() as other,
    ):
        yield Asker(lab["paris"], one), Asker(lab["lyon"], other)


@pytest.mark.slow
def test_after_a_restart_of_the_destination_a_transfer_goes_on_by_itself(tmp_path: Path) -> None:
    async def main() -> None:
        async with restartable(tmp_path, first=True) as (paris, lyon):
            await paris.svm("svm1")
            await lyon.svm("svm1")
            former = await a_pair(paris, lyon)
            await half_an_update(former)
        async with restartable(tmp_path, first=False) as (paris, lyon):
            pair = replace(former, paris=paris, lyon=lyon)
            asked = Ranges(pair).asked
            assert contents(pair.copy) == {"old": b"old"}
            record = await pair.settle()
            assert (record["transfer"]["state"], record["healthy"]) == ("success", True)
            assert contents(pair.copy) == contents(pair.live)
            assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 2
        assert asked == [f"bytes={MIB // 2}-{MIB - 1}"]

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.slow
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
