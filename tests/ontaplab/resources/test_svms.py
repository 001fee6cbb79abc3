"""SVMs, and what belongs to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from netapp_ontap.resources.svm import Svm

from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.oracle import complaints

EVERYTHING = [{"path": "/api/cluster", "access": "readonly"}]
BELONGINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "/security/roles": ("owner.name", {"name": "mine", "privileges": EVERYTHING}),
    "/security/accounts": (
        "owner.name",
        {
            "name": "mine",
            "role": "vsadmin",
            "password": "fishy-4711",
            "applications": [{"application": "http", "authentication_methods": ["password"]}],
        },
    ),
    "/network/ip/interfaces": (
        "svm.name",
        {"name": "mine", "ip": {"address": "10.9.0.7", "netmask": "24"}, "location.home_port.name": "e0c"},
    ),
    "/storage/snapshot-policies": ("svm.name", {"name": "mine", "copies": [{"schedule": "5min", "count": 2}]}),
    "/protocols/nfs/export-policies": ("svm.name", {"name": "mine"}),
    "/storage/qos/policies": ("svm.name", {"name": "mine", "fixed": {"max_throughput_iops": 5}}),
    "/snapmirror/policies": ("svm.name", {"name": "mine", "type": "async"}),
}


@pytest.mark.parametrize("path", BELONGINGS)
def test_what_belongs_to_an_svm_goes_with_it_and_with_no_other(tmp_path: Path, path: str) -> None:
    owner, body = BELONGINGS[path]

    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.svm("svm2")
        for number, svm in enumerate(("svm1", "svm2")):
            of_svm = {**body, owner: svm}
            if "ip" in body:
                of_svm["ip"] = {"address": f"10.9.0.{number}", "netmask": "24"}
            await paris.post(path, of_svm)
        await paris.delete("/svm/svms", name="svm1")
        assert [each["name"] for each in await paris.get(path, name="mine")] == ["mine"]
        assert await paris.get(path, **{owner: "svm1"}) == []
        await paris.svm("svm1")
        await paris.post(path, {**body, owner: "svm1"})

    in_lab(tmp_path, claim)


def test_comments_are_as_long_as_ontap_takes_them_and_a_longer_one_changes_nothing(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.volume("vol_1", {"comment": "c" * 1023})
        await paris.post("/svm/svms", {"name": "svm2", "comment": "c" * 255})
        aggregate = [{"name": "aggr1"}]
        bodies: dict[str, dict[str, object]] = {
            "/storage/volumes": {"name": "vol_2", "svm.name": "svm1", "aggregates": aggregate, "comment": "d" * 1024},
            "/svm/svms": {"name": "svm3", "comment": "d" * 256},
        }
        for path, body in bodies.items():
            assert (await paris.refusal("POST", path, body))[0] == "262197"
            change = {"comment": body["comment"]}
            kept = await paris.get(path, fields="comment")
            assert (await paris.refusal("PATCH", path, change, name="vol_1|svm2"))[0] == "262197"
            assert await paris.get(path, fields="comment") == kept

    in_lab(tmp_path, claim)


def test_an_svm_tells_how_much_is_left_on_the_aggregates_that_were_assigned_to_it(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        await paris.post("/svm/svms", {"name": "svm2", "aggregates": [{"name": "aggr1"}]})
        await paris.volume("vol_1", {"size": "1TB"})
        shown = await paris.get("/svm/svms", fields="aggregates.name,aggregates.available_size", order_by="name")
        assigned = {"name": "aggr1", "available_size": 9 * 1024**4}
        assert [each["aggregates"] for each in shown] == [[{"name": "aggr1"}], [assigned]]

    in_lab(tmp_path, claim)


def test_what_an_svm_says_of_logical_space_is_its_volumes_and_its_name_services_are_told_again(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        said = {"is_space_reporting_logical": "true", "is_space_enforcement_logical": "false"}
        await paris.post("/svm/svms", {"name": "svm2", "nsswitch.namemap": ["ldap", "files"], **said})
        svm = await paris.one("/svm/svms", name="svm2", fields="*")
        assert complaints(svm, Svm) == []
        assert (svm["nsswitch"]["namemap"], svm["nsswitch"]["hosts"]) == (["ldap", "files"], ["files", "dns"])
        assert (svm["is_space_reporting_logical"], svm["is_space_enforcement_logical"]) == (True, False)
        await paris.volume("vol_1", {"svm.name": "svm2"})
        await paris.volume("vol_2", {"svm.name": "svm2", "space.logical_space.reporting": False})
        shown = await paris.get("/storage/volumes", fields="space.logical_space.reporting", order_by="name")
        assert [each["space"]["logical_space"]["reporting"] for each in shown] == [True, False]
        change = {"nsswitch": {"passwd": ["nis"]}, "is_space_enforcement_logical": True, "retention_period": 48}
        await paris.patch("/svm/svms", change, name="svm2")
        svm = await paris.one("/svm/svms", name="svm2", fields="**,retention_period")
        assert (svm["nsswitch"]["passwd"], svm["nsswitch"]["namemap"]) == (["nis"], ["ldap", "files"])
        assert (svm["is_space_enforcement_logical"], svm["retention_period"]) == (True, 48)
        wrong = {"nsswitch.hosts": ["oracle"]}
        assert (await paris.refusal("PATCH", "/svm/svms", wrong, name="svm2"))[0] == "262197"

    in_lab(tmp_path, claim)
