"""Licences, and what is refused without them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ontaplab.resources.licenses.state import letters_of
from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, in_pair
from tests.ontaplab.resources.labs import Asker, in_lab

LICENSES = "/cluster/licensing/licenses"


def test_only_installed_packages_are_listed_unless_their_state_is_asked_for(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        installed = {license_["name"] for license_ in await paris.get(LICENSES)}
        assert {"snapmirror", "snapmirror_sync", "snaprestore", "flexclone", "nfs"} <= installed
        missing = {license_["name"] for license_ in await paris.get(LICENSES, state="unlicensed")}
        assert missing == {"fabricpool", "snapmirror_cloud"}
        record = await paris.one(LICENSES, name="snapmirror", fields="*")
        assert (record["state"], record["scope"], record["licenses"][0]["active"]) == ("compliant", "site", True)

    in_lab(tmp_path, claim)


def test_a_licence_is_removed_by_its_serial_number_and_installed_by_its_key(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        serial = (await paris.one(LICENSES, name="nfs", fields="licenses"))["licenses"][0]["serial_number"]
        assert (await paris.refusal("DELETE", f"{LICENSES}/nfs", serial_number="0"))[0] == "4"
        await paris.delete(f"{LICENSES}/nfs", serial_number=serial)
        assert await paris.get(LICENSES, name="nfs") == []
        assert (await paris.post(LICENSES, {"keys": [letters_of("nfs").lower()]}))["name"] == "nfs"
        assert (await paris.refusal("POST", LICENSES, {"keys": [letters_of("nfs")]}))[0] == "1115132"

    in_lab(tmp_path, claim)


def test_a_bundle_installs_several_packages_that_cannot_be_removed_one_by_one(tmp_path: Path) -> None:
    bundle = {"version": "2", "product": "Bundle", "licenses": {"HostID": "55", "package": ["FabricPool", "NFS"]}}

    async def claim(paris: Asker, lyon: Asker) -> None:
        file = json.dumps({"statusResp": bundle})
        assert (await paris.refusal("POST", LICENSES, {"keys": [file]}))[0] == "1115132"
        assert await paris.get(LICENSES, name="fabricpool") == [], "all of a request's keys are taken, or none"
        await paris.delete(f"{LICENSES}/nfs")
        await paris.post(LICENSES, {"keys": [file]})
        record = await paris.one(LICENSES, name="fabricpool", fields="licenses")
        assert {"serial_number": "55", "installed_license": "Bundle"}.items() <= record["licenses"][0].items()
        assert (await paris.refusal("DELETE", f"{LICENSES}/nfs"))[0] == "1115564"

    in_lab(tmp_path, claim)


@pytest.mark.parametrize(("keys", "code"), [([], "1115130"), (["x"], "1115159"), (['{"a": 1}'], "1115159")])
def test_what_is_no_key_is_refused(tmp_path: Path, keys: list[str], code: str) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert (await paris.refusal("POST", LICENSES, {"keys": keys}))[0] == code

    in_lab(tmp_path, claim)


def test_a_volume_is_restored_and_cloned_with_a_licence_only(tmp_path: Path) -> None:
    """That a snapshot was not specified tells a client which probes for the licence that it is there."""

    async def claim(paris: Asker, lyon: Asker) -> None:
        nowhere = {"restore_to.snapshot.name": ""}
        assert (await paris.refusal("PATCH", "/storage/volumes", nowhere, name="*"))[0] == "1638515"
        await paris.volume("vol_1")
        await paris.volume("vol_2")
        clone = {"name": "c", "svm.name": "svm1", "clone": {"is_flexclone": True, "parent_volume.name": "vol_1"}}
        assert (await paris.refusal("PATCH", "/storage/volumes", nowhere, name="*"))[0] == "1638515"
        for package in ("snaprestore", "flexclone"):
            await paris.delete(f"{LICENSES}/{package}")
        assert (await paris.refusal("PATCH", "/storage/volumes", nowhere, name="*"))[0] == "1115127"
        assert (await paris.refusal("POST", "/storage/volumes", clone))[0] == "1115127"
        await paris.post(LICENSES, {"keys": [letters_of("flexclone")]})
        await paris.post("/storage/volumes", clone)

    in_lab(tmp_path, claim)


@pytest.mark.parametrize("unlicensed", ["paris", "lyon"])
def test_without_a_licence_on_either_side_transfers_fail_and_a_break_does_not(tmp_path: Path, unlicensed: str) -> None:
    async def claim(pair: Pair) -> None:
        await pair.initialize()
        side = {"paris": pair.paris, "lyon": pair.lyon}[unlicensed]
        await side.delete(f"{LICENSES}/snapmirror")
        record = await pair.update()
        assert (record["healthy"], record["unhealthy_reason"][0]["code"]) == (False, "1115127")
        await pair.ask("broken_off")
        assert await pair.state() == "broken_off"
        await pair.lyon.delete(pair.path, destination_only="true")
        again = {"source.path": "svm1_paris:data", "destination.path": "svm1:data_dr"}
        assert (await pair.lyon.refusal("POST", RELATIONSHIPS, again))[0] == "1115127"
        await side.post(LICENSES, {"keys": [letters_of("snapmirror")]})
        await pair.lyon.post(RELATIONSHIPS, again)

    in_pair(tmp_path, claim)
