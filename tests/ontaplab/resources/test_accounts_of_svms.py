"""Accounts of an SVM, and tunnels to one: they see and change what is the SVM's alone."""

from __future__ import annotations

from pathlib import Path

from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.logins import ACCOUNTS, ROLES, make, status


def test_an_svms_account_sees_and_changes_its_svm_only(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.svm("svm2")
        mine = await paris.volume("mine")
        other = await paris.volume("other", {"svm.name": "svm2"})
        eve = await make(paris, "eve", "vsadmin", svm="svm1")
        for path in ("/storage/volumes", "/svm/svms", "/protocols/nfs/export-policies", "/network/ip/interfaces"):
            owners = {each.get("svm", each)["name"] for each in await eve.get(path, fields="*")}
            assert owners <= {"svm1"}, path
        assert [each["name"] for each in await eve.get("/storage/volumes")] == ["mine"]
        assert "default" in {each["name"] for each in await eve.get("/storage/snapshot-policies")}
        assert "Asynchronous" in {each["name"] for each in await eve.get("/snapmirror/policies")}
        await eve.patch(f"/storage/volumes/{mine['uuid']}", {"comment": "c"})
        for path in ("", "/snapshots", "/files"):
            assert await status(eve, "GET", f"/storage/volumes/{other['uuid']}{path}") == (404, "4")
        assert await status(eve, "DELETE", f"/storage/volumes/{other['uuid']}") == (404, "4")
        assert await eve.get("/storage/volumes/*/snapshots") == []
        place = {"aggregates": [{"name": "aggr1"}], "size": "1GB"}
        assert (await eve.refusal("POST", "/storage/volumes", {"name": "v", "svm.name": "svm2", **place}))[
            0
        ] == "2621462"
        made = await eve.post("/storage/volumes", {"name": "v", **place})
        assert made["svm"]["name"] == "svm1"
        jobs = {each["svm"]["name"] for each in await eve.get("/cluster/jobs", fields="svm") if "svm" in each}
        assert jobs == {"svm1"}
        policy = {"copies": [{"schedule": "daily", "count": 1}], "name": "p"}
        assert (await eve.post("/storage/snapshot-policies", policy))["svm"]["name"] == "svm1"
        assert (await eve.refusal("PATCH", "/storage/snapshot-policies", {"comment": "x"}, name="none"))[0] == "1638531"
        assert (await eve.refusal("DELETE", "/snapmirror/policies", name="Sync"))[0] == "6"
        assert (await eve.post("/snapmirror/policies", {"name": "p"}))["scope"] == "svm"

    in_lab(tmp_path, claim)


def test_an_svms_account_gets_at_nothing_of_another_svm_by_a_side_door(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.svm("svm2")
        other = await paris.volume("other", {"svm.name": "svm2"})
        copies = [{"schedule": "daily", "count": 1}]
        policy = await paris.post("/storage/snapshot-policies", {"name": "p", "svm.name": "svm2", "copies": copies})
        eve = await make(paris, "eve", "vsadmin", svm="svm1")
        await paris.post("/snapmirror/policies", {"name": "theirs", "svm.name": "svm2"})
        schedules = f"/storage/snapshot-policies/{policy['uuid']}/schedules"
        assert (await eve.refusal("POST", schedules, {"schedule": "hourly", "count": 1}))[0] == "4"
        assert (await eve.refusal("GET", schedules))[0] == "4"
        by_name = {"parent_volume.name": "other", "parent_svm.name": "svm2"}
        for clone, code in ((by_name, "2621462"), ({"parent_volume.uuid": other["uuid"]}, "524601")):
            body = {"name": "copy", "clone": {"is_flexclone": True, **clone}}
            assert (await eve.refusal("POST", "/storage/volumes", body))[0] == code
        assert {job["svm"]["name"] for job in await eve.get("/cluster/jobs", fields="svm")} <= {"svm1"}
        mine = await eve.post("/storage/volumes", {"name": "mine", "aggregates": [{"name": "aggr1"}]})
        move = {"movement.destination_aggregate.name": "aggr1"}
        assert (await eve.refusal("PATCH", f"/storage/volumes/{mine['uuid']}", move))[0] == "6"

    in_lab(tmp_path, claim)


def test_a_tunnel_to_an_svm_does_not_lead_to_anothers_volumes_and_relationships(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.svm("svm2")
        await pair.initialize()
        volume = f"/storage/volumes/{pair.destination['uuid']}"
        for svm, expected in (("svm1", (200, "")), ("svm2", (404, "4"))):
            headers = {"X-Dot-SVM-Name": svm}
            for path in (f"{volume}/snapshots", f"{volume}/files", pair.path, f"{pair.path}/transfers"):
                assert await status(pair.lyon, "GET", path, headers=headers) == expected, path
        headers = {"X-Dot-SVM-Name": "svm2"}
        assert await status(pair.lyon, "POST", f"{pair.path}/transfers", headers=headers) == (404, "4")

    in_pair(tmp_path, claim)


def test_an_svms_account_is_refused_what_is_the_clusters(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        eve = await make(paris, "eve", "vsadmin", svm="svm1")
        for path in ("/cluster/nodes", "/cluster/peers", "/cluster/licensing/licenses"):
            assert await status(eve, "GET", path) == (403, "6"), path
        assert await status(eve, "GET", "/storage/aggregates") == (404, "3")
        assert await status(eve, "POST", "/svm/peers", json={}) == (403, "6")
        assert await status(eve, "DELETE", "/svm/svms?name=svm1") == (403, "6")
        assert await status(eve, "GET", "/cluster") == (200, "")
        assert await status(eve, "GET", "/svm/peers") == (200, "")
        for header in ({"X-Dot-SVM-Name": "svm1"}, {"X-Dot-SVM-UUID": "x"}):
            assert await status(eve, "GET", "/storage/volumes", headers=header) == (403, "6")
        wide = {"name": "wide", "owner.name": "svm1", "privileges": [{"path": "/api", "access": "all"}]}
        await paris.post(ROLES, wide)
        await paris.patch(ACCOUNTS, {"role": "wide"}, name="eve")
        assert await status(eve, "GET", "/cluster/nodes") == (403, "6"), "an SVM's role grants no more than vsadmin's"
        await paris.delete("/svm/svms", name="svm1")
        assert await status(eve, "GET", "/cluster") == (401, "6")

    in_lab(tmp_path, claim)


def test_an_svms_account_reaches_the_relationships_of_its_svm(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await pair.lyon.svm("svm2")
        eve = await make(pair.lyon, "eve", "vsadmin", svm="svm1")
        bob = await make(pair.lyon, "bob", "vsadmin", svm="svm2")
        await eve.patch(pair.path, {"state": "snapmirrored"})
        await pair.settle()
        assert len(await eve.get(f"{pair.path}/transfers")) == 1
        assert await bob.get("/snapmirror/relationships") == []
        assert await status(bob, "PATCH", pair.path, json={"state": "broken_off"}) == (404, "4")
        ends = {"source.path": "svm1_paris:data", "destination.path": "svm1:data_dr"}
        assert (await bob.refusal("POST", "/snapmirror/relationships", ends))[0] == "2621462"
        assert await bob.get("/cluster/jobs", description="*relationships*") == []
        policy = await pair.lyon.post("/snapmirror/policies", {"name": "theirs", "svm.name": "svm2"})
        for reference in ({"name": "theirs"}, {"uuid": policy["uuid"]}):
            assert (await eve.refusal("PATCH", pair.path, {"policy": reference}))[0] == "13303821"

    in_pair(tmp_path, claim)
