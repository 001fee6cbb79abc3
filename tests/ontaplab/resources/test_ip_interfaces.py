"""Network interfaces, and what peers need of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ontaplab.mirroring.pairs import Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab

INTERFACES = "/network/ip/interfaces"
DATA = {
    "name": "data1",
    "svm.name": "svm1",
    "ip": {"address": "10.9.0.7", "netmask": "255.255.255.0"},
    "location": {"home_node": {"name": "paris-01"}, "home_port": {"name": "e0c"}},
}


def test_each_node_has_an_intercluster_interface_with_the_address_that_peers_use(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        found = await paris.one(INTERFACES, services="intercluster_core", state="up", fields="*")
        assert found["ip"] == {"address": "10.1.0.1", "netmask": "24", "family": "ipv4"}
        assert (found["scope"], found["service_policy"]["name"]) == ("cluster", "default-intercluster")
        assert found["location"]["home_node"]["name"] == "paris-01"
        peer = await lyon.one("/cluster/peers", fields="remote.ip_addresses,ip_address")
        assert (peer["remote"]["ip_addresses"], peer["ip_address"]) == (["10.1.0.1"], "10.2.0.1")

    in_lab(tmp_path, claim)


def test_a_data_interface_is_made_moved_taken_down_and_removed(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await paris.post(INTERFACES, DATA)
        assert (made["ip"]["netmask"], made["scope"], made["svm"]["name"]) == ("24", "svm", "svm1")
        assert {"data_nfs", "data_cifs"} <= set(made["services"])
        same_subnet = {"name": "data2", "svm.name": "svm1", "ip": {"address": "10.9.0.8", "netmask": "24"}}
        await paris.post(INTERFACES, {**same_subnet, "service_policy.name": "default-data-iscsi"})
        assert [each["name"] for each in await paris.get(INTERFACES, services="data_iscsi")] == ["data2"]
        path = f"{INTERFACES}/{made['uuid']}"
        await paris.patch(path, {"location": {"port": {"name": "e0d"}}, "ip": {"address": "10.9.0.9"}})
        moved = await paris.one(INTERFACES, name="data1", fields="location,ip")
        assert (moved["location"]["is_home"], moved["ip"]["address"]) == (False, "10.9.0.9")
        await paris.patch(INTERFACES, {"location.is_home": True, "enabled": False}, name="data1")
        home = await paris.one(INTERFACES, name="data1", fields="location,state")
        assert (home["location"]["port"]["name"], home["state"]) == ("e0c", "down")
        await paris.delete(INTERFACES, name="data*")
        assert await paris.get(INTERFACES, scope="svm") == []

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": None}, "262245"),
        ({"ip": {"address": "10.9.0.7"}}, "1967398"),
        ({"ip": {"address": "10.9.0.300", "netmask": "24"}}, "53281680"),
        ({"ip": {"address": "10.9.0.3", "netmask": "40"}}, "1966269"),
        ({"ip": {"address": "fd00::3", "netmask": "128"}}, "1966267"),
        ({"ip": {"address": "10.1.0.1", "netmask": "24"}}, "1376963"),
        ({"location": None}, "1967111"),
        ({"location": {"home_node": {"name": "rome-01"}}}, "393271"),
        ({"location": {"home_port": {"name": "e9z"}}}, "1967130"),
        ({"location": {"broadcast_domain": {"name": "Other"}}}, "1967136"),
        ({"svm.name": "nobody"}, "2621462"),
        ({"scope": "cluster"}, "1967402"),
        ({"svm.name": None, "scope": "svm"}, "1967127"),
        ({"svm.name": None}, "1967128"),
        ({"ipspace.name": "Other"}, "1967081"),
        ({"service_policy.name": "default-intercluster"}, "53281065"),
    ],
)
def test_an_interface_that_cannot_be_is_refused(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        body = {name: value for name, value in {**DATA, **changes}.items() if value is not None}
        assert (await paris.refusal("POST", INTERFACES, body))[0] == code

    in_lab(tmp_path, claim)


def test_a_name_is_taken_once_in_each_svm(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.post(INTERFACES, DATA)
        other = {**DATA, "ip": {"address": "10.9.0.8", "netmask": "24"}}
        assert (await paris.refusal("POST", INTERFACES, other))[0] == "1966140"
        await paris.svm("svm2")
        await paris.post(INTERFACES, {**other, "svm.name": "svm2"})
        assert (await paris.refusal("PATCH", INTERFACES, {"location.is_home": "false"}, name="data1"))[0] == "1967389"

    in_lab(tmp_path, claim)


@pytest.mark.parametrize("side", ["paris", "lyon"])
def test_while_the_intercluster_interface_of_either_side_is_down_peers_do_not_hear_each_other(
    tmp_path: Path, side: str
) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        asker = {"paris": pair.paris, "lyon": pair.lyon}[side]
        await asker.patch(INTERFACES, {"enabled": False}, services="intercluster_core")
        record = await pair.update()
        assert (record["healthy"], record["transfer"]["state"]) == (False, "failed")
        await trio.sleep(301)
        for cluster in (pair.paris, pair.lyon):
            assert (await cluster.one("/cluster/peers", fields="status"))["status"]["state"] == "unavailable"
        await asker.patch(INTERFACES, {"enabled": True}, services="intercluster_core")
        assert (await pair.update())["healthy"]
        assert (await pair.lyon.one("/cluster/peers", fields="status"))["status"]["state"] == "available"

    in_pair(tmp_path, claim)


def test_peering_needs_an_intercluster_interface_and_addresses_of_its_family(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        async def refused(*addresses: str) -> str:
            return (await paris.refusal("POST", "/cluster/peers", {"remote.ip_addresses": addresses}))[0]

        assert await refused("lyon.example") == "4653368"
        assert await refused("10.2.0.1", "fd00::1") == "4653708"
        assert await refused("fd00::1") == "4656095"
        assert await refused("10.1.0.1") == "4656100"
        await paris.delete(INTERFACES, services="intercluster_core")
        assert await refused("10.2.0.1") == "4656095"
        assert (await paris.refusal("POST", "/cluster/peers", {}))[0] == "4656095"

    in_lab(tmp_path, claim, peered=False)


def test_a_cluster_lists_as_many_nodes_as_it_is_told_and_interfaces_are_on_any(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.http.put("/lab/traits", json={"nodes": 2})).is_success
        first, second = await paris.get("/cluster/nodes", fields="*", order_by="name")
        assert (first["name"], second["name"], second["state"]) == ("paris-01", "paris-02", "up")
        assert first["uuid"] != second["uuid"]
        more = {
            "name": "ic2",
            "scope": "cluster",
            "ipspace": {"name": "Default"},
            "ip": {"address": "10.1.0.9", "netmask": "24"},
            "location": {"home_node": {"name": "paris-02"}},
        }
        await paris.post(INTERFACES, more)
        found = await paris.one(INTERFACES, name="ic2", fields="location.node.name,services")
        assert (found["location"]["node"]["name"], "intercluster_core" in found["services"]) == ("paris-02", True)
        code, message = await paris.refusal("POST", INTERFACES, {**more, "location": {"node": {"name": "paris-03"}}})
        assert (code, "paris-03" in message) == ("393271", True)

    in_lab(tmp_path, claim)


def test_a_cluster_tells_the_release_that_it_is_told(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.http.put("/lab/traits", json={"version": "9.12.1"})).is_success
        version = (await paris.http.get("/api/cluster")).json()["version"]
        assert (version["generation"], version["major"], version["minor"]) == (9, 12, 1)
        assert "9.12.1" in version["full"]
        assert (await paris.one("/cluster/nodes", fields="version"))["version"] == version
        assert (await paris.http.put("/lab/traits", json={"version": "new"})).status_code == 400

    in_lab(tmp_path, claim)
