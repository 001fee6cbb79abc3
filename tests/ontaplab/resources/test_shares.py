"""What a client that serves shares asks of a cluster besides volumes: the calls of OpenStack's driver for shares."""

from __future__ import annotations

from pathlib import Path

from tests.ontaplab.resources.labs import Asker, in_lab

SERVICES = "/protocols/nfs/services"


def test_an_svm_gets_an_nfs_service_once_that_says_what_was_said_of_it_and_goes_with_it(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        svm = await paris.one("/svm/svms", name="svm1")
        assert (await paris.one(f"{SERVICES}/", fields="transport.*"))["transport"]["tcp_max_transfer_size"] == 65536
        await paris.post(f"{SERVICES}/", {"svm.uuid": svm["uuid"], "enabled": "true"})
        assert (await paris.refusal("POST", SERVICES, {"svm.name": "svm1"}))[0] == "1"
        said = {
            "protocol.v3_enabled": "false",
            "protocol.v41_features.pnfs_enabled": True,
            "windows.v3_ms_dos_client_enabled": "true",
            "transport.tcp_max_transfer_size": 131072,
        }
        await paris.patch(f"{SERVICES}/{svm['uuid']}", said)
        service = await paris.one(SERVICES, fields="*", **{"svm.name": "svm1"})
        assert (service["protocol"]["v3_enabled"], service["protocol"]["v3_features"]["connection_drop"]) == (
            False,
            True,
        )
        assert (service["transport"]["tcp_max_transfer_size"], service["state"]) == (131072, "online")
        assert (await paris.refusal("PATCH", SERVICES, {"protocol.v2_enabled": True}, enabled="true"))[0] == "262179"
        await paris.delete("/svm/svms", name="svm1")
        assert await paris.get(SERVICES) == []

    in_lab(tmp_path, claim)


def test_kerberos_is_off_on_every_interface_that_speaks_nfs(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        interface = {"name": "lif1", "svm.name": "svm1", "location.home_port.name": "e0c"}
        made = await paris.post("/network/ip/interfaces", {**interface, "ip": {"address": "10.9.0.7", "netmask": "24"}})
        asked = {"interface.uuid": f"{made['uuid']}|other", "fields": "enabled,interface.uuid"}
        assert (await paris.one("/protocols/nfs/kerberos/interfaces", **asked))["enabled"] is False

    in_lab(tmp_path, claim)


def test_what_is_not_simulated_is_empty_and_no_error(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        svm, node = await paris.one("/svm/svms"), await paris.one("/cluster/nodes")
        assert await paris.get(f"/protocols/fpolicy/{svm['uuid']}/policies", enabled="true", name="x") == []
        clock = await paris.http.get(f"/api/storage/snaplock/compliance-clocks/{node['uuid']}")
        assert (clock.status_code, "time" in clock.json()) == (200, False)

    in_lab(tmp_path, claim)


def test_the_cli_tells_the_nodes_own_aggregate_from_those_for_volumes(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert [each["aggregate"] for each in await paris.get("/private/cli/aggr", root="true")] == ["aggr0_paris_01"]
        assert [each["aggregate"] for each in await paris.get("/private/cli/aggr", root="false")] == ["aggr1"]

    in_lab(tmp_path, claim)


def test_autosize_is_reset_by_the_cli_to_what_a_new_volume_has(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1")
        await paris.volume("vol_2")
        new = await paris.get("/storage/volumes", fields="autosize", order_by="name")
        change = {"autosize": {"mode": "grow", "maximum": "5GB", "grow_threshold": 90}}
        await paris.patch("/storage/volumes", change, name="vol_*")
        reset = {"vserver": "svm1", "volume": "vol_1"}
        answer = await paris.http.patch("/api/private/cli/volume", json={"autosize-reset": "true"}, params=reset)
        assert answer.status_code == 200
        one, two = await paris.get("/storage/volumes", fields="autosize", order_by="name")
        assert (one["autosize"], two["autosize"]["mode"]) == (new[0]["autosize"], "grow")
        for body, query, code in (
            ({"autosize-reset": True}, {"vserver": "svm1", "volume": "other"}, "4"),
            ({"autosize-reset": True}, {}, "262245"),
            ({"size": "1g"}, reset, "262179"),
        ):
            assert (await paris.refusal("PATCH", "/private/cli/volume", body, **query))[0] == code

    in_lab(tmp_path, claim)
