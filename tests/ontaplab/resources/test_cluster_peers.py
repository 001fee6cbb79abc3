"""Cluster peers: two sides, one truth."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from ontaplab.inprocess import Lab, lab_clusters
from ontaplab.intercluster.client import send
from tests.ontaplab.resources.labs import Asker, in_lab


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


def test_a_peer_that_calls_is_asked_at_once_whether_it_is_back(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        apps = paris.cluster.network.apps  # type: ignore[attr-defined]
        lost = apps.pop(lyon.cluster.address)
        await trio.sleep(600)
        (peer,) = lyon.cluster.cluster_peers
        await send(lyon.cluster, peer, "GET", "/ping")
        await trio.sleep(1)
        assert await statuses(paris) == ["unavailable"], "it is heard, and cannot be reached"
        apps[lyon.cluster.address] = lost
        await send(lyon.cluster, peer, "GET", "/ping")
        await trio.sleep(1)
        assert await statuses(paris) == ["available"]

    in_lab(tmp_path, claim)


def test_a_peer_that_does_not_answer_is_unavailable_until_it_does(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        network = paris.cluster.network
        apps = network.apps  # type: ignore[attr-defined]
        lost = apps.pop(lyon.cluster.address)
        await trio.sleep(600)
        assert await statuses(paris) == ["unavailable"]
        body = {"svm.name": "svm1", "peer.svm.name": "svm1", "peer.cluster.name": "lyon", "name": "svm1_lyon"}
        code, message = await paris.refusal("POST", "/svm/peers", {**body, "applications": ["snapmirror"]})
        assert code == "4653215"
        assert "lyon" in message
        apps[lyon.cluster.address] = lost
        await trio.sleep(600)
        assert await statuses(paris) == ["available"]

    in_lab(tmp_path, claim)


def test_a_peer_that_is_back_is_available_soon_after_it_is_looked_at(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        apps = paris.cluster.network.apps  # type: ignore[attr-defined]
        lost = apps.pop(lyon.cluster.address)
        await trio.sleep(600)
        await statuses(paris)
        await trio.sleep(1)
        assert await statuses(paris) == ["unavailable"], "it is asked, and does not answer"
        apps[lyon.cluster.address] = lost
        assert await statuses(paris) == ["unavailable"]
        await trio.sleep(1)
        assert await statuses(paris) == ["available"]

    in_lab(tmp_path, claim)


def test_a_stranger_is_not_answered_between_clusters(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        for proof in ("", f"Peer {lyon.cluster.uuid}:guess", "Peer :"):
            answer = await paris.http.get("/intercluster/ping", headers={"Authorization": proof})
            assert answer.status_code == 403

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
