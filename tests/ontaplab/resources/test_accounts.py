"""Accounts and roles: who may log in, who may do what, and what accounts of an SVM see."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab

ACCOUNTS, ROLES = "/security/accounts", "/security/roles"
PASSWORD = "fishy-4711"
HTTP = [{"application": "http", "authentication_methods": ["password"]}]


def as_account(asker: Asker, name: str, password: str = PASSWORD, **headers: str) -> Asker:
    """The same cluster, asked by that account."""
    client = httpx.AsyncClient(
        transport=asker.http._transport, base_url=asker.http.base_url, auth=(name, password), headers=headers
    )
    other = Asker.__new__(Asker)
    other.cluster, other.http = asker.cluster, client
    return other


async def make(paris: Asker, name: str, role: str, svm: str | None = None, **more: Any) -> Asker:
    body = {"name": name, "role": role, "applications": HTTP, "password": PASSWORD, **more}
    await paris.post(ACCOUNTS, body | ({"owner.name": svm} if svm else {}))
    return as_account(paris, name)


async def status(asker: Asker, method: str, path: str, **options: Any) -> tuple[int, str]:
    """The HTTP status, and ONTAP's code if it refused."""
    answer = await asker.http.request(method, f"/api{path}", **options)
    return answer.status_code, answer.json().get("error", {}).get("code", "") if answer.content else ""


