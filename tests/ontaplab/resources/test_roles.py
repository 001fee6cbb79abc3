"""Roles: who may do what, by path and method."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.logins import ROLES, make, status


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
