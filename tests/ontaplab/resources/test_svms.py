"""SVMs, and what belongs to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ontaplab.resources.labs import Asker, in_lab

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
