"""FlexGroups: one volume on several aggregates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from netapp_ontap.resources.volume import Volume

from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.oracle import complaints

MIB = 1024**2
TWO = ("aggr1", "aggr2")
pytestmark = pytest.mark.filterwarnings("ignore::marshmallow.warnings.ChangedInMarshmallow4Warning")


async def constituents(asker: Asker, **query: str) -> list[dict[str, Any]]:
    wanted = {"is_constituent": "true", "fields": "**", "order_by": "name", **query}
    return await asker.get("/storage/volumes", **wanted)


def test_a_flexgroup_is_one_volume_whose_constituents_are_listed_when_asked_for(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        flexgroup = await paris.volume(
            "fg", {"aggregates": [{"name": "aggr1"}, {"name": "aggr2"}], "size": "800MB", "nas.path": "/fg"}
        )
        await paris.volume("vol_1")
        (paris.seen("/fg") / "file").write_bytes(bytes(4 * MIB))
        listed = await paris.get("/storage/volumes", fields="style,aggregates", style="flex*", order_by="name")
        assert [(each["name"], each["style"]) for each in listed] == [("fg", "flexgroup"), ("vol_1", "flexvol")]
        assert [each["name"] for each in listed[0]["aggregates"]] == ["aggr1", "aggr2"]

        whole = await paris.one("/storage/volumes", name="fg", fields="**")
        assert complaints(whole, Volume) == []
        assert (whole["size"], whole["constituent_count"], whole["space"]["used"]) == (800 * MIB, 2, 4 * MIB)
        assert [each["name"] for each in whole["constituents"]] == ["fg__0001", "fg__0002"]
        assert [each["aggregates"]["name"] for each in whole["constituents"]] == ["aggr1", "aggr2"]

        parts = await constituents(paris)
        assert [complaints(part, Volume) for part in parts] == [[], []]
        assert [(part["style"], part["size"], part["space"]["used"]) for part in parts] == [
            ("flexgroup_constituent", 400 * MIB, 2 * MIB)
        ] * 2
        assert {part["flexgroup"]["uuid"] for part in parts} == {flexgroup["uuid"]}
        assert len({part["msid"] for part in (*parts, whole)}) == 3
        used = await paris.get("/storage/aggregates", fields="space,volume-count", order_by="name")
        assert [each["space"]["block_storage"]["used"] for each in used] == [(400 + 1024) * MIB, 400 * MIB]
        assert [each["volume-count"] for each in used] == [2, 1]
        path = f"/storage/volumes/{parts[0]['uuid']}"
        assert (await paris.http.get(f"/api{path}")).json()["name"] == "fg__0001"
        assert (await paris.refusal("PATCH", path, {"size": "1GB"}))[0] == "13107371"
        assert (await paris.refusal("DELETE", path))[0] == "13107371"

    in_lab(tmp_path, claim, aggregates=TWO)


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"aggregates": ["aggr2"], "constituents_per_aggregate": "3"}, ["aggr2"] * 3),
        ({"aggregates": ["aggr1", "aggr2"], "constituents_per_aggregate": 2}, ["aggr1", "aggr2"] * 2),
        ({"aggregates": [], "style": "flexgroup"}, ["aggr1", "aggr2"]),
        ({"aggregates": ["aggr1", "aggr2"], "constituent_count": 3}, ["aggr1", "aggr2", "aggr1"]),
    ],
)
def test_where_constituents_are_put(tmp_path: Path, body: dict[str, Any], places: list[str]) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("fg", body)
        assert [part["aggregates"][0]["name"] for part in await constituents(paris)] == places

    in_lab(tmp_path, claim, aggregates=TWO)


def test_a_flexgroup_grows_by_constituents_and_by_size_and_renames_them(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("fg", {"aggregates": ["aggr1", "aggr2"], "size": "800MB"})
        await paris.patch("/storage/volumes", {"aggregates": [{"name": "aggr2"}]}, name="fg")
        sizes = [(part["aggregates"][0]["name"], part["size"]) for part in await constituents(paris)]
        assert sizes == [("aggr1", 400 * MIB), ("aggr2", 400 * MIB), ("aggr2", 400 * MIB)]
        await paris.patch("/storage/volumes", {"size": "1800MB"}, name="fg")
        assert [part["size"] for part in await constituents(paris)] == [600 * MIB] * 3
        await paris.patch("/storage/volumes", {"size": "2400MB"}, name="fg", sizing_method="add_new_resources")
        assert [part["size"] for part in await constituents(paris)] == [600 * MIB] * 4
        await paris.patch("/storage/volumes", {"constituent_count": 5, "name": "fg2"}, name="fg")
        assert [part["name"] for part in await constituents(paris)] == [f"fg2__000{number}" for number in range(1, 6)]
        refused = await paris.refusal("PATCH", "/storage/volumes", {"constituent_count": 4}, name="fg2")
        assert refused[0] == "262197"
        await paris.volume("vol_1")
        refused = await paris.refusal("PATCH", "/storage/volumes", {"aggregates": ["aggr2"]}, name="vol_1")
        assert refused[0] == "13107349"
        move = {"movement.destination_aggregate.name": "aggr2"}
        assert (await paris.refusal("PATCH", "/storage/volumes", move, name="fg2"))[0] == "13107371"

    in_lab(tmp_path, claim, aggregates=TWO)


def test_a_flexgroup_is_cloned_whole(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("fg", {"aggregates": ["aggr1", "aggr2"], "nas.path": "/fg"})
        (paris.seen("/fg") / "file").write_bytes(b"shared")
        body = {"name": "copy", "svm.name": "svm1", "clone": {"is_flexclone": True, "parent_volume": {"name": "fg"}}}
        copy = await paris.post("/storage/volumes", {**body, "nas.path": "/copy"})
        assert (paris.seen("/copy") / "file").read_bytes() == b"shared"
        parts = await constituents(paris, **{"flexgroup.uuid": copy["uuid"]})
        assert [part["name"] for part in parts] == ["copy__0001", "copy__0002"]

    in_lab(tmp_path, claim, aggregates=TWO)
