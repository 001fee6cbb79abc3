"""SnapMirror policies: what they may say, and what transfers make of their rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio
from netapp_ontap.resources.snapmirror_policy import SnapmirrorPolicy

from tests.ontaplab.mirroring.pairs import Pair, contents, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.oracle import complaints

POLICIES = "/snapmirror/policies"


def rule(**changes: object) -> dict[str, object]:
    return {"label": "daily", "count": 7, **changes}


VAULT = {"create_snapshot_on_source": False, "retention": [rule(), rule(label="weekly")]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"copy_all_source_snapshots": True, "copy_latest_source_snapshot": True}, "13304084"),
        ({"copy_all_source_snapshots": True, "retention": [rule()]}, "13304084"),
        ({"copy_all_source_snapshots": False}, "13304084"),
        ({"create_snapshot_on_source": True, "retention": [rule()]}, "13304084"),
        ({"create_snapshot_on_source": False}, "13304084"),
        ({"retention": [rule(warn=3)]}, "6621045"),
        ({"retention": [rule(warn=7, preserve=True)]}, "13304129"),
        ({"retention": [rule(count=1020)]}, "13304130"),
        ({"retention": [rule(count=1000), rule(label="x", count=20)]}, "13304126"),
        ({"retention": [rule(label=str(number)) for number in range(11)]}, "13303887"),
        ({"retention": [rule(), rule()]}, "6621088"),
        ({"retention": [rule(period="P1Y10M")]}, "13304092"),
        ({"retention": [rule(period="P30D", creation_schedule="daily")]}, "13304118"),
        ({**VAULT, "retention": [rule(creation_schedule="daily")]}, "13304131"),
        ({"transfer_schedule": None}, "262197"),
        ({"sync_type": "sync"}, "13303842"),
        ({"rpo": 5}, "13303842"),
        ({"type": "sync", "transfer_schedule": "daily"}, "13303842"),
        ({"type": "sync", "identity_preservation": "full"}, "13303842"),
        ({"type": "sync", "sync_common_snapshot_schedule": "5min"}, "6621972"),
        ({"type": "sync", "sync_common_snapshot_schedule": "weekly"}, "6621972"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("POST", POLICIES, {"name": "mine", **body}))[0] == code
        assert await paris.get(POLICIES, name="mine") == []

    in_lab(tmp_path, claim, peered=False)


@pytest.mark.parametrize(
    ("body", "change", "code"),
    [
        ({}, {"copy_all_source_snapshots": True}, "13304085"),
        ({}, {"type": "sync"}, "13304085"),
        ({}, {"identity_preservation": "full"}, "13303843"),
        ({"copy_latest_source_snapshot": True}, {"retention": [rule()]}, "13304084"),
        (VAULT, {"retention": [rule(label="other")]}, "13304050"),
        (VAULT, {"retention": [rule(warn=1)]}, "6621045"),
        ({"type": "sync"}, {"throttle": 5}, "13303842"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    tmp_path: Path, body: dict[str, Any], change: dict[str, Any], code: str
) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await paris.post(POLICIES, {"name": "mine", **body})
        before = await paris.one(POLICIES, name="mine", fields="*")
        assert (await paris.refusal("PATCH", f"{POLICIES}/{made['uuid']}", change))[0] == code
        assert await paris.one(POLICIES, name="mine", fields="*") == before

    in_lab(tmp_path, claim, peered=False)


@pytest.mark.parametrize(
    "body",
    [
        {"retention": [rule(count="7", preserve=True, warn=5, period="P30D"), rule(label="x", period="infinite")]},
        {"retention": [rule(creation_schedule="daily", prefix="d")], "transfer_schedule": "hourly", "throttle": 5},
        VAULT,
        {"type": "sync", "sync_type": "strict_sync", "sync_common_snapshot_schedule": "hourly"},
        {"type": "continuous", "rpo": 30},
        {"identity_preservation": "full"},
    ],
)
def test_a_policy_is_listed_as_it_was_made(tmp_path: Path, body: dict[str, Any]) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.post(POLICIES, {"name": "mine", **body})
        policy = await paris.one(POLICIES, name="mine", fields="*")
        assert complaints(policy, SnapmirrorPolicy) == []
        assert policy["type"] == body.get("type", "async")
        labels = [each["label"] for each in body.get("retention", [])]
        assert [each["label"] for each in policy.get("retention", [])] == labels

    in_lab(tmp_path, claim, peered=False)


@pytest.mark.parametrize("name", ["", "two words", "a/b", "ä", "a:b", "n" * 257])
def test_a_name_that_a_policy_cannot_have_is_refused(tmp_path: Path, name: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("POST", POLICIES, {"name": name, "svm.name": "svm1"}))[0] == "262197"

    in_lab(tmp_path, claim, peered=False)


def test_an_svm_has_a_policy_of_one_name_once_whoever_asks_and_with_what_comment(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.svm("svm2")
        name = "claim_" + "n" * 250
        made = await paris.post(POLICIES, {"name": name, "svm.name": "svm1", "comment": "first"})
        assert await paris.refusal("POST", POLICIES, {"name": name, "svm.name": "svm1", "comment": "second"}) == (
            "6621060",
            f'A SnapMirror policy named "{name}" exists already.',
        )
        await paris.post(POLICIES, {"name": name, "svm.name": "svm2"})
        assert (await paris.refusal("POST", POLICIES, {"name": "Sync", "svm.name": "svm1"}))[0] == "6621060"
        found = await paris.get(POLICIES, name=name, fields="comment,scope,svm.name,type", order_by="svm.name")
        assert [(each["svm"]["name"], each["comment"], each["scope"]) for each in found] == [
            ("svm1", "first", "svm"),
            ("svm2", "", "svm"),
        ]
        await paris.patch(f"{POLICIES}/{made['uuid']}", {"comment": "c" * 300})
        assert (await paris.one(POLICIES, uuid=made["uuid"], fields="comment"))["comment"] == "c" * 300
        await paris.delete(POLICIES, name=name, **{"svm.name": "svm1"})
        assert len(await paris.get(POLICIES, name=name)) == 1

    in_lab(tmp_path, claim, peered=False)


def test_of_two_who_ask_for_one_name_at_once_one_gets_it_and_the_other_is_told(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.http.post("/lab/pace", json={"route": "POST /snapmirror/policies", "after_s": 5})
        told: dict[str, tuple[int, object]] = {}

        async def ask(who: str) -> None:
            body = {"name": "claim", "svm.name": "svm1", "comment": who}
            answer = await paris.http.post(f"/api{POLICIES}?return_timeout=60", json=body)
            told[who] = (answer.status_code, answer.json().get("error", {}).get("code"))

        async with trio.open_nursery() as nursery:
            for who in ("one", "other"):
                nursery.start_soon(ask, who)
        assert sorted(told.values(), key=str) == [(201, None), (409, "6621060")]
        (winner,) = (who for who, (status, _) in told.items() if status == 201)
        assert (await paris.one(POLICIES, name="claim", fields="comment"))["comment"] == winner

    in_lab(tmp_path, claim, peered=False)


def test_a_policy_that_is_deleted_while_it_is_changed_stays_deleted(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await paris.post(POLICIES, {"name": "mine", "svm.name": "svm1"})
        await paris.http.post("/lab/pace", json={"route": "PATCH /snapmirror/policies/*", "after_s": 5})
        started = await paris.http.patch(f"/api{POLICIES}/{made['uuid']}", json={"comment": "late"})
        await paris.delete(POLICIES, name="mine")
        await trio.sleep(10)
        job = (await paris.http.get(f"/api/cluster/jobs/{started.json()['job']['uuid']}")).json()
        assert (job["state"], job["error"]["code"]) == ("failure", "4")
        assert await paris.get(POLICIES, name="mine") == []

    in_lab(tmp_path, claim, peered=False)


def test_a_policy_that_a_relationship_uses_cannot_be_deleted(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await with_policy(pair, **{"svm.name": "svm1"})
        await pair.lyon.http.post("/lab/pace", json={"route": "DELETE /snapmirror/policies/*", "after_s": 5})
        assert (await pair.lyon.refusal("DELETE", POLICIES, name="mine"))[0] == "13303867"
        await pair.lyon.patch(pair.path, {"policy": "MirrorLatest"})
        started = await pair.lyon.http.delete(f"/api{POLICIES}?name=mine")
        await pair.lyon.patch(pair.path, {"policy": "mine"})
        await trio.sleep(10)
        job = (await pair.lyon.http.get(f"/api/cluster/jobs/{started.json()['job']['uuid']}")).json()
        assert (job["state"], job["error"]["code"]) == ("failure", "13303867")
        assert len(await pair.lyon.get(POLICIES, name="mine")) == 1

    in_pair(tmp_path, claim)


async def labelled(pair: Pair, label: str, *names: str) -> None:
    """The source has snapshots of these names, whose file holds the name."""
    for name in names:
        (pair.live / "file").write_text(name)
        await pair.paris.post(
            f"/storage/volumes/{pair.source['uuid']}/snapshots", {"name": name, "snapmirror_label": label}
        )
        await trio.sleep(1)


async def with_policy(pair: Pair, **body: object) -> None:
    await pair.lyon.post(POLICIES, {"name": "mine", **body})
    await pair.lyon.patch(pair.path, {"policy": "mine"})


async def held(pair: Pair) -> list[str]:
    """The destination's snapshots, the oldest first, but for those that SnapMirror made."""
    snapshots = await pair.lyon.get(
        f"/storage/volumes/{pair.destination['uuid']}/snapshots", order_by="create_time", fields="name"
    )
    return [each["name"] for each in snapshots if not each["name"].startswith("snapmirror.")]


