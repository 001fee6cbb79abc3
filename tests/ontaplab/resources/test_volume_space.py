"""What volumes take and how large they are: resized, grown by themselves, full, and summed up by their aggregate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ontaplab.resources.labs import Asker, in_lab

MIB = 1024**2


async def write(asker: Asker, volume: dict[str, Any], path: str, size: int, **query: str) -> int:
    """Status of a write through the API; a file that is there is appended to."""
    method = "PATCH" if "byte_offset" in query else "POST"
    url = f"/api/storage/volumes/{volume['uuid']}/files/{path}"
    answer = await asker.http.request(method, url, files={"file": bytes(size)}, params=query)
    if answer.is_error:
        assert answer.json()["error"]["code"] == "131100", answer.text
    return answer.status_code


def test_a_full_volume_refuses_writes_and_takes_them_once_it_is_larger(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        no_snapshots = {"snapshot_policy.name": "none"}  # large uploads let virtual time pass
        volume = await paris.volume("vol_1", {"size": "20MB", "space.snapshot.reserve_percent": 10, **no_snapshots})
        assert await write(paris, volume, "file", 17 * MIB) == 201
        assert await write(paris, volume, "more", 2 * MIB) == 400
        assert await write(paris, volume, "file", 2 * MIB, byte_offset="-1") == 400
        seen = paris.cluster.root / "by-name" / "svm1" / "vol_1"
        assert [(path.name, path.stat().st_size) for path in seen.iterdir() if path.is_file()] == [("file", 17 * MIB)]
        assert await write(paris, volume, "file", MIB, overwrite="true") == 201
        assert await write(paris, volume, "more", 2 * MIB) == 201
        await paris.patch("/storage/volumes", {"size": "40MB"}, name="vol_1")
        assert await write(paris, volume, "large", 30 * MIB) == 201
        space = (await paris.one("/storage/volumes", fields="space"))["space"]
        assert (space["used"], space["available"], space["snapshot"]["reserve_size"]) == (33 * MIB, 3 * MIB, 4 * MIB)
        assert (space["percent_used"], space["physical_used"]) == (91, 33 * MIB)
        refused = await paris.refusal("PATCH", "/storage/volumes", {"size": "32MB"}, name="vol_1")
        assert refused[0] == "917534"

    in_lab(tmp_path, claim)


def test_autosize_grows_a_volume_up_to_its_maximum_and_shrinks_it_again(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        autosize = {"mode": "grow_shrink", "maximum": "40MB", "minimum": "20MB"}
        volume = await paris.volume(
            "vol_1", {"size": "20MB", "space.snapshot.reserve_percent": 0, "autosize": autosize}
        )
        assert await write(paris, volume, "file", 18 * MIB) == 201
        assert (await paris.one("/storage/volumes", fields="size"))["size"] == 22 * MIB
        assert await write(paris, volume, "more", 20 * MIB) == 201
        assert await write(paris, volume, "last", 5 * MIB) == 400
        assert (await paris.one("/storage/volumes", fields="size"))["size"] == 40 * MIB
        seen = paris.cluster.root / "by-name" / "svm1" / "vol_1"
        (seen / "more").unlink()
        (seen / "file").unlink()
        assert await write(paris, volume, "small", MIB) == 201
        assert (await paris.one("/storage/volumes", fields="size"))["size"] == 20 * MIB

    in_lab(tmp_path, claim)


def test_volumes_footprints_are_what_their_aggregate_has_lost(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("thick", {"size": "1GB"})
        thin = await paris.volume("thin", {"size": "1GB", "guarantee.type": "none"})
        seen = paris.cluster.root / "by-name" / "svm1" / "thin"
        (seen / "kept").write_bytes(bytes(3 * MIB))
        (seen / "gone").write_bytes(bytes(2 * MIB))
        await paris.post(f"/storage/volumes/{thin['uuid']}/snapshots", {"name": "s"})
        (seen / "gone").unlink()
        volumes = await paris.get("/storage/volumes", fields="space,name,guarantee")
        footprints = {each["name"]: each["space"]["footprint"] for each in volumes}
        assert footprints == {"thick": 1024 * MIB, "thin": 5 * MIB}
        assert {each["name"]: each["space"]["snapshot"]["used"] for each in volumes} == {"thick": 0, "thin": 2 * MIB}
        aggregate = (await paris.one("/storage/aggregates", fields="space"))["space"]["block_storage"]
        assert aggregate["used"] == sum(footprints.values())
        assert aggregate["size"] - aggregate["available"] == aggregate["used"]

    in_lab(tmp_path, claim)


@pytest.mark.parametrize("state", ["offline", "restricted"])
def test_a_volume_that_is_not_online_takes_some_changes_and_refuses_others(tmp_path: Path, state: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        volume = await paris.volume("vol_1", {"nas.path": "/one"})
        await paris.patch("/storage/volumes", {"state": state}, name="vol_1")
        refused = [
            {"size": "2GB"},
            {"nas.path": "/one"},
            {"efficiency.compression": "inline"},
            {"clone.split_initiated": True},
            {"restore_to.snapshot.name": "s"},
        ]
        codes = [(await paris.refusal("PATCH", "/storage/volumes", body, name="vol_1"))[0] for body in refused]
        assert codes == ["9437885", "9437885", "9437885", "917536", "9437885"]
        snapshots = f"/storage/volumes/{volume['uuid']}/snapshots"
        assert (await paris.refusal("POST", snapshots, {"name": "s"}))[0] == "524479"
        await paris.patch("/storage/volumes", {"name": "vol_2", "comment": "asleep"}, name="vol_1")
        await paris.patch("/storage/volumes", {"state": "online", "size": "2GB"}, name="vol_2")
        assert (await paris.one("/storage/volumes", fields="size"))["size"] == 2048 * MIB

    in_lab(tmp_path, claim)


def test_tags_and_comment_are_kept_and_found_and_validate_only_changes_nothing(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"_tags": ["team:csi", "environment:test"]})
        await paris.patch("/storage/volumes", {"comment": "new", "_tags": ["team:db"]}, name="vol_1")
        volume = await paris.one("/storage/volumes", fields="_tags,comment")
        assert (volume["_tags"], volume["comment"]) == (["team:db"], "new")
        for change, query in (
            ({"comment": "x", "validate_only": "true"}, {}),
            ({"comment": "x"}, {"validate_only": "true"}),
        ):
            await paris.patch("/storage/volumes", change, name="vol_1", **query)
        assert (await paris.refusal("PATCH", "/storage/volumes", {"size": "1", "validate_only": True}, name="vol_1"))[
            0
        ] == "917534"
        body = {"name": "vol_2", "svm.name": "svm1", "aggregates": ["aggr1"], "validate_only": True}
        assert (await paris.http.post("/api/storage/volumes", json=body)).status_code == 200
        assert (await paris.one("/storage/volumes", fields="comment"))["comment"] == "new"

    in_lab(tmp_path, claim)


def test_what_a_mirror_does_not_take_is_refused_by_name(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_dp", {"type": "dp"})
        for change, code in (
            ({"snapshot_policy.name": "none"}, "917617"),
            ({"nas.unix_permissions": 700}, "917628"),
            ({"nas.security_style": "mixed"}, "917628"),
            ({"files.maximum": 100}, "917628"),
            ({"restore_to.snapshot.name": "s"}, "917628"),
        ):
            refused = await paris.refusal("PATCH", "/storage/volumes", change, name="vol_dp")
            assert refused[0] == code, (change, refused)
        await paris.patch("/storage/volumes", {"size": "2GB", "comment": "c", "autosize.mode": "off"}, name="vol_dp")

    in_lab(tmp_path, claim)
