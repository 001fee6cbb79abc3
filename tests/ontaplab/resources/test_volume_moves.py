"""Moves between aggregates and encryption: by the clock, steered by their clients, going on after a restart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from netapp_ontap.resources.volume import Volume

from ontaplab.inprocess import lab_clusters
from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.oracle import complaints

pytestmark = pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning")
TWO = ("aggr1", "aggr2")
MOVE = {"movement.destination_aggregate.name": "aggr2"}


async def shown(asker: Asker, fields: str = "movement,aggregates") -> dict[str, Any]:
    return await asker.one("/storage/volumes", name="vol_1", fields=fields)


async def state(asker: Asker) -> str:
    found: str = (await shown(asker))["movement"]["state"]
    return found


def with_volume(root: Path, claim: Callable[[Asker], Awaitable[None]]) -> None:
    """Runs the claim on a cluster with two aggregates and `vol_1` on the first."""

    async def main(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"nas.path": "/one"})
        (paris.seen("/one") / "file").write_bytes(b"before")
        await claim(paris)

    in_lab(root, main, peered=False, aggregates=TWO)


def test_a_volume_moves_through_its_phases_and_keeps_its_uuid_and_bytes(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        before = await shown(paris)
        await paris.patch("/storage/volumes", MOVE, name="vol_1")
        (paris.seen("/one") / "during").write_bytes(b"during")
        await trio.sleep(3)
        moving = await shown(paris)
        assert complaints(moving, Volume) == []
        assert (moving["movement"]["state"], moving["movement"]["percent_complete"]) == ("replicating", 60)
        assert moving["aggregates"][0]["name"] == "aggr1"
        space = await paris.get("/storage/aggregates", fields="space.block_storage.used")
        assert [each["space"]["block_storage"]["used"] for each in space] == [1024**3, 1024**3]
        await trio.sleep(2.5)
        assert await state(paris) == "cutover"
        await trio.sleep(1)
        after = await shown(paris)
        assert (after["movement"]["state"], after["movement"]["percent_complete"]) == ("success", 100)
        assert (after["aggregates"][0]["name"], after["uuid"]) == ("aggr2", before["uuid"])
        assert {path.name for path in paris.seen("/one").iterdir()} == {".snapshot", "file", "during"}
        space = await paris.get("/storage/aggregates", fields="space.block_storage.used", order_by="name")
        assert [each["space"]["block_storage"]["used"] for each in space] == [0, 1024**3]

    with_volume(tmp_path, claim)


@pytest.mark.parametrize("word", ["wait", "cutover_wait"])
def test_a_move_that_waits_is_cut_over_when_that_is_asked_for(tmp_path: Path, word: str) -> None:
    async def claim(paris: Asker) -> None:
        await paris.patch("/storage/volumes", {**MOVE, "movement.state": word}, name="vol_1")
        await trio.sleep(3600)
        assert await state(paris) == "cutover_pending"
        await paris.patch("/storage/volumes", {"movement.state": "cutover"}, name="vol_1")
        await trio.sleep(2)
        assert await state(paris) == "success"

    with_volume(tmp_path, claim)


@pytest.mark.parametrize("word", ["abort_on_failure", "force"])
def test_words_of_the_command_line_start_a_move_that_cuts_over_by_itself(tmp_path: Path, word: str) -> None:
    async def claim(paris: Asker) -> None:
        body = {**MOVE, "movement.state": word}
        await paris.patch("/storage/volumes", {**body, "validate_only": "true"}, name="vol_1")
        assert "movement" not in await shown(paris)
        await paris.patch("/storage/volumes", {**body, "encryption.enabled": "true"}, name="vol_1")
        uuid = (await shown(paris))["uuid"]
        await paris.http.patch(f"/api/storage/volumes/{uuid}")  # an abort without a body, as one client sends it
        await trio.sleep(10)
        moved = await shown(paris, "movement.state,encryption")
        assert (moved["movement"]["state"], moved["encryption"]["state"]) == ("success", "encrypted")

    with_volume(tmp_path, claim)


def test_a_paused_move_stands_still_and_an_aborted_one_leaves_the_volume_where_it_is(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        await paris.patch("/storage/volumes", MOVE, name="vol_1")
        await trio.sleep(2.0)
        await paris.patch("/storage/volumes", {"movement.state": "paused"}, name="vol_1")
        await trio.sleep(3600)
        assert (await shown(paris))["movement"]["percent_complete"] == 40
        await paris.patch("/storage/volumes", {"movement.state": "replicating"}, name="vol_1")
        await trio.sleep(2.0)
        assert (await shown(paris))["movement"]["percent_complete"] == 80
        await paris.patch("/storage/volumes", {"movement.state": "aborted"}, name="vol_1")
        await trio.sleep(60)
        left = await shown(paris)
        assert (left["movement"]["state"], left["aggregates"][0]["name"]) == ("aborted", "aggr1")
        await paris.patch("/storage/volumes", MOVE, name="vol_1")
        await trio.sleep(60)
        assert await state(paris) == "success"

    with_volume(tmp_path, claim)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"movement.destination_aggregate.name": "aggr1"}, "918265"),
        ({"movement.destination_aggregate.name": "aggr9"}, "918267"),
        ({**MOVE, "movement.state": "cutover"}, "918266"),
        ({"movement.state": "sideways"}, "918786"),
        ({"movement.state": "cutover"}, "918786"),
        ({**MOVE, "movement.cutover_window": 20}, "262197"),
    ],
)
def test_a_move_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker) -> None:
        assert (await paris.refusal("PATCH", "/storage/volumes", body, name="vol_1"))[0] == code
        assert "movement" not in await shown(paris)

    with_volume(tmp_path, claim)


def test_a_volume_that_is_being_moved_is_not_taken_away(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        uuid = (await paris.one("/storage/volumes", name="vol_1"))["uuid"]
        await paris.post(f"/storage/volumes/{uuid}/snapshots", {"name": "s"})
        await paris.patch("/storage/volumes", MOVE, name="vol_1")
        for change in ({"state": "offline"}, {"restore_to.snapshot.name": "s"}, MOVE):
            code, message = await paris.refusal("PATCH", "/storage/volumes", change, name="vol_1")
            assert (code, "Another operation is running" in message) == ("13107405", True), change
        assert (await paris.refusal("DELETE", "/storage/volumes", name="vol_1"))[0] == "13107405"
        await paris.patch("/storage/volumes", {"size": "2GB", "comment": "c", "nas.path": "/two"}, name="vol_1")
        await trio.sleep(60)
        await paris.delete("/storage/volumes", name="vol_1")

    with_volume(tmp_path, claim)


def test_a_volume_is_encrypted_by_a_job_that_can_be_paused_and_decrypted_only_by_a_move(tmp_path: Path) -> None:
    async def claim(paris: Asker) -> None:
        encryption = (await shown(paris, "encryption"))["encryption"]
        assert (encryption["enabled"], encryption["state"], encryption["type"]) == (False, "unencrypted", "none")
        await paris.patch("/storage/volumes", {"encryption.enabled": True}, name="vol_1")
        encryption = (await shown(paris, "encryption"))["encryption"]
        assert (encryption["state"], encryption["status"]["message"]) == ("encrypting", "running")
        assert complaints({"encryption": encryption}, Volume) == []
        job = await paris.one("/cluster/jobs", description="Encryption*", fields="state")
        assert job["state"] == "running"
        await paris.patch("/storage/volumes", {"encryption.action": "conversion_pause"}, name="vol_1")
        await trio.sleep(600)
        assert (await shown(paris, "encryption"))["encryption"]["status"]["message"] == "paused"
        await paris.patch("/storage/volumes", {"encryption.action": "conversion_resume"}, name="vol_1")
        await trio.sleep(6)
        encryption = (await shown(paris, "encryption"))["encryption"]
        assert (encryption["state"], encryption["type"], "status" in encryption) == ("encrypted", "volume", False)
        assert await paris.get("/storage/volumes", **{"encryption.enabled": "true"})
        refused = await paris.refusal("PATCH", "/storage/volumes", {"encryption.enabled": False}, name="vol_1")
        assert refused[0] == "917536"
        await paris.patch("/storage/volumes", {"encryption.rekey": True}, name="vol_1")
        assert (await shown(paris, "encryption"))["encryption"]["state"] == "rekeying"
        await trio.sleep(6)
        await paris.patch("/storage/volumes", {**MOVE, "encryption.enabled": False}, name="vol_1")
        await trio.sleep(10)
        assert (await shown(paris, "encryption"))["encryption"]["state"] == "unencrypted"

    with_volume(tmp_path, claim)


def test_a_move_goes_on_after_a_restart(tmp_path: Path) -> None:
    async def life(claim: Callable[[Asker], Awaitable[None]]) -> None:
        async with (
            lab_clusters("paris", root=tmp_path, durable=True, aggregates=TWO) as lab,
            lab["paris"].client() as http,
        ):
            await claim(Asker(lab["paris"], http))

    async def begin(paris: Asker) -> None:
        await paris.svm("svm1")
        await paris.volume("vol_1")
        await paris.patch("/storage/volumes", MOVE, name="vol_1")
        assert await state(paris) == "replicating"

    async def end(paris: Asker) -> None:
        assert await state(paris) == "replicating"
        await trio.sleep(7)
        assert await state(paris) == "success"

    for claim in (begin, end):
        trio.run(life, claim, clock=trio.testing.MockClock(autojump_threshold=0))
