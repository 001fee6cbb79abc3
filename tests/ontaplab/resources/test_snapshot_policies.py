"""Snapshot policies, and the snapshots that they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab

POLICIES = "/storage/snapshot-policies"
HOUR_S = 3600


async def names(asker: Asker, volume: str) -> list[str]:
    """The names of the volume's snapshots, the oldest first."""
    uuid = (await asker.one("/storage/volumes", name=volume))["uuid"]
    return [each["name"] for each in await asker.get(f"/storage/volumes/{uuid}/snapshots", order_by="create_time")]


def test_the_built_in_policies_are_there_and_stay(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        policy = await paris.one(POLICIES, name="default", fields="*")
        assert (policy["enabled"], policy["scope"], "svm" in policy) == (True, "cluster", False)
        kept = {copies["schedule"]["name"]: copies["count"] for copies in policy["copies"]}
        assert kept == {"hourly": 6, "daily": 2, "weekly": 2}
        assert {each["name"] for each in await paris.get(POLICIES)} == {"default", "default-1weekly", "none"}
        assert (await paris.refusal("DELETE", POLICIES, name="default-1weekly"))[0] == "1638431"

    in_lab(tmp_path, claim)


def test_a_volume_gets_its_policys_snapshots_when_due_and_keeps_as_many_as_it_says(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("data", {"nas.path": "/data"})
        (paris.seen("/data") / "file").write_text("at noon")
        assert await names(paris, "data") == [], "it is 12:00; the hourly schedule fires at 5 past"
        await trio.sleep(HOUR_S)
        (paris.seen("/data") / "file").write_text("an hour later")
        assert await names(paris, "data") == ["hourly.2026-03-01_1205"]
        await trio.sleep(7 * HOUR_S)
        assert await names(paris, "data") == [f"hourly.2026-03-01_{hour}05" for hour in range(14, 20)]
        await trio.sleep(40 * HOUR_S)  # 3 March, noon
        by_label = {"daily": ["daily.2026-03-02_0010", "daily.2026-03-03_0010"], "weekly": []}
        uuid = (await paris.one("/storage/volumes", name="data"))["uuid"]
        for label, wanted in by_label.items():
            found = await paris.get(f"/storage/volumes/{uuid}/snapshots", snapmirror_label=label, order_by="name")
            assert [each["name"] for each in found] == wanted
        kept = paris.seen("/data") / ".snapshot" / "daily.2026-03-02_0010" / "file"
        assert kept.read_text() == "an hour later"

    in_lab(tmp_path, claim)


def test_no_snapshots_come_while_policy_or_volume_do_not_want_them(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        for name in ("a", "b", "c"):
            await paris.volume(name, {"snapshot_policy.name": "none"} if name == "a" else {})
        await paris.patch("/storage/volumes", {"state": "offline"}, name="b")
        await trio.sleep(HOUR_S)
        assert [await names(paris, name) for name in ("a", "b", "c")] == [[], [], ["hourly.2026-03-01_1205"]]
        await paris.patch(POLICIES, {"enabled": False}, name="default")
        await trio.sleep(HOUR_S)
        assert await names(paris, "c") == ["hourly.2026-03-01_1205"]

    in_lab(tmp_path, claim)


def test_a_policy_of_ones_own_names_labels_and_counts_its_snapshots(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        copies = {"schedule": "5min", "count": "2", "prefix": "often", "snapmirror_label": "five"}
        made = await paris.post(POLICIES, {"name": "mine", "svm.name": "svm1", "copies": [copies]})
        assert (made["scope"], made["copies"][0]["count"]) == ("svm", 2)
        volume = await paris.volume("data", {"snapshot_policy.uuid": made["uuid"]})
        assert volume["snapshot_policy"] == {"name": "mine", "uuid": made["uuid"]}
        await paris.post(f"/storage/volumes/{volume['uuid']}/snapshots", {"name": "often.by_hand"})
        await trio.sleep(16 * 60)
        assert await names(paris, "data") == ["often.by_hand", "often.2026-03-01_1210", "often.2026-03-01_1215"]
        assert (await paris.refusal("DELETE", f"{POLICIES}/{made['uuid']}"))[0] == "1638415"
        await paris.patch("/storage/volumes", {"snapshot_policy": "none"}, name="data")
        await paris.delete(f"{POLICIES}/{made['uuid']}")

    in_lab(tmp_path, claim)


def test_schedules_of_a_policy_are_added_changed_and_removed(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuid = (await paris.post(POLICIES, {"name": "mine", "copies": [{"schedule.name": "5min", "count": 3}]}))["uuid"]
        path = f"{POLICIES}/{uuid}/schedules"
        added = await paris.post(path, {"schedule": {"name": "daily"}, "count": 7, "snapmirror_label": "d"})
        assert (added["schedule"]["name"], added["prefix"], added["count"]) == ("daily", "daily", 7)
        assert (await paris.refusal("POST", path, {"schedule.name": "daily", "count": 1}))[0] == "1638410"
        daily = added["schedule"]["uuid"]
        await paris.patch(f"{path}/{daily}", {"count": 9, "snapmirror_label": "-"})
        record = await paris.one(POLICIES, uuid=uuid, fields="copies")
        assert record["copies"][1] == {"schedule": added["schedule"], "count": 9, "prefix": "daily"}
        assert (await paris.refusal("PATCH", f"{path}/{daily}", {"count": 1021}))[0] == "1638451"
        await paris.post("/cluster/schedules", {"name": "noon", "cron": {"minutes": [0], "hours": [12]}})
        await paris.post(path, {"schedule.name": "noon", "count": 1})
        assert (await paris.refusal("DELETE", "/cluster/schedules", name="noon"))[0] == "459758"
        await paris.delete(path, **{"schedule.name": "noon|daily"})
        assert (await paris.refusal("DELETE", path, **{"schedule.name": "5min"}))[0] == "1638411"
        await paris.delete("/cluster/schedules", name="noon")

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"copies": []}, "1638411"),
        ({"copies": [{"count": 1}]}, "1638408"),
        ({"copies": [{"schedule": "daily"}]}, "1638407"),
        ({"copies": [{"schedule": "never", "count": 1}]}, "1638413"),
        ({"copies": [{"schedule": "daily", "count": 1024}]}, "1638451"),
        ({"copies": [{"schedule": "daily", "count": 0}]}, "262197"),
        ({"copies": [{"schedule": "daily", "count": 1, "retention_period": "soon"}]}, "918253"),
        ({"copies": [{"schedule": "daily", "count": 1, "snapmirror_label": "x" * 32}]}, "1638523"),
        (
            {"copies": [{"schedule": "daily", "count": 1}, {"schedule": "weekly", "count": 1, "prefix": "daily"}]},
            "1638508",
        ),
        ({"name": "a b"}, "1638417"),
        ({"name": "default"}, "1638527"),
        ({"svm.name": "nobody"}, "2621462"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        whole = {"name": "mine", "svm.name": "svm1", "copies": [{"schedule": "daily", "count": 1}], **body}
        assert (await paris.refusal("POST", POLICIES, whole))[0] == code
        assert len(await paris.get(POLICIES)) == 3

    in_lab(tmp_path, claim)


def test_an_svms_policy_is_what_its_new_volumes_get(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await paris.post(POLICIES, {"name": "mine", "copies": [{"schedule": "daily", "count": 1}]})
        assert (await paris.refusal("PATCH", "/svm/svms", {"snapshot_policy": "gone"}, name="svm1"))[0] == "917551"
        await paris.patch("/svm/svms", {"snapshot_policy": "mine"}, name="svm1")
        assert (await paris.refusal("DELETE", f"{POLICIES}/{made['uuid']}"))[0] == "1638430"
        assert (await paris.volume("data"))["snapshot_policy"]["name"] == "mine"
        assert (await paris.refusal("POST", "/storage/volumes", _data("x", "gone")))[0] == "917551"

    in_lab(tmp_path, claim)


def test_scheduled_snapshots_reach_a_mirror_with_their_labels_and_the_policy_does_not(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        await trio.sleep(13 * HOUR_S)
        await pair.update()
        path = f"/storage/volumes/{pair.destination['uuid']}"
        carried = await pair.lyon.get(f"{path}/snapshots", name="daily.*", fields="snapmirror_label")
        assert [(each["name"], each["snapmirror_label"]) for each in carried] == [("daily.2026-03-02_0010", "daily")]
        await pair.ask("broken_off")
        record = await pair.lyon.one("/storage/volumes", name="data_dr", fields="snapshot_policy,type")
        assert (record["type"], record["snapshot_policy"]["name"]) == ("rw", "none")
        before = await names(pair.lyon, "data_dr")
        await trio.sleep(2 * HOUR_S)
        assert await names(pair.lyon, "data_dr") == before
        await pair.lyon.patch(path, {"snapshot_policy.name": "default"})
        await trio.sleep(HOUR_S)
        assert (await names(pair.lyon, "data_dr"))[-1] == "hourly.2026-03-02_0305"

    in_pair(tmp_path, claim)


def _data(name: str, policy: str) -> dict[str, Any]:
    place = {"svm.name": "svm1", "aggregates": [{"name": "aggr1"}], "size": "1GB"}
    return {"name": name, "snapshot_policy.name": policy, **place}
