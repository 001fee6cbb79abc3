"""SMB hosts: shares, sessions, and when export policies bind them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.ontaplab.doors.hosts import HOST, assign, passes, policy, refused, shared
from tests.ontaplab.resources.labs import Asker, in_lab

SERVICES, SHARES, SESSIONS = (f"/protocols/cifs/{kind}" for kind in ("services", "shares", "sessions"))


async def served(at: Asker, **properties: Any) -> dict[str, Any]:
    """A new volume `vol_1` that is shared as `docs`. Returns the volume."""
    volume = await shared(at, "vol_1")
    service = await at.http.post(
        f"/api{SERVICES}", json={"name": "files", "svm.name": "svm1", "workgroup": "LAB"}, params={"return_timeout": 9}
    )
    assert service.status_code == 201
    await at.post(SHARES, {"name": "docs", "path": "/vol_1", "svm.name": "svm1", **properties})
    return volume


async def end_of(at: Asker) -> str:
    """The path of all CIFS sessions of `svm1`."""
    svm, node = await at.one("/svm/svms"), await at.one("/cluster/nodes")
    return f"{SESSIONS}/{node['uuid']}/{svm['uuid']}/0/0"


async def share_of(at: Asker) -> str:
    svm = await at.one("/svm/svms")
    return f"{SHARES}/{svm['uuid']}/docs"


def test_a_user_connects_to_a_share_and_is_told_in_the_sessions(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await served(paris)
        docs = await paris.doors.smb(HOST, "anna").connect("svm1", "DOCS")
        await docs.write(b"x", "file")
        await (await docs.open("file")).write(b"bytes")
        assert (paris.seen("/vol_1") / "file").read_bytes() == b"bytes"
        await passes(paris, timedelta(seconds=7))
        told = await paris.one(SESSIONS, fields="*")
        assert (told["client_ip"], told["user"], told["idle_duration"]) == (HOST, "anna", "PT7S")
        assert ([each["name"] for each in told["volumes"]], told["open_files"]) == (["vol_1"], 1)
        assert await refused(paris.doors.smb(HOST).connect("svm1", "none")) == "ENOENT"

    in_lab(tmp_path, claim, peered=False)


def test_export_policies_bind_smb_only_where_that_is_enabled(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await served(paris)
        await policy(paris, "fence")
        docs = await paris.doors.smb(HOST).connect("svm1", "docs")
        await assign(paris, volume, "fence")
        await docs.write(b"past the fence", "file")
        service = await paris.one(SERVICES, fields="options")
        assert service["options"]["export_policy_enabled"] is False
        change = {"options": {"export_policy_enabled": True}}
        await paris.patch(f"{SERVICES}/{service['svm']['uuid']}", change)
        assert await refused(docs.write(b"x", "file")) == await refused(docs.read("file")) == "EACCES"
        assert (paris.seen("/vol_1") / "file").read_bytes() == b"past the fence"

    in_lab(tmp_path, claim, peered=False)


def test_a_removed_share_keeps_a_host_out_only_when_its_session_is_closed(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await served(paris)
        docs = await paris.doors.smb(HOST).connect("svm1", "docs")
        await paris.delete(await share_of(paris))
        await docs.write(b"still connected", "file")
        assert await refused(paris.doors.smb(HOST, "bert").connect("svm1", "docs")) == "ENOENT"
        await paris.delete(await end_of(paris))
        assert await refused(docs.write(b"x", "file")) == await refused(docs.list()) == "ENOENT"
        assert (paris.seen("/vol_1") / "file").read_bytes() == b"still connected"
        assert await paris.get(SESSIONS) == []

    in_lab(tmp_path, claim, peered=False)


def test_a_closed_session_comes_back_by_itself_while_the_share_is_there(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await served(paris)
        docs = await paris.doors.smb(HOST).connect("svm1", "docs")
        before = await paris.one(SESSIONS, fields="*")
        keys = [before["node"]["uuid"], before["svm"]["uuid"], before["identifier"], before["connection_id"]]
        await paris.delete("/".join([SESSIONS, *map(str, keys)]))
        await docs.write(b"x", "file")
        assert (await paris.one(SESSIONS))["identifier"] != before["identifier"]

    in_lab(tmp_path, claim, peered=False)


def test_a_share_that_lets_read_only_binds_who_connects_from_then_on(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await served(paris)
        docs = await paris.doors.smb(HOST).connect("svm1", "docs")
        acls = f"{await share_of(paris)}/acls"
        await paris.patch(f"{acls}/Everyone/windows", {"permission": "read"})
        await paris.post(acls, {"user_or_group": "bert", "permission": "no_access"})
        await docs.write(b"connected before", "file")
        await paris.delete(await end_of(paris))
        assert await docs.read("file") == b"connected before"
        assert await refused(docs.write(b"x", "file")) == "EACCES"
        assert await refused(paris.doors.smb(HOST, "bert").connect("svm1", "docs")) == "EACCES"

    in_lab(tmp_path, claim, peered=False)


def test_unmounting_keeps_new_hosts_out_and_taking_offline_all(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await served(paris)
        docs = await paris.doors.smb(HOST).connect("svm1", "docs")
        await paris.patch(f"/storage/volumes/{volume['uuid']}", {"nas.path": ""})
        await docs.write(b"connected", "file")
        assert await refused(paris.doors.smb(HOST, "bert").connect("svm1", "docs")) == "ENOENT"
        assert (await paris.one(SHARES, fields="*"))["path"] == "/vol_1"
        await paris.patch(f"/storage/volumes/{volume['uuid']}", {"state": "offline"})
        assert await refused(docs.read("file")) == "ESTALE"

    in_lab(tmp_path, claim, peered=False)


def test_a_disabled_server_and_a_stopped_svm_end_all_sessions(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await served(paris)
        docs = await paris.doors.smb(HOST).connect("svm1", "docs")
        svm = await paris.one("/svm/svms")
        await paris.patch(f"{SERVICES}/{svm['uuid']}", {"enabled": False})
        assert await paris.get(SESSIONS) == []
        assert await refused(docs.list()) == "ECONNREFUSED"
        await paris.patch(f"{SERVICES}/{svm['uuid']}", {"enabled": True})
        assert await docs.list() == []
        await paris.patch(f"/svm/svms/{svm['uuid']}", {"state": "stopped"})
        assert await paris.get(SESSIONS) == []
        assert await refused(docs.list()) == "ETIMEDOUT"

    in_lab(tmp_path, claim, peered=False)


def test_what_cannot_be_a_share_or_a_server_is_refused(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        share = {"name": "docs", "path": "/vol_1", "svm.name": "svm1"}
        await shared(paris, "vol_2")
        assert (await paris.refusal("POST", SHARES, share))[0] == "655462"
        await served(paris)
        assert (await paris.refusal("POST", SHARES, {**share, "name": "Docs"}))[0] == "1"
        assert (await paris.refusal("POST", SHARES, {**share, "name": "a", "path": "/none"}))[0] == "655551"
        entry = {"user_or_group": "everyone", "permission": "read"}
        assert (await paris.refusal("POST", f"{await share_of(paris)}/acls", entry))[0] == "1"
        assert (await paris.refusal("POST", SERVICES, {"name": "other", "svm.name": "svm1"}))[0] == "1"
        svm = await paris.one("/svm/svms")
        assert (await paris.refusal("POST", f"{SHARES}/{svm['uuid']}/none/acls", entry))[0] == "655470"
        await paris.patch(await share_of(paris), {"acls": [entry]})
        assert (await paris.one(SHARES, fields="acls"))["acls"] == [{**entry, "type": "windows"}]
        await paris.delete(f"{SERVICES}/{svm['uuid']}")
        assert await paris.get(SHARES) == await paris.get(SERVICES) == []

    in_lab(tmp_path, claim, peered=False)
