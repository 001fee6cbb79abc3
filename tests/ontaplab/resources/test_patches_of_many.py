"""One PATCH of many volumes or relationships, and clusters that take none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
import trio.testing

from ontaplab.inprocess import lab_clusters
from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, peer_svms
from tests.ontaplab.resources.labs import Asker, in_lab

VOLUMES = "/storage/volumes"
CALL = {"return_timeout": "60", "continue_on_failure": "true"}


async def volumes(asker: Asker, *names: str, **properties: str) -> str:
    """New volumes; returns the query that names them."""
    return "|".join([(await asker.volume(name, properties))["uuid"] for name in names])


async def patched(asker: Asker, path: str, body: Any, **query: str) -> httpx.Response:
    return await asker.http.patch(f"/api{path}", json=body, params=query)


def test_one_patch_changes_every_volume_that_it_names_and_tells_a_job_for_each(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.post("/protocols/nfs/export-policies", {"name": "closed", "svm.name": "svm1"})
        named = await volumes(paris, "vol_1", "vol_2", "vol_3")
        await volumes(paris, "vol_4")
        body = {"comment": "ours", "nas.export_policy.name": "closed"}
        answer = await patched(paris, VOLUMES, body, uuid=named, **CALL)
        assert (answer.status_code, answer.json()["num_records"]) == (200, 3)
        jobs = [job["uuid"] for job in answer.json()["jobs"]]
        found = await paris.get("/cluster/jobs", uuid="|".join(jobs), fields="state")
        assert [job["state"] for job in found] == ["success"] * 3
        shown = await paris.get(VOLUMES, fields="comment,nas.export_policy.name", order_by="name")
        assert [each["comment"] for each in shown] == ["ours", "ours", "ours", ""]
        assert [each["nas"]["export_policy"]["name"] for each in shown] == ["closed"] * 3 + ["default"]
        answer = await patched(paris, VOLUMES, {"comment": ""}, uuid=named)
        assert (answer.status_code, len(answer.json()["jobs"]), "errors" in answer.json()) == (202, 3, False)

    in_lab(tmp_path, claim)


def test_what_fails_for_some_of_many_volumes_is_told_and_the_others_are_changed(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        named = await volumes(paris, "vol_1", "vol_2", "vol_3")
        answer = await patched(paris, VOLUMES, {"nas.path": "/one"}, uuid=named, **CALL)
        assert answer.status_code == 200
        assert [error["code"] for error in answer.json()["errors"]] == ["917536", "917536"]
        mounted = await paris.get(VOLUMES, **{"nas.path": "/one"})
        assert len(mounted) == 1
        answer = await patched(paris, VOLUMES, {"nas.path": ""}, uuid=named, **CALL)
        assert (answer.status_code, "errors" in answer.json()) == (200, False)
        assert await paris.get(VOLUMES, **{"nas.path": "*one"}) == []

    in_lab(tmp_path, claim)


def test_a_list_of_records_gives_each_volume_a_change_of_its_own(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        uuids = (await volumes(paris, "vol_1", "vol_2")).split("|")
        records = [{"uuid": uuid, "nas": {"path": f"/{number}"}} for number, uuid in enumerate(uuids)]
        records.append({"uuid": "no such", "comment": "x"})
        answer = await patched(paris, VOLUMES, {"records": records}, **CALL)
        assert (answer.status_code, answer.json()["num_records"]) == (200, 2)
        assert [error["code"] for error in answer.json()["errors"]] == ["4"]
        assert [each["nas"]["path"] for each in await paris.get(VOLUMES, fields="nas.path")] == ["/0", "/1"]

    in_lab(tmp_path, claim)


async def mirrored(paris: Asker, lyon: Asker, *names: str) -> str:
    """Mirrors of these volumes, initialized; returns the query that names the relationships."""
    await peer_svms(paris, lyon)
    await volumes(paris, *names)
    await volumes(lyon, *names, type="dp")
    made = [
        await lyon.post(RELATIONSHIPS, {"source.path": f"svm1_paris:{name}", "destination.path": f"svm1:{name}"})
        for name in names
    ]
    named = "|".join(each["uuid"] for each in made)
    await lyon.patch(RELATIONSHIPS, {"state": "snapmirrored"}, uuid=named)
    while await lyon.get(RELATIONSHIPS, **{"transfer.state": "queued|transferring"}):
        await lyon.cluster.clock.sleep(0.1)
    return named


def test_one_patch_breaks_every_relationship_that_it_names(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        named = await mirrored(paris, lyon, "vol_1", "vol_2", "vol_3")
        first, rest = named.split("|", 1)
        await lyon.patch(RELATIONSHIPS, {"state": "paused"}, uuid=rest)
        answer = await patched(lyon, RELATIONSHIPS, {"state": "broken_off"}, uuid=named, **CALL)
        assert (answer.status_code, answer.json()["num_records"], len(answer.json()["jobs"])) == (200, 3, 3)
        states = {each["state"] for each in await lyon.get(RELATIONSHIPS)}
        assert states == {"broken_off"}
        records = [{"uuid": uuid, "state": "snapmirrored"} for uuid in rest.split("|")]
        answer = await patched(lyon, RELATIONSHIPS, {"records": [*records, {"uuid": first, "state": "paused"}]}, **CALL)
        assert (answer.status_code, answer.json()["num_records"]) == (200, 2)
        assert [error["code"] for error in answer.json()["errors"]] == ["13303818"]

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({}, (400, "262197", "A single object is required for this operation, 2 were named.")),
        (
            {"refusal_status": 405, "refusal_code": "262186", "refusal_message": "not for many"},
            (405, "262186", "not for many"),
        ),
    ],
)
def test_a_cluster_that_takes_no_patch_of_many_says_so_in_the_words_that_were_set(
    tmp_path: Path, words: dict[str, object], told: tuple[int, str, str]
) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        relationships = await mirrored(paris, lyon, "vol_1", "vol_2")
        named = "|".join(each["uuid"] for each in await lyon.get(VOLUMES))
        traits = {"single_patches": ["volumes", "relationships"], **words}
        answer = await lyon.http.put("/lab/traits", json=traits)
        assert answer.status_code == 200
        assert answer.json().items() >= traits.items()
        for path, uuids, body in (
            (VOLUMES, named, {"comment": "x"}),
            (RELATIONSHIPS, relationships, {"state": "paused"}),
        ):
            for refused in (
                await patched(lyon, path, body, uuid=uuids, **CALL),
                await patched(lyon, path, body, uuid="*"),
                await patched(lyon, path, {"records": [{"uuid": uuid, **body} for uuid in uuids.split("|")]}),
            ):
                error = refused.json()["error"]
                assert (refused.status_code, error["code"], error["message"]) == told
            assert (await patched(lyon, path, body, uuid=uuids.split("|")[0], **CALL)).status_code == 200
        assert sorted(each["comment"] for each in await lyon.get(VOLUMES, fields="comment")) == ["", "x"]
        assert sorted(each["state"] for each in await lyon.get(RELATIONSHIPS)) == ["paused", "snapmirrored"]
        assert (await paris.http.get("/lab/traits")).json()["single_patches"] == []
        await lyon.http.put("/lab/traits", json={"single_patches": []})
        await lyon.patch(VOLUMES, {"comment": "x"}, uuid=named)

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    "wrong", [{"single_patches": ["svms"]}, {"root_volumes": "yes"}, {"refusal_code": "x"}, {"a": 1}]
)
def test_traits_that_cannot_be_are_refused_and_nothing_changes(tmp_path: Path, wrong: dict[str, object]) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        before = (await paris.http.get("/lab/traits")).json()
        assert (await paris.http.put("/lab/traits", json=wrong)).status_code == 400
        assert (await paris.http.get("/lab/traits")).json() == before

    in_lab(tmp_path, claim)


def test_traits_are_kept_across_a_restart(tmp_path: Path) -> None:
    async def once(first: bool) -> None:
        traits = {"single_patches": ("volumes",)} if first else {}
        async with (
            lab_clusters("paris", root=tmp_path, durable=True, traits=traits) as lab,
            lab["paris"].client() as http,
        ):
            assert (await http.get("/lab/traits")).json()["single_patches"] == ["volumes"]

    for first in (True, False):
        trio.run(once, first, clock=trio.testing.MockClock(autojump_threshold=0))
