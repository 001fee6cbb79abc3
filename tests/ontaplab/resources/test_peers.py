"""Cluster peers and SVM peers: two sides, one truth."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from ontaplab.inprocess import Lab, lab_clusters
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


async def statuses(*sides: Asker) -> list[str]:
    return [(await side.one("/cluster/peers", fields="status"))["status"]["state"] for side in sides]


async def offer(side: Asker, body: Any) -> dict[str, Any]:
    """The record in the reply: as always it is there without being asked for."""
    answer = await side.http.post("/api/cluster/peers", json=body)
    assert answer.status_code == 201
    record: dict[str, Any] = answer.json()["records"][0]
    return record


def test_a_generated_passphrase_makes_two_clusters_peers(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        body = {"authentication.generate_passphrase": True, "remote.ip_addresses": [lyon.cluster.address]}
        passphrase = (await offer(paris, body))["authentication"]["passphrase"]
        assert await statuses(paris) == ["pending"]
        await offer(
            lyon, {"remote.ip_addresses": [paris.cluster.address], "authentication": {"passphrase": passphrase}}
        )
        await trio.sleep(1)
        assert await statuses(paris, lyon) == ["available", "available"]
        peer = await paris.one("/cluster/peers", fields="**")
        assert (peer["name"], peer["remote"]["name"]) == ("lyon", "lyon")
        assert passphrase not in str(peer)

    in_lab(tmp_path, claim, peered=False)


def test_an_anonymous_offer_gets_a_new_uuid_when_it_is_accepted(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await offer(paris, {})
        assert made["name"] == f"Clus_{made['authentication']['passphrase'][-4:]}"
        assert await statuses(paris) == ["unidentified"]
        joining = {"authentication": {"passphrase": made["authentication"]["passphrase"]}}
        await offer(lyon, {**joining, "remote.ip_addresses": [paris.cluster.address]})
        await trio.sleep(1)
        peer = await paris.one("/cluster/peers", fields="status")
        assert (peer["name"], peer["status"]["state"]) == ("lyon", "available")
        assert peer["uuid"] != made["uuid"]

    in_lab(tmp_path, claim, peered=False)


def test_the_same_passphrase_given_on_both_sides_makes_them_peers_in_any_order(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        for here, there in ((paris, lyon), (lyon, paris)):
            shared = {"authentication.passphrase": "correct horse"}
            await offer(here, {**shared, "remote.ip_addresses": [there.cluster.address]})
            await trio.sleep(30)
        assert await statuses(paris, lyon) == ["available", "available"]

    in_lab(tmp_path, claim, peered=False)


@pytest.mark.slow
def test_a_wrong_passphrase_leaves_both_pending_and_offers_expire(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await offer(paris, {"remote.ip_addresses": [lyon.cluster.address], "authentication.expiry_time": "PT2H"})
        wrong = {"remote.ip_addresses": [paris.cluster.address], "authentication.passphrase": "wrong horse"}
        await offer(lyon, wrong)
        await trio.sleep(60)
        assert await statuses(paris, lyon) == ["pending", "pending"]
        await trio.sleep(timedelta(hours=1).total_seconds())
        assert await lyon.get("/cluster/peers") == []
        assert await statuses(paris) == ["pending"]
        await trio.sleep(timedelta(hours=1).total_seconds())
        assert await paris.get("/cluster/peers") == []

    in_lab(tmp_path, claim, peered=False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"authentication.passphrase": "long enough"}, "4656069"),
        ({"authentication.passphrase": "short", "remote.ip_addresses": ["10.9.9.9"]}, "4653236"),
        ({"authentication.expiry_time": "P8D"}, "4655058"),
        ({"authentication.expiry_time": "2020-01-01T00:00:00Z"}, "4653229"),
        ({"remote.ip_addresses": ["10.1.0.1"]}, "4656100"),
        ({"remote.ip_addresses": ["10.2.0.1"]}, "4653075"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("POST", "/cluster/peers", body))[0] == code
        assert len(await paris.get("/cluster/peers")) == 1

    in_lab(tmp_path, claim)


def test_a_peer_that_does_not_answer_is_unavailable_until_it_does(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        network = paris.cluster.network
        apps = network.apps  # type: ignore[attr-defined]
        lost = apps.pop(lyon.cluster.address)
        await trio.sleep(600)
        assert await statuses(paris) == ["unavailable"]
        code, message = await paris.refusal("POST", "/svm/peers", {**REMOTE, "peer.cluster.name": "lyon"})
        assert code == "4653215"
        assert "lyon" in message
        apps[lyon.cluster.address] = lost
        await trio.sleep(600)
        assert await statuses(paris) == ["available"]

    in_lab(tmp_path, claim)


def test_a_stranger_is_not_answered_between_clusters(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        for proof in ("", f"Peer {lyon.cluster.uuid}:guess", "Peer :"):
            answer = await paris.http.get("/intercluster/ping", headers={"Authorization": proof})
            assert answer.status_code == 403

    in_lab(tmp_path, claim)


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


def test_peers_are_still_peers_after_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        for peered in (True, False):  # the second time they only start again
            async with lab_clusters("paris", "lyon", root=tmp_path, peered=peered, durable=True) as lab:
                await _check_available(lab)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


async def _check_available(lab: Lab) -> None:
    async with lab["paris"].client() as first, lab["lyon"].client() as second:
        sides = Asker(lab["paris"], first), Asker(lab["lyon"], second)
        await trio.sleep(600)
        assert await statuses(*sides) == ["available", "available"]
        assert len(await sides[0].get("/cluster/schedules", name="hourly")) == 1