def test_an_account_logs_in_with_its_password_until_it_is_locked_or_gone(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        eve = await make(paris, "eve", "admin", comment="for a while")
        assert await status(eve, "GET", "/cluster") == (200, "")
        assert await status(as_account(paris, "eve", "wrong"), "GET", "/cluster") == (401, "6")
        record = await paris.one(ACCOUNTS, name="eve", fields="*")
        assert (record["scope"], record["role"]["name"], record["locked"]) == ("cluster", "admin", False)
        assert "password" not in record
        path = f"{ACCOUNTS}/{record['owner']['uuid']}/eve"
        await paris.patch(path, {"password": "other-0815"})
        assert await status(eve, "GET", "/cluster") == (401, "6")
        changed = as_account(paris, "eve", "other-0815")
        assert await status(changed, "GET", "/cluster") == (200, "")
        await paris.patch(path, {"locked": True})
        assert await status(changed, "GET", "/cluster") == (401, "6")
        await paris.patch(path, {"locked": False, "applications": [{"application": "ssh"}]})
        assert await status(changed, "GET", "/cluster") == (401, "6")
        await paris.delete(path)
        assert (await paris.refusal("GET", path))[0] == "4"

    in_lab(tmp_path, claim)


def test_the_last_administrator_stays(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("DELETE", ACCOUNTS, name="admin"))[0] == "5636098"
        assert (await paris.refusal("PATCH", ACCOUNTS, {"locked": True}, name="admin"))[0] == "7077896"
        await make(paris, "eve", "admin")
        await paris.delete(ACCOUNTS, name="admin")
        assert await status(paris, "GET", "/cluster") == (401, "6")

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "a b"}, "7077897"),
        ({"name": "autosupport"}, "5636121"),
        ({"name": "admin"}, "1"),
        ({"role": "king"}, "1261215"),
        ({"role": "vsadmin"}, "1261215"),
        ({"owner.name": "nobody"}, "2621462"),
        ({"applications": []}, "262245"),
        ({"applications": [{"application": "telepathy"}]}, "5636178"),
        ({"applications": [{"application": "http", "authentication_methods": ["publickey"]}]}, "5636176"),
        ({"applications": [{"application": "console"}], "owner.name": "svm1", "role": "vsadmin"}, "5636140"),
        ({"password": "short-1"}, "7077919"),
        ({"password": "x1" * 65}, "7077940"),
        ({"password": "onlyletters"}, "7077920"),
        ({"password": "eve-eve-1234"}, "7077918"),
        ({"password": None, "locked": True}, "7077929"),
    ],
)
def test_an_account_that_cannot_be_is_refused(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        body = {"name": "eve", "role": "admin", "applications": HTTP, "password": PASSWORD, **changes}
        body = {name: value for name, value in body.items() if value is not None}
        assert (await paris.refusal("POST", ACCOUNTS, body))[0] == code

    in_lab(tmp_path, claim)


def test_a_role_denies_by_path_and_method(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        volume = await paris.volume("data")
        path = f"/storage/volumes/{volume['uuid']}"
        privileges = [
            {"path": "/api/storage/volumes", "access": "readonly"},
            {"path": "/api/storage/volumes/*/snapshots", "access": "read_create"},
            {"path": "/api/cluster", "access": "none"},
            {"path": "/api/cluster/jobs", "access": "readonly"},
        ]
        await paris.post(ROLES, {"name": "watcher", "privileges": privileges})
        eve = await make(paris, "eve", "watcher")
        assert await status(eve, "GET", "/storage/volumes") == (200, "")
        assert await status(eve, "PATCH", path, json={"comment": "x"}) == (403, "6")
        assert await status(eve, "DELETE", path) == (403, "6")
        assert (await status(eve, "POST", f"{path}/snapshots", json={"name": "s"}))[0] == 202
        assert await status(eve, "DELETE", f"{path}/snapshots?name=s") == (403, "6")
        assert await status(eve, "GET", "/cluster") == (403, "6")
        assert await status(eve, "GET", "/cluster/jobs") == (200, "")
        assert await status(eve, "GET", "/svm/svms") == (403, "6"), "what no privilege names is denied"
        assert await status(eve, "GET", f"/storage/volumes/{volume['uuid']}/files") == (200, "")
        assert (await paris.refusal("DELETE", ROLES, name="watcher"))[0] == "5636172"

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("access", "granted"),
    [
        ("none", ""),
        ("readonly", "GET"),
        ("read_create", "GET POST"),
        ("read_modify", "GET PATCH"),
        ("read_create_modify", "GET POST PATCH"),
        ("all", "GET POST PATCH DELETE"),
    ],
)
def test_each_access_level_grants_its_methods(tmp_path: Path, access: str, granted: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.post(ROLES, {"name": "r", "privileges": [{"path": "/api/cluster/schedules", "access": access}]})
        eve = await make(paris, "eve", "r")
        allowed = [
            method
            for method in ("GET", "POST", "PATCH", "DELETE")
            if await status(eve, method, "/cluster/schedules", json={}) != (403, "6")
        ]
        assert allowed == granted.split()

    in_lab(tmp_path, claim)


def test_privileges_are_added_changed_and_removed_and_hold_at_once(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await paris.post(ROLES, {"name": "r", "privileges": [{"path": "/api/svm", "access": "readonly"}]})
        eve = await make(paris, "eve", "r")
        base = f"{ROLES}/{made['owner']['uuid']}/r/privileges"
        added = await paris.post(base, {"path": "/api/cluster/schedules", "access": "readonly"})
        assert await status(eve, "GET", "/cluster/schedules") == (200, "")
        one = f"{base}/{quote(added['path'], safe='')}"
        assert added["_links"]["self"]["href"] == f"/api{one}"
        await paris.patch(one, {"access": "none"})
        assert (await paris.http.get(f"/api{one}")).json()["access"] == "none"
        assert await status(eve, "GET", "/cluster/schedules") == (403, "6")
        await paris.delete(one)
        assert [each["path"] for each in await paris.get(base)] == ["/api/svm"]
        assert (await paris.refusal("DELETE", f"{base}/{quote('/api/svm', safe='')}"))[0] == "13434892"
        assert (await paris.refusal("POST", base, {"path": "/api/svm", "access": "all"}))[0] == "1"

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "admin"}, "1"),
        ({"privileges": []}, "13434892"),
        ({"privileges": [{"path": "/api/svm", "access": "some"}]}, "5636144"),
        ({"privileges": [{"path": "/api/svm", "access": "all", "query": "-x y"}]}, "5636192"),
        ({"privileges": [{"path": "/apis", "access": "all"}]}, "5636170"),
        ({"privileges": [{"path": "/api/s?m", "access": "all"}]}, "5636169"),
        ({"privileges": [{"path": f"/api/svm/peers/{'0' * 8}-0000-0000-0000-{'0' * 12}", "access": "all"}]}, "5636169"),
        (
            {
                "privileges": [
                    {"path": f"/api/storage/volumes/{'0' * 8}-0000-0000-0000-{'0' * 12}/files", "access": "all"}
                ]
            },
            "5636185",
        ),
        ({"privileges": [{"path": "volume move", "access": "read_create"}]}, "5636200"),
        (
            {"privileges": [{"path": "volume", "access": "all"}, {"path": "/api/svm", "access": "all"}]},
            "5636191",
        ),
        ({"owner.name": "svm1", "privileges": [{"path": "/api/cluster/nodes", "access": "all"}]}, "5636175"),
    ],
)
def test_a_role_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        whole = {"name": "r", "privileges": [{"path": "/api/svm", "access": "all"}], **body}
        assert (await paris.refusal("POST", ROLES, whole))[0] == code
        assert (await paris.refusal("DELETE", ROLES, name="readonly"))[0] == "1263347"

    in_lab(tmp_path, claim)


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


def test_a_certificate_admits_the_account_of_its_name_if_that_logs_in_so(tmp_path: Path) -> None:
    """The certificate is where the server puts it: in ASGI's extension for TLS."""

    async def claim(paris: Asker, lyon: Asker) -> None:
        app = paris.http._transport.app  # type: ignore[attr-defined]

        async def certified(scope: Any, receive: Any, send: Any) -> None:
            tls = {"client_cert_name": "O=lab,CN=automation"}
            await app({**scope, "extensions": {"tls": tls}}, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(certified), base_url="http://paris") as client:
            assert (await client.get("/api/cluster")).status_code == 401
            by_certificate = [{"application": "http", "authentication_methods": ["certificate"]}]
            await paris.post(ACCOUNTS, {"name": "automation", "role": "readonly", "applications": by_certificate})
            assert (await client.get("/api/cluster")).status_code == 200
            assert (await client.post("/api/cluster/schedules", json={})).status_code == 403
            await paris.patch(ACCOUNTS, {"applications": HTTP}, name="automation")
            assert (await client.get("/api/cluster")).status_code == 401

    in_lab(tmp_path, claim)
