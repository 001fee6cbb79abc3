"""Qtrees: directories at the root of a volume, with export policies of their own."""

from __future__ import annotations

from pathlib import Path

from tests.ontaplab.doors.hosts import policy
from tests.ontaplab.resources.labs import Asker, in_lab

QTREES = "/storage/qtrees"


async def a_qtree(at: Asker, name: str, **properties: str) -> str:
    """A new qtree of `vol_1`; returns its path."""
    body = {"name": name, "svm.name": "svm1", "volume.name": "vol_1", **properties}
    made = await at.post(QTREES, body)
    return f"{QTREES}/{made['volume']['uuid']}/{made['id']}"


def test_the_volume_itself_is_qtree_0(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("vol_1", {"nas.path": "/vol_1"})
        itself = await paris.one(QTREES, fields="*")
        assert (itself["id"], itself["name"], itself["path"]) == (0, "", "/vol_1")
        place = f"{QTREES}/{volume['uuid']}/0"
        assert (await paris.refusal("PATCH", place, {"export_policy.name": "default"}))[0] == "5242954"
        assert (await paris.refusal("DELETE", place))[0] == "5242954"

    in_lab(tmp_path, claim, peered=False)


def test_a_qtree_is_a_directory_that_is_renamed_and_removed_with_it(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await paris.volume("vol_1", {"nas.path": "/vol_1"})
        path = await a_qtree(paris, "one")
        (paris.seen("/vol_1") / "one/file").write_bytes(b"x")
        await paris.patch(path, {"name": "two"})
        assert (await paris.one(QTREES, id="1", fields="path"))["path"] == "/vol_1/two"
        assert (paris.seen("/vol_1") / "two/file").read_bytes() == b"x"
        await paris.delete(path)
        assert not (paris.seen("/vol_1") / "two").exists()
        assert [each["id"] for each in await paris.get(QTREES)] == [0]

    in_lab(tmp_path, claim, peered=False)


def test_a_policy_of_its_own_is_kept_apart_until_it_inherits_again(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("vol_1", {"nas.path": "/vol_1"})
        own, other = await policy(paris, "own"), await policy(paris, "other")
        path = await a_qtree(paris, "one", **{"export_policy.name": "own"})
        await paris.patch(f"/storage/volumes/{volume['uuid']}", {"nas.export_policy.name": "other"})

        async def told() -> str:
            name: str = (await paris.one(QTREES, id="1", fields="export_policy"))["export_policy"]["name"]
            return name

        assert await told() == "own"
        assert (await paris.refusal("DELETE", f"/protocols/nfs/export-policies/{own['id']}"))[0] == "1703945"
        await paris.patch(f"/protocols/nfs/export-policies/{own['id']}", {"name": "renamed"})
        assert await told() == "renamed"
        await paris.patch(path, {"export_policy": {"name": ""}})
        assert await told() == "other"
        await paris.delete(f"/protocols/nfs/export-policies/{own['id']}")
        await paris.patch(path, {"export_policy": {"id": other["id"]}})
        assert (await paris.refusal("PATCH", path, {"export_policy.name": "none"}))[0] == "918271"

    in_lab(tmp_path, claim, peered=False)


def test_a_volume_that_is_read_only_or_offline_takes_no_changes(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("vol_1")
        path = await a_qtree(paris, "one")
        new = {"name": "two", "svm.name": "svm1", "volume.name": "vol_1"}
        assert (await paris.refusal("POST", QTREES, {**new, "name": "one"}))[0] == "1"
        assert (await paris.refusal("POST", QTREES, {**new, "name": "a/b"}))[0] == "5242902"
        assert (await paris.refusal("POST", QTREES, {**new, "volume.name": "none"}))[0] == "918235"
        await paris.patch(f"/storage/volumes/{volume['uuid']}", {"state": "offline"})
        assert (await paris.refusal("PATCH", path, {"name": "two"}))[0] == "9437885"
        await paris.volume("vol_2", {"type": "dp"})
        assert (await paris.refusal("POST", QTREES, {**new, "volume.name": "vol_2"}))[0] == "5242897"

    in_lab(tmp_path, claim, peered=False)
