"""SVM peers: who has to agree, who has agreed already, and what they call each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ontaplab.resources.labs import Asker, in_lab

REMOTE = {
    "svm.name": "svm1",
    "peer.svm.name": "svm1",
    "peer.cluster.name": "paris",
    "name": "svm1_paris",
    "applications": ["snapmirror"],
}


async def states(*sides: Asker) -> list[str]:
    return [(await side.one("/svm/peers", fields="state"))["state"] for side in sides]


def test_svms_of_two_clusters_are_peers_when_the_other_side_accepts(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await lyon.post("/svm/peers", REMOTE)
        assert await states(paris, lyon) == ["pending", "initiated"]
        assert (await paris.one("/svm/peers"))["uuid"] == made["uuid"]
        assert (await lyon.refusal("PATCH", f"/svm/peers/{made['uuid']}", {"state": "peered"}))[0] == "26345578"
        await paris.patch(f"/svm/peers/{made['uuid']}", {"state": "peered"})
        assert await states(paris, lyon) == ["peered", "peered"]
        here = await lyon.one("/svm/peers")
        assert (here["peer"]["cluster"]["name"], here["peer"]["svm"]["name"]) == ("paris", "svm1")
        assert here["peer"]["svm"]["uuid"] == (await paris.one("/svm/svms"))["uuid"]
        assert (await paris.refusal("DELETE", "/cluster/peers", name="lyon"))[0] == "4653079"
        await lyon.delete(f"/svm/peers/{made['uuid']}")
        assert await paris.get("/svm/peers") == []

    in_lab(tmp_path, claim)


def test_svms_that_the_cluster_peer_allows_are_peers_at_once(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.patch("/cluster/peers", {"initial_allowed_svms": [{"name": "svm1"}]}, name="lyon")
        await lyon.post("/svm/peers", REMOTE)
        assert await states(paris, lyon) == ["peered", "peered"]

    in_lab(tmp_path, claim)


PERMISSIONS = "/svm/peer-permissions"


@pytest.mark.parametrize("svm", ["svm1", "*"])
def test_svms_with_a_permission_are_peers_at_once_for_what_it_says(tmp_path: Path, svm: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        given = {"svm.name": svm, "cluster_peer.name": "lyon", "applications": ["flexcache"]}
        made = await paris.post(PERMISSIONS, given)
        peer = await lyon.post("/svm/peers", REMOTE)
        assert await states(paris, lyon) == ["pending", "initiated"], "SnapMirror is not among its applications"
        await lyon.delete(f"/svm/peers/{peer['uuid']}")
        path = f"{PERMISSIONS}/{made['cluster_peer']['uuid']}/{made['svm']['uuid']}"
        await paris.patch(path, {"applications": ["snapmirror", "flexcache"]})
        await lyon.post("/svm/peers", REMOTE)
        assert await states(paris, lyon) == ["peered", "peered"]
        await paris.delete(path)
        assert await states(paris, lyon) == ["peered", "peered"]
        assert await paris.get(PERMISSIONS) == []

    in_lab(tmp_path, claim)


def test_a_permission_that_cannot_be_is_refused_and_goes_with_its_svm_and_cluster_peer(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.svm("svm2")
        given = {"svm.name": "svm2", "cluster_peer.name": "lyon", "applications": ["snapmirror"]}
        await paris.post(PERMISSIONS, given)
        for change, code in (
            ({}, "9896057"),
            ({"svm.name": "svm9"}, "2621462"),
            ({"cluster_peer.name": "rome"}, "9895941"),
            ({"applications": []}, "262245"),
        ):
            assert (await paris.refusal("POST", PERMISSIONS, given | change))[0] == code
        await paris.delete("/svm/svms", name="svm2")
        assert await paris.get(PERMISSIONS) == []
        await paris.post(PERMISSIONS, given | {"svm.name": "svm1"})
        await paris.delete("/cluster/peers", name="lyon")
        assert await paris.get(PERMISSIONS) == []

    in_lab(tmp_path, claim)


def test_svms_of_one_cluster_are_peers_at_once_in_both_directions(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.svm("svm2")
        await paris.post("/svm/peers", {"svm.name": "svm1", "name": "svm2", "applications": ["snapmirror"]})
        found = await paris.get("/svm/peers", fields="*", order_by="svm.name")
        assert [(peer["svm"]["name"], peer["peer"]["svm"]["name"], peer["state"]) for peer in found] == [
            ("svm1", "svm2", "peered"),
            ("svm2", "svm1", "peered"),
        ]
        assert {peer["peer"]["cluster"]["name"] for peer in found} == {"paris"}
        await paris.delete(f"/svm/peers/{found[0]['uuid']}")
        assert await paris.get("/svm/peers") == []

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"peer.cluster.name": "rome"}, "9895941"),
        ({"peer.svm.name": "svm9"}, "2621462"),
        ({"svm.name": "svm9"}, "2621462"),
        ({"applications": ["lun_copy"]}, "9895996"),
        ({"applications": []}, "262245"),
    ],
)
def test_an_svm_peer_that_cannot_be_is_refused_on_both_sides(tmp_path: Path, change: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await lyon.refusal("POST", "/svm/peers", {**REMOTE, **change}))[0] == code
        assert await lyon.get("/svm/peers") == []
        assert await paris.get("/svm/peers") == []

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("change", "code"), [({"name": "svm1"}, "9896086"), ({"name": "svm2"}, "9896086"), ({"name": "free"}, None)]
)
def test_a_name_stands_for_one_svm_in_the_whole_cluster(
    tmp_path: Path, change: dict[str, Any], code: str | None
) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await lyon.svm("svm2")
        if code is not None:
            assert (await lyon.refusal("POST", "/svm/peers", {**REMOTE, **change}))[0] == code
        made = await lyon.post("/svm/peers", {**REMOTE, "name": "free"})
        assert (made["name"], made["peer"]["svm"]["name"]) == ("free", "svm1")

    in_lab(tmp_path, claim)


def test_a_cluster_that_is_asked_finds_a_free_name_for_the_peer_by_itself(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await lyon.post("/svm/peers", REMOTE)
        asked = await paris.one("/svm/peers", fields="*")
        assert (asked["name"], asked["peer"]["svm"]["name"]) == ("svm1.1", "svm1")
        await paris.patch(f"/svm/peers/{asked['uuid']}", {"state": "peered", "name": "svm1_lyon"})
        assert (await paris.one("/svm/peers", fields="*"))["name"] == "svm1_lyon"

    in_lab(tmp_path, claim)