def test_a_vault_begins_with_a_snapshot_of_its_own_even_where_nothing_is_labelled(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await with_policy(pair, create_snapshot_on_source=False, retention=[rule(count=2)])
        (pair.live / "file").write_text("unlabelled")
        record = await pair.initialize()
        assert (record["healthy"], record["state"]) == (True, "snapmirrored")
        assert record["exported_snapshot"].startswith("snapmirror.")
        assert contents(pair.copy) == {"file": b"unlabelled"}
        (pair.live / "file").write_text("newer, unlabelled")
        record = await pair.update()
        assert (record["healthy"], record["transfer"]["bytes_transferred"]) == (True, 0)
        assert contents(pair.copy) == {"file": b"unlabelled"}

    in_pair(tmp_path, claim)


def test_a_vault_never_goes_back_to_a_snapshot_that_was_labelled_later(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await with_policy(pair, create_snapshot_on_source=False, retention=[rule(count=2)])
        await labelled(pair, "other", "old")
        (pair.live / "file").write_text("new")
        await pair.initialize()
        snapshots = f"/storage/volumes/{pair.source['uuid']}/snapshots"
        await pair.paris.patch(snapshots, {"snapmirror_label": "daily"}, name="old")
        record = await pair.update()
        assert (record["healthy"], await held(pair)) == (True, [])
        assert contents(pair.copy) == {"file": b"new"}

    in_pair(tmp_path, claim)


def test_a_vault_carries_labelled_snapshots_only_and_drops_the_oldest(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await with_policy(pair, create_snapshot_on_source=False, retention=[rule(count=2)])
        await labelled(pair, "daily", "d1", "d2", "d3")
        await labelled(pair, "other", "x1")
        await pair.initialize()
        assert await held(pair) == ["d2", "d3"]
        assert contents(pair.copy) == {"file": b"x1"}
        await labelled(pair, "daily", "d4")
        record = await pair.update()
        assert record["exported_snapshot"] == "d4"
        assert await held(pair) == ["d3", "d4"]
        source = await pair.paris.get(f"/storage/volumes/{pair.source['uuid']}/snapshots")
        assert not any(each["name"].startswith("snapmirror.") for each in source)

    in_pair(tmp_path, claim)


def test_a_vault_with_nothing_new_is_updated_without_moving_anything(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await with_policy(pair, create_snapshot_on_source=False, retention=[rule(count=2)])
        await labelled(pair, "daily", "d1")
        await pair.initialize()
        record = await pair.update()
        assert (record["transfer"]["state"], record["transfer"]["bytes_transferred"]) == ("success", 0)

    in_pair(tmp_path, claim)


def test_preserved_snapshots_are_not_rotated_the_transfer_fails_instead(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await with_policy(pair, retention=[rule(count=2, preserve=True)])
        await labelled(pair, "daily", "d1", "d2")
        await pair.initialize()
        await labelled(pair, "daily", "d3")
        record = await pair.update()
        assert (record["healthy"], record["transfer"]["state"]) == (False, "failed")
        assert "preserved" in record["unhealthy_reason"][0]["message"]
        assert await held(pair) == ["d1", "d2"]

    in_pair(tmp_path, claim)


def test_the_latest_snapshot_only_is_carried_where_the_policy_says_so(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await labelled(pair, "daily", "d1")
        for _ in range(3):
            (pair.live / "file").write_bytes(b"latest")
            await (pair.initialize() if await pair.state() == "uninitialized" else pair.update())
            snapshots = await pair.lyon.get(f"/storage/volumes/{pair.destination['uuid']}/snapshots")
            assert len(snapshots) == 1
        assert contents(pair.copy) == {"file": b"latest"}

    in_pair(tmp_path, claim, body={"policy": "MirrorLatest"})


def test_a_rule_makes_labelled_snapshots_of_what_the_mirror_shows_and_keeps_as_many_as_it_says(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await with_policy(pair, retention=[rule(label="kept", count=2, creation_schedule="5min", prefix="made")])
        (pair.live / "file").write_bytes(b"one")
        await pair.initialize()
        names = []
        for minute in range(5, 25, 5):
            await trio.sleep(300)
            if minute == 15:
                (pair.live / "file").write_bytes(b"three")
                await pair.update()
            snapshots = await pair.lyon.get(f"/storage/volumes/{pair.destination['uuid']}/snapshots", fields="*")
            names.append(sorted(each["name"][-4:] for each in snapshots if each.get("snapmirror_label") == "kept"))
        assert names == [["1205"], ["1205", "1210"], ["1210", "1215"], ["1215", "1220"]]
        shown = {each: contents(pair.copy / ".snapshot" / f"made.2026-03-01_{each}") for each in names[-1]}
        assert shown == {"1215": {"file": b"one"}, "1220": {"file": b"three"}}
        assert await pair.paris.get(f"/storage/volumes/{pair.source['uuid']}/snapshots", name="made*") == []
        await pair.ask("broken_off")
        await trio.sleep(600)
        assert len(await pair.lyon.get(f"/storage/volumes/{pair.destination['uuid']}/snapshots", name="made*")) == 2
        await pair.ask("snapmirrored")
        assert (await pair.settle())["healthy"], "a resync starts from the common snapshot, whatever was made beside it"

    in_pair(tmp_path, claim)


def test_a_rule_that_preserves_makes_no_more_than_it_keeps(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        made = rule(label="kept", count=1, creation_schedule="5min", preserve=True)
        await with_policy(pair, retention=[made])
        await pair.initialize()
        await trio.sleep(900)
        snapshots = await pair.lyon.get(f"/storage/volumes/{pair.destination['uuid']}/snapshots", name="kept*")
        assert [each["name"] for each in snapshots] == ["kept.2026-03-01_1205"]

    in_pair(tmp_path, claim)


@pytest.mark.parametrize(
    ("transfer", "relationship", "policy", "seconds"), [(512, 1, 1, 2), (0, 512, 1, 2), (0, 0, 512, 2), (0, 0, 0, 0)]
)
def test_the_throttle_is_the_transfers_else_the_relationships_else_the_policys(
    tmp_path: Path, transfer: int, relationship: int, policy: int, seconds: int
) -> None:
    async def claim(pair: Pair) -> None:
        await with_policy(pair, throttle=policy)
        await pair.lyon.patch(pair.path, {"throttle": relationship})
        (pair.live / "file").write_bytes(bytes(range(256)) * 4096)
        answer = await pair.lyon.http.post(f"/api{pair.path}/transfers", json={"throttle": transfer})
        assert answer.status_code == 201
        record = await pair.settle()
        assert record["transfer"]["total_duration"] == f"PT{seconds}S"

    in_pair(tmp_path, claim)
