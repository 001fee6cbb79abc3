"""The cluster itself, jobs, schedules, SnapMirror policies, SVMs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab


def test_the_cluster_answers_without_an_envelope_and_tells_its_release(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        cluster = (await paris.http.get("/api//cluster/?fields=version&max_records=10000")).json()
        assert "records" not in cluster
        version = cluster["version"]
        assert (version["generation"], version["major"], version["minor"]) == (9, 15, 1)
        assert version["full"].startswith("NetApp Release 9.15.1: ")

    in_lab(tmp_path, claim)


def test_a_node_tells_what_some_clients_index_without_asking_twice(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        node = await paris.one("/cluster/nodes", fields="is_all_flash_optimized,is_all_flash_select_optimized")
        assert (node["is_all_flash_optimized"], node["is_all_flash_select_optimized"]) == (True, False)

    in_lab(tmp_path, claim)


def test_a_job_that_succeeded_shows_no_error_key(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        job = await paris.one("/cluster/jobs", fields="**")
        assert (job["state"], job["code"], "error" in job) == ("success", 0, False)
        assert job["description"] == "POST /api/svm/svms"
        assert job["svm"]["name"] == "svm1"
        assert (await paris.refusal("PATCH", f"/cluster/jobs/{job['uuid']}", {"action": "cancel"}))[0] == "458762"
        await trio.sleep(301)
        assert (await paris.refusal("GET", f"/cluster/jobs/{job['uuid']}"))[0] == "4"

    in_lab(tmp_path, claim)


def test_cron_schedules_are_made_changed_and_removed(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await paris.post("/cluster/schedules", {"name": "s", "cron": {"minutes": ["5", 35], "weekdays": [0]}})
        assert made["cron"] == {"minutes": [5, 35], "weekdays": [0]}
        await paris.patch(f"/cluster/schedules/{made['uuid']}", {"cron": {"minutes": [1]}})
        assert (await paris.one("/cluster/schedules", name="s", fields="cron"))["cron"] == {"minutes": [1]}
        await paris.post(
            "/snapmirror/policies",
            {"name": "p", "transfer_schedule": {"name": "s"}, "retention": [{"label": "l", "count": 1}]},
        )
        assert (await paris.refusal("DELETE", "/cluster/schedules", name="s"))[0] == "459758"
        await paris.delete("/snapmirror/policies", name="p")
        await paris.delete("/cluster/schedules", name="s")
        hourly, daily = await paris.get("/cluster/schedules", name="hourly|daily", fields="cron", order_by="name desc")
        assert (hourly["cron"], daily["cron"]) == ({"minutes": [5]}, {"minutes": [10], "hours": [0]})

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("method", "body", "code"),
    [
        ("POST", {"name": "hourly", "cron": {"minutes": [0]}}, "1"),
        ("POST", {"name": "x", "interval": "PT1H"}, "458788"),
        ("POST", {"name": "x", "cron": {"minutes": [60]}}, "262197"),
        ("POST", {"name": "x", "cron": {"minutes": [0], "days": [31], "months": [2]}}, "458788"),
        ("POST", {"cron": {"minutes": [0]}}, "262245"),
        ("PATCH", {"cron": {"minutes": [0]}}, "459762"),
        ("DELETE", None, "459762"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(tmp_path: Path, method: str, body: Any, code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        query = {} if method == "POST" else {"name": "hourly"}
        assert (await paris.refusal(method, "/cluster/schedules", body, **query))[0] == code

    in_lab(tmp_path, claim)


def test_built_in_policies_are_there_and_stay_as_they_are(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        policy = await paris.one("/snapmirror/policies", name="Asynchronous", fields="*")
        assert (policy["type"], policy["scope"], policy["transfer_schedule"]["name"]) == ("async", "cluster", "hourly")
        assert {"label": "daily", "count": "7"}.items() <= policy["retention"][1].items()
        assert "svm" not in policy
        flags = await paris.get("/snapmirror/policies", copy_all_source_snapshots="true")
        assert "MirrorAllSnapshots" in {flagged["name"] for flagged in flags}
        assert (await paris.refusal("PATCH", "/snapmirror/policies", {"comment": "x"}, name="Sync"))[0] == "13303865"
        assert (await paris.refusal("POST", "/snapmirror/policies", {"name": "Sync"}))[0] == "6621060"

    in_lab(tmp_path, claim)


def test_a_policy_is_made_and_its_rules_replaced(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        body = {"name": "p", "svm.name": "svm1", "retention": [{"label": "a", "count": "3"}], "throttle": "100"}
        of_one_client = {"exclude_network_config": {"network": "all"}}
        made = await paris.post("/snapmirror/policies", {**body, **of_one_client, "transfer_schedule": "hourly"})
        assert (made["scope"], made["throttle"], made["transfer_schedule"]["name"]) == ("svm", 100, "hourly")
        change = {"retention": [{"label": "b", "count": 1}], "transfer_schedule": None}
        await paris.patch(f"/snapmirror/policies/{made['uuid']}", change)
        changed = await paris.one("/snapmirror/policies", name="p", fields="*")
        assert [(rule["label"], rule["count"]) for rule in changed["retention"]] == [("b", "1")]
        assert "transfer_schedule" not in changed

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"copy_all_source_snapshots": True, "copy_latest_source_snapshot": True}, "13304084"),
        ({"create_snapshot_on_source": False}, "13304084"),
        ({"transfer_schedule": {"name": "never"}}, "6619699"),
        ({"type": "sync", "transfer_schedule": {"name": "hourly"}}, "13303842"),
        ({"unknown": 5}, "262179"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("POST", "/snapmirror/policies", {"name": "p", **body}))[0] == code
        assert await paris.get("/snapmirror/policies", name="p") == []

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "svm1"}, "13434908"),
        ({"name": "s" * 48}, "13434911"),
        ({"name": "a/b"}, "262197"),
        ({"name": "dr", "subtype": "dp_destination", "language": "en"}, "2621580"),
        ({"name": "x", "aggregates": ["aggr9"]}, "918241"),
    ],
)
def test_an_svm_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("POST", "/svm/svms", body))[0] == code
        assert len(await paris.get("/svm/svms")) == 1

    in_lab(tmp_path, claim)


def test_an_svm_goes_only_when_nothing_is_in_it(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1")
        assert "vol_1" in (await paris.refusal("DELETE", "/svm/svms", name="svm1"))[1]
        await paris.delete("/storage/volumes", name="vol_1")
        await paris.delete("/svm/svms", name="svm1")
        assert await paris.get("/svm/svms") == []

    in_lab(tmp_path, claim)


def test_a_renamed_svm_is_found_by_its_new_name_only_and_by_its_peers_too(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        paris, lyon = pair.paris, pair.lyon
        await paris.svm("svm2")
        await paris.post("/svm/peers", {"svm.name": "svm1", "peer.svm.name": "svm2", "applications": ["snapmirror"]})
        await paris.patch(f"/storage/volumes/{pair.source['uuid']}", {"nas.path": "/data"})
        pair.live.joinpath("file").write_text("bytes")
        assert (await paris.refusal("PATCH", "/svm/svms", {"name": "svm2"}, name="svm1"))[0] == "13434908"
        await paris.patch("/svm/svms", {"name": "gold"}, name="svm1")
        root = paris.cluster.root
        assert (root / "exports" / "gold" / "data" / "file").read_text() == "bytes"
        for folder in ("exports", "by-name"):
            assert not (root / folder / "svm1").exists()
        names = {each["peer"]["svm"]["name"] for each in await paris.get("/svm/peers", **{"svm.name": "svm2"})}
        assert names == {"gold"}
        (peer,) = await lyon.get("/svm/peers")
        assert (peer["name"], peer["peer"]["svm"]["name"]) == ("svm1_paris", "gold"), "the alias stays"
        assert (await pair.initialize())["healthy"]
        (listed,) = await paris.get("/snapmirror/relationships", list_destinations_only="true")
        assert listed["source"]["path"] == "gold:data"

    in_pair(tmp_path, claim)


def test_protocols_are_allowed_and_enabled_and_what_is_not_allowed_is_not_enabled(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        body = {"name": "svm2", "iscsi": {"allowed": True, "enabled": True}, "s3.allowed": True}
        path = f"/svm/svms/{(await paris.post('/svm/svms', body))['uuid']}"
        fields = ("nfs", "iscsi", "s3", "cifs")
        for change, expected in (
            ({}, {"nfs": (True, True), "iscsi": (True, True), "s3": (True, False), "cifs": (False, False)}),
            ({"nfs.allowed": False, "cifs.allowed": True}, {"nfs": (False, False), "cifs": (True, False)}),
        ):
            await paris.patch(path, change)
            svm = await paris.one("/svm/svms", name="svm2", fields=",".join(fields))
            assert {name: (svm[name]["allowed"], svm[name]["enabled"]) for name in expected} == expected
        assert (await paris.refusal("PATCH", path, {"nfs.enabled": True}))[0] == "262179"

    in_lab(tmp_path, claim)


@pytest.mark.parametrize("end", ["source", "destination"])
def test_the_relationships_of_a_stopped_svm_go_on_and_its_clients_see_nothing(tmp_path: Path, end: str) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        asker, volume = (pair.paris, pair.source) if end == "source" else (pair.lyon, pair.destination)
        await asker.patch(f"/storage/volumes/{volume['uuid']}", {"nas.path": "/here"})
        assert asker.seen("/here").exists()
        await asker.patch("/svm/svms", {"state": "stopped"}, name="svm1")
        assert not asker.seen("/here").exists()
        pair.live.joinpath("file").write_text("newer")
        assert (await pair.update())["transfer"]["state"] == "success"
        assert (await asker.one("/svm/peers", fields="state"))["state"] == "peered"
        await asker.patch("/svm/svms", {"state": "running"}, name="svm1")
        assert (asker.seen("/here") / "file").read_text() == "newer"

    in_pair(tmp_path, claim)


def test_a_tunnelled_request_creates_and_lists_in_its_svm(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.svm("svm2")
        await paris.volume("vol_1")
        tunnel = {"X-Dot-SVM-Name": "svm2"}
        body = {"name": "vol_2", "aggregates": ["aggr1"]}
        created = await paris.http.post("/api/storage/volumes?return_timeout=9", json=body, headers=tunnel)
        assert created.status_code == 201
        listed = (await paris.http.get("/api/storage/volumes?fields=svm.name", headers=tunnel)).json()["records"]
        assert [(volume["name"], volume["svm"]["name"]) for volume in listed] == [("vol_2", "svm2")]

    in_lab(tmp_path, claim)


def test_of_two_policies_that_are_asked_for_side_by_side_by_one_name_one_is_made(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        twice = {"records": [{"name": "p"}, {"name": "p"}]}
        assert (await paris.refusal("POST", "/snapmirror/policies", twice))[0] == "6621060"
        assert len(await paris.get("/snapmirror/policies", name="p")) == 1

    in_lab(tmp_path, claim)
