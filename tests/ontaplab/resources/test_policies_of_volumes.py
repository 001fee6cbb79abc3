"""Export policies and QoS policies, and the volumes that refer to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ontaplab.resources.labs import Asker, in_lab

EXPORTS = "/protocols/nfs/export-policies"
QOS = "/storage/qos/policies"
LAN: dict[str, Any] = {"clients": [{"match": "10.0.0.0/8"}], "ro_rule": ["sys"], "rw_rule": ["sys"]}


def test_every_svm_has_a_default_export_policy_that_lasts_as_long_as_it(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        default = await paris.one(EXPORTS, fields="*")
        assert (default["name"], default["svm"]["name"], default.get("rules")) == ("default", "svm1", [])
        assert (await paris.refusal("DELETE", f"{EXPORTS}/{default['id']}"))[0] == "1703947"
        await paris.svm("svm2")
        assert len(await paris.get(EXPORTS)) == 2
        await paris.delete("/svm/svms", name="svm2")
        assert len(await paris.get(EXPORTS)) == 1

    in_lab(tmp_path, claim)


def test_rules_are_inserted_moved_changed_and_removed(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        def rule(match: str) -> dict[str, Any]:
            return {**LAN, "clients": [{"match": match}]}

        made = await paris.post(EXPORTS, {"name": "lan", "svm.name": "svm1", "rules": [rule("a"), rule("b")]})
        path = f"{EXPORTS}/{made['id']}/rules"

        async def clients() -> list[tuple[int, str]]:
            found = await paris.get(path, fields="clients", order_by="index")
            return [(each["index"], each["clients"][0]["match"]) for each in found]

        added = await paris.post(path, {**rule("c"), "index": 2})
        assert (added["index"], added["superuser"], added["chown_mode"]) == (2, ["any"], "restricted")
        assert await clients() == [(1, "a"), (2, "c"), (3, "b")]
        await paris.patch(f"{path}/1", {"rw_rule": ["never"]}, new_index="7")
        assert await clients() == [(2, "c"), (3, "b"), (7, "a")]
        assert (await paris.one(path, index="7", fields="rw_rule"))["rw_rule"] == ["never"]
        await paris.post(path, {**rule("d"), "index": 2})
        assert await clients() == [(2, "d"), (3, "c"), (4, "b"), (7, "a")]
        assert (await paris.refusal("POST", path, rule("b")))[0] == "1704070"
        await paris.delete(f"{path}/3")
        await paris.patch(f"{EXPORTS}/{made['id']}", {"rules": [rule("e")]})
        assert await clients() == [(1, "e")]
        assert (await paris.refusal("GET", f"{EXPORTS}/1/rules"))[0] == "1703954"

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "a b"}, "1703952"),
        ({"name": "x" * 257}, "1704047"),
        ({"name": "default"}, "1"),
        ({"svm.name": "nobody"}, "2621462"),
        ({"rules": [{"clients": ["10.0.0.0/8"], "ro_rule": ["sys"]}]}, "262245"),
        ({"rules": [{**LAN, "clients": ["10.0.0.1/8"]}]}, "1704040"),
        ({"rules": [{**LAN, "clients": ["10.0.0.0/33"]}]}, "1704042"),
        ({"rules": [{**LAN, "clients": ["10.0.0.0/255.0.255.0"]}]}, "1704043"),
        ({"rules": [{**LAN, "clients": ["some host"]}]}, "1704044"),
        ({"rules": [{**LAN, "clients": ["@"]}]}, "1704038"),
        ({"rules": [{**LAN, "clients": ["."]}]}, "1704036"),
        ({"rules": [{**LAN, "clients": ["a", "a"]}]}, "1704050"),
        ({"rules": [{**LAN, "index": 0}]}, "3277162"),
        ({"rules": [{**LAN, "ro_rule": ["anyone"]}]}, "262197"),
        ({"rules": [{**LAN, "anonymous_user": ""}]}, "3277149"),
    ],
)
def test_an_export_policy_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("POST", EXPORTS, {"name": "lan", "svm.name": "svm1", **body}))[0] == code
        assert len(await paris.get(EXPORTS)) == 1

    in_lab(tmp_path, claim)


def test_an_export_policy_in_use_stays_and_may_be_renamed(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        made = await paris.post(EXPORTS, {"name": "lan", "svm.name": "svm1", "rules": [LAN]})
        await paris.volume("data", {"nas": {"path": "/data", "export_policy": {"id": made["id"]}}})
        assert (await paris.refusal("DELETE", f"{EXPORTS}/{made['id']}"))[0] == "1703945"
        await paris.patch(f"{EXPORTS}/{made['id']}", {"name": "wan"})
        shown = await paris.one("/storage/volumes", fields="nas.export_policy")
        assert shown["nas"]["export_policy"] == {"name": "wan", "id": made["id"]}
        assert (await paris.refusal("PATCH", "/storage/volumes", {"nas.export_policy.name": "lan"}, name="data"))[
            0
        ] == "918271"
        await paris.patch("/storage/volumes", {"nas.export_policy.name": "default"}, name="data")
        await paris.delete(f"{EXPORTS}/{made['id']}")

    in_lab(tmp_path, claim)


def test_a_volume_shows_the_limits_of_its_qos_policy_until_that_goes(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        limits = {"max_throughput_iops": 5000, "min_throughput_iops": "100"}
        made = await paris.post(QOS, {"name": "fast", "svm.name": "svm1", "fixed": limits})
        assert made["fixed"] == {
            "capacity_shared": False,
            "max_throughput_iops": 5000,
            "max_throughput_mbps": 0,
            "min_throughput_iops": 100,
            "min_throughput_mbps": 0,
        }
        await paris.volume("data", {"qos": {"policy": {"uuid": made["uuid"]}}})
        await paris.patch(f"{QOS}/{made['uuid']}", {"name": "faster", "fixed.max_throughput_iops": 9000})

        async def shown() -> dict[str, Any]:
            asked = "qos.policy.name,qos.policy.uuid,qos.policy.max_throughput_iops"
            record: dict[str, Any] = (await paris.one("/storage/volumes", fields=asked)).get("qos", {})
            return record

        assert await shown() == {"policy": {"name": "faster", "uuid": made["uuid"], "max_throughput_iops": 9000}}
        assert (await paris.one(QOS, name="faster", fields="object_count"))["object_count"] == 1
        await paris.delete(f"{QOS}/{made['uuid']}")
        assert await shown() == {}
        await paris.patch("/storage/volumes", {"qos.policy.name": "extreme"}, name="data")
        assert (await shown())["policy"]["name"] == "extreme"
        await paris.patch("/storage/volumes", {"qos.policy.name": "none"}, name="data")
        assert await shown() == {}
        await paris.patch("/storage/volumes", {"qos.policy.max_throughput_iops": 7}, name="data")
        assert await shown() == {"policy": {"max_throughput_iops": 7}}

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"fixed": {}, "adaptive": {}}, "8454389"),
        ({}, "262245"),
        ({"fixed": {"max_throughput_iops": 5, "min_throughput_iops": 6}}, "8454194"),
        ({"adaptive": {"expected_iops": 0, "peak_iops": 6}}, "8454273"),
        ({"adaptive": {"expected_iops": 7, "peak_iops": 6}}, "8454274"),
        ({"adaptive": {"expected_iops": 7}}, "262245"),
        ({"fixed": {}, "name": "old"}, "8454379"),
        ({"adaptive": {"expected_iops": 1, "peak_iops": 1}, "name": "old"}, "8454277"),
        ({"fixed": {}, "name": "value"}, "8454278"),
        ({"fixed": {}, "svm.name": None}, "2621707"),
    ],
)
def test_a_qos_policy_that_cannot_be_is_refused(tmp_path: Path, body: dict[str, Any], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.post(QOS, {"name": "old", "svm.name": "svm1", "fixed": {"max_throughput_iops": 1}})
        whole = {name: value for name, value in {"name": "new", "svm.name": "svm1", **body}.items() if value}
        whole |= {name: value for name, value in body.items() if value == {}}
        assert (await paris.refusal("POST", QOS, whole))[0] == code

    in_lab(tmp_path, claim)


def test_presets_stay_and_a_policy_keeps_its_kind(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert {each["name"] for each in await paris.get(QOS, policy_class="preset")} == {
            "extreme",
            "performance",
            "value",
        }
        assert (await paris.refusal("DELETE", QOS, name="value"))[0] == "8454286"
        assert (await paris.refusal("PATCH", QOS, {"name": "x"}, name="value"))[0] == "8454286"
        await paris.post(QOS, {"name": "new", "svm.name": "svm1", "fixed": {}})
        assert (await paris.refusal("PATCH", QOS, {"adaptive": {}}, name="new"))[0] == "8454327"
        body = {"qos.policy": {"name": "new", "max_throughput_iops": 5}}
        await paris.volume("data")
        assert (await paris.refusal("PATCH", "/storage/volumes", body, name="data"))[0] == "8454389"
        assert (await paris.refusal("PATCH", "/storage/volumes", {"qos.policy.name": "gone"}, name="data"))[0] == "4"

    in_lab(tmp_path, claim)


def test_qos_policies_are_cleaned_up_by_their_names_whether_there_are_any_or_not(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.delete(QOS, name="deleted_*")
        for name in ("deleted_1", "kept"):
            await paris.post(QOS, {"name": name, "svm.name": "svm1", "fixed": {"max_throughput_iops": 9}})
        await paris.delete(QOS, name="deleted_*")
        assert [each["name"] for each in await paris.get(QOS, **{"svm.name": "svm1"})] == ["kept"]

    in_lab(tmp_path, claim)
