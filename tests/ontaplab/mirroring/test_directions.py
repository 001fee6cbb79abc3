"""Relationships turned round, mirrored on, and a way home by a second one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, contents, in_pair

SWAPPED = {"source.path": "svm1:data_dr", "destination.path": "svm1_paris:data", "state": "snapmirrored"}


async def reversed_record(pair: Pair) -> dict[str, Any]:
    """The relationship at its new destination, once its transfer has ended."""
    await trio.sleep(1)
    return await pair.paris.one(RELATIONSHIPS, fields="*")


@pytest.mark.parametrize(("policy", "state"), [("MirrorAllSnapshots", "snapmirrored"), ("StrictSync", "in_sync")])
def test_a_relationship_is_turned_round_and_back_by_naming_its_ends_the_other_way(
    tmp_path: Path, policy: str, state: str
) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"one")
        await pair.ask(state)
        await pair.settle()
        await pair.lyon.patch(pair.path, {**SWAPPED, "state": state})
        record = await reversed_record(pair)
        assert (record["source"]["path"], record["destination"]["path"]) == ("svm1_lyon:data_dr", "svm1:data")
        assert (record["state"], record["last_transfer_type"]) == (state, "resync")
        assert await pair.lyon.get(RELATIONSHIPS) == []
        (pair.copy / "file").write_bytes(b"two, on the other side")
        if state == "snapmirrored":
            await pair.paris.http.post(f"/api{RELATIONSHIPS}/{record['uuid']}/transfers")
        await trio.sleep(11)
        assert contents(pair.live) == {"file": b"two, on the other side"}
        back = {"source.path": "svm1:data", "destination.path": "svm1_lyon:data_dr", "state": state}
        await pair.paris.patch(f"{RELATIONSHIPS}/{record['uuid']}", back)
        await trio.sleep(1)
        assert (await pair.relationship())["state"] == state
        (pair.live / "file").write_bytes(b"writable")

    in_pair(tmp_path, claim, body={"policy": policy})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"source.path": "svm1:other"}, "13304120"),
        ({"destination.path": None}, "13304120"),
        ({"throttle": 5}, "13304082"),
        ({"transfer_schedule": "daily"}, "13304082"),
        ({"state": "paused"}, "13303818"),
        ({"state": None}, "13303818"),
    ],
)
def test_what_does_not_name_the_same_ends_is_no_reversal(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        before = await pair.relationship()
        assert (await pair.lyon.refusal("PATCH", pair.path, {**SWAPPED, **changes}))[0] == code
        assert await pair.relationship() == before

    in_pair(tmp_path, claim)


def test_only_an_idle_mirror_is_turned_round(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13303818"
        await pair.initialize()
        (pair.live / "file").write_bytes(b"new")
        await pair.gate(held=True)
        await pair.transfer()
        assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13303810"
        await pair.gate(held=False)
        await pair.settle()
        for state in ("paused", "broken_off"):
            await pair.ask(state)
            assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13303818"

    in_pair(tmp_path, claim)


def test_a_vault_and_a_pair_inside_one_cluster_are_not_turned_round(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.patch(pair.path, {"policy": "XDPDefault"})
        assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13304086"
        await pair.lyon.volume("near")
        await pair.lyon.volume("near_dr", {"type": "dp"})
        near = await pair.lyon.post(RELATIONSHIPS, {"source.path": "svm1:near", "destination.path": "svm1:near_dr"})
        body = {"source.path": "svm1:near_dr", "destination.path": "svm1:near", "state": "snapmirrored"}
        assert (await pair.lyon.refusal("PATCH", f"{RELATIONSHIPS}/{near['uuid']}", body))[0] == "13304003"

    in_pair(tmp_path, claim)


def test_a_reversal_that_the_other_cluster_refuses_or_does_not_hear_changes_nothing(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.post("/snapmirror/policies", {"name": "mine", "copy_all_source_snapshots": True})
        await pair.initialize()
        await pair.lyon.patch(pair.path, {"policy": "mine"})
        assert (await pair.lyon.refusal("PATCH", pair.path, SWAPPED))[0] == "13303996"
        pair.cut_paris_off()
        await pair.lyon.refusal("PATCH", pair.path, SWAPPED)
        assert await pair.state() == "snapmirrored"
        assert (await pair.lyon.one("/storage/volumes", name="data_dr", fields="type"))["type"] == "dp"

    in_pair(tmp_path, claim)


@pytest.mark.parametrize("policy", ["MirrorAllSnapshots", "MirrorAndVault", "MirrorLatest"])
def test_a_mirror_is_mirrored_on_and_each_stage_holds_what_the_former_shows(tmp_path: Path, policy: str) -> None:
    async def claim(pair: Pair) -> None:
        await pair.paris.volume("third", {"type": "dp"})
        body = {"source.path": "svm1_lyon:data_dr", "destination.path": "svm1:third", "policy": policy}
        assert (await pair.paris.refusal("POST", RELATIONSHIPS, body))[0] == "6619337"
        (pair.live / "file").write_bytes(b"0")
        await pair.initialize()
        path = f"{RELATIONSHIPS}/{(await pair.paris.post(RELATIONSHIPS, body))['uuid']}"
        await pair.paris.patch(path, {"state": "snapmirrored"})
        await trio.sleep(1)
        third = pair.live.parent / "third"
        for number in (b"1", b"2", b"3"):
            (pair.live / "file").write_bytes(number)
            former = contents(third)
            await pair.update()
            assert contents(third) == former
            answer = await pair.paris.http.post(f"/api{path}/transfers")
            assert answer.status_code == 201
            await trio.sleep(1)
            record = await pair.paris.one(RELATIONSHIPS, fields="*")
            assert (record["healthy"], record["transfer"]["state"]) == (True, "success")
            assert contents(third) == {"file": number}
        for asker, name in ((pair.lyon, "data_dr"), (pair.paris, "third")):
            volume = await asker.one("/storage/volumes", name=name)
            assert len(await asker.get(f"/storage/volumes/{volume['uuid']}/snapshots")) <= 2

    in_pair(tmp_path, claim, body={"policy": policy})


@pytest.mark.parametrize("policy", ["MirrorAllSnapshots", "MirrorAndVault"])
def test_a_second_relationship_brings_home_what_was_written_and_the_first_one_goes_on(
    tmp_path: Path, policy: str
) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "large").write_bytes(bytes(range(256)) * 4096)
        await pair.initialize()
        await pair.ask("broken_off")
        (pair.copy / "file").write_bytes(b"written at the recovery site")
        body = {"source.path": "svm1_lyon:data_dr", "destination.path": "svm1:data", "policy": policy}
        path = f"{RELATIONSHIPS}/{(await pair.paris.post(RELATIONSHIPS, body))['uuid']}"
        await pair.paris.patch(path, {"state": "snapmirrored"})
        record = await reversed_record(pair)
        assert (record["state"], record["healthy"]) == ("snapmirrored", True)
        assert contents(pair.live) == contents(pair.copy)
        assert (await pair.lyon.refusal("PATCH", pair.path, {"state": "snapmirrored"}))[0] == "6619337"
        for state in ("paused", "broken_off"):
            await pair.paris.patch(path, {"state": state})
        await pair.paris.delete(path, destination_only="true")
        await pair.lyon.delete(path, source_only="true")
        (pair.live / "later").write_bytes(b"at home again")
        await pair.ask("snapmirrored")
        record = await pair.settle()
        assert (record["state"], record["last_transfer_type"]) == ("snapmirrored", "resync")
        assert contents(pair.copy) == contents(pair.live)
        assert set(contents(pair.live)) == {"large", "file", "later"}

    in_pair(tmp_path, claim, body={"policy": policy})
