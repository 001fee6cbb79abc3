"""Export policies as a fence: which bites at once, which never, and what is behind it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ontaplab.doors.access import Host
from tests.ontaplab.doors.hosts import ALL, HOST, HOUR, assign, host, passes, policy, refused, shared
from tests.ontaplab.resources.labs import Asker, in_lab


def test_another_policy_that_is_empty_keeps_a_host_out_at_once(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await shared(paris, "vol_1")
        await policy(paris, "fence")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.write(b"before", "file")
        file = await vol_1.open("file")
        await assign(paris, volume, "fence")
        assert await refused(file.write(b"after")) == await refused(vol_1.write(b"", "file")) == "EACCES"
        assert await refused(vol_1.remove("file")) == await refused(vol_1.rename("file", "other")) == "EACCES"
        assert await refused(vol_1.make_directory("d")) == await refused(file.read()) == "EACCES"
        assert (paris.seen("/vol_1") / "file").read_bytes() == b"before"
        await assign(paris, volume, "open")
        await file.write(b"after")
        assert await file.read() == b"after"

    in_lab(tmp_path, claim, peered=False)


def test_edited_rules_keep_nobody_out_who_is_remembered(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.write(b"1", "file")
        opened = await paris.one("/protocols/nfs/export-policies", name="open")
        await paris.patch(f"/protocols/nfs/export-policies/{opened['id']}", {"rules": []})
        for _minute in range(59):
            await passes(paris, timedelta(minutes=1))
            await vol_1.write(b"2", "file")
        assert await refused(host(paris, "192.0.2.51").open("svm1", "/vol_1")) == "EACCES", "nothing is known of it"
        await passes(paris, timedelta(minutes=1))
        await vol_1.write(b"3", "file")  # decides once more while it is refreshed
        assert await refused(vol_1.write(b"4", "file")) == "EACCES"
        assert (paris.seen("/vol_1") / "file").read_bytes() == b"3"

    in_lab(tmp_path, claim, peered=False)


def test_a_policy_that_once_let_a_host_in_is_no_fence_when_it_is_empty(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await shared(paris, "vol_1")
        used = await policy(paris, "used", ALL)
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await assign(paris, volume, "used")
        await vol_1.write(b"x", "file")
        await assign(paris, volume, "open")
        await paris.patch(f"/protocols/nfs/export-policies/{used['id']}", {"rules": []})
        await assign(paris, volume, "used")
        await vol_1.write(b"remembered", "file")

    in_lab(tmp_path, claim, peered=False)


def test_who_was_refused_is_remembered_too_until_that_is_flushed(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        late = await policy(paris, "late")
        await paris.volume("vol_1", {"nas": {"path": "/vol_1", "export_policy": {"name": "late"}}})
        assert await refused(host(paris).open("svm1", "/vol_1")) == "EACCES"
        await paris.post(f"/protocols/nfs/export-policies/{late['id']}/rules", ALL)
        await passes(paris, HOUR - timedelta(seconds=1))
        assert await refused(host(paris).open("svm1", "/vol_1")) == "EACCES"
        paris.doors.access_cache.flush()
        await host(paris).open("svm1", "/vol_1")

    in_lab(tmp_path, claim, peered=False)


def test_how_long_access_is_remembered_can_be_set(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        svm = await paris.one("/svm/svms")
        service = f"/protocols/nfs/services/{svm['uuid']}"
        assert (await paris.refusal("PATCH", service, {"access_cache_config": {"ttl_positive": 299}}))[0] == "262197"
        await paris.patch(service, {"access_cache_config": {"ttl_positive": 300}})
        opened = await paris.one("/protocols/nfs/export-policies", name="open")
        await paris.patch(f"/protocols/nfs/export-policies/{opened['id']}", {"rules": []})
        await passes(paris, timedelta(minutes=5))
        assert await vol_1.list() == []
        assert await refused(vol_1.list()) == "EACCES"

    in_lab(tmp_path, claim, peered=False)


def test_what_is_long_unused_is_forgotten(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await shared(paris, "vol_1")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        opened = await paris.one("/protocols/nfs/export-policies", name="open")
        await paris.patch(f"/protocols/nfs/export-policies/{opened['id']}", {"rules": []})
        await passes(paris, timedelta(days=1))
        assert await refused(vol_1.list()) == "EACCES"

    in_lab(tmp_path, claim, peered=False)


def test_a_policy_that_lets_read_only_freezes_what_is_there(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await shared(paris, "vol_1")
        await policy(paris, "frozen", {**ALL, "rw_rule": ["never"]})
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await vol_1.write(b"kept", "file")
        await assign(paris, volume, "frozen")
        assert await vol_1.read("file") == b"kept"
        assert await refused(vol_1.write(b"lost", "file")) == "EROFS"

    in_lab(tmp_path, claim, peered=False)


def test_a_qtree_with_a_policy_of_its_own_is_a_hole_in_its_volumes_fence(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await shared(paris, "vol_1")
        await policy(paris, "fence")
        place = {"svm.name": "svm1", "volume.name": "vol_1"}
        own = await paris.post("/storage/qtrees", {**place, "name": "own", "export_policy.name": "open"})
        await paris.post("/storage/qtrees", {**place, "name": "heir"})
        vol_1 = await host(paris).open("svm1", "/vol_1")
        in_own, in_heir = await vol_1.open("own"), await vol_1.open("heir")
        await assign(paris, volume, "fence")
        await in_own.write(b"through the hole", "file")
        assert await refused(in_heir.write(b"x", "file")) == await refused(vol_1.write(b"x", "file")) == "EACCES"
        await paris.patch(f"/storage/qtrees/{volume['uuid']}/{own['id']}", {"export_policy": {"name": ""}})
        assert await refused(in_own.write(b"x", "file")) == "EACCES"

    in_lab(tmp_path, claim, peered=False)


@pytest.mark.parametrize(
    ("rule", "host", "outcome"),
    [
        ({}, {}, "written"),
        ({"clients": [{"match": HOST}]}, {}, "written"),
        ({"clients": [{"match": "192.0.2.0/26"}]}, {}, "written"),
        ({"clients": [{"match": "192.0.2.0/255.255.255.192"}]}, {}, "written"),
        ({"clients": [{"match": "192.0.3.0/24"}]}, {}, "EACCES"),
        ({"clients": [{"match": "web1"}]}, {"name": "web1"}, "written"),
        ({"clients": [{"match": ".example.org"}]}, {"name": "web1.example.org"}, "written"),
        ({"clients": [{"match": ".example.org"}]}, {}, "EACCES"),
        ({"clients": [{"match": "@hosts"}]}, {"name": "hosts"}, "EACCES"),
        ({"ro_rule": ["never"]}, {}, "EACCES"),
        ({"ro_rule": ["krb5"]}, {}, "EACCES"),
        ({"ro_rule": ["krb5"], "rw_rule": ["krb5"]}, {"flavor": "krb5"}, "written"),
        ({"ro_rule": ["sys"], "rw_rule": ["krb5"]}, {}, "EROFS"),
        ({"protocols": ["nfs4"]}, {}, "EACCES"),
        ({"protocols": ["nfs4"]}, {"protocol": "nfs4"}, "written"),
        ({"protocols": ["nfs"]}, {"protocol": "nfs4"}, "written"),
        ({"protocols": ["cifs"]}, {}, "EACCES"),
        ({"superuser": ["never"]}, {}, "EACCES"),
    ],
    ids=str,
)
def test_the_first_rule_that_fits_decides(
    tmp_path: Path, rule: dict[str, Any], host: dict[str, Any], outcome: str
) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await policy(paris, "one", {**ALL, **rule})
        await paris.volume("vol_1", {"nas": {"path": "/vol_1", "export_policy": {"name": "one"}}})

        async def writes() -> None:
            vol_1 = await paris.doors.nfs(Host(address=HOST, **host)).open("svm1", "/vol_1")
            await vol_1.write(b"x", "file")

        if outcome == "written":
            await writes()
        else:
            assert await refused(writes()) == outcome

    in_lab(tmp_path, claim, peered=False)


def test_rules_are_tried_in_their_order(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        await policy(paris, "two", {**ALL, "clients": [{"match": HOST}], "rw_rule": ["never"]}, ALL)
        await paris.volume("vol_1", {"nas": {"path": "/vol_1", "export_policy": {"name": "two"}}})
        first = await host(paris).open("svm1", "/vol_1")
        other = await host(paris, "192.0.2.51").open("svm1", "/vol_1")
        await other.write(b"x", "file")
        assert await refused(first.write(b"y", "file")) == "EROFS"

    in_lab(tmp_path, claim, peered=False)


def test_who_is_connected_is_told_with_policy_and_idle_time(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await shared(paris, "vol_1")
        await policy(paris, "fence")
        vol_1 = await host(paris).open("svm1", "/vol_1")
        await passes(paris, timedelta(seconds=90))
        told = await paris.one("/protocols/nfs/connected-clients", fields="*", **{"volume.name": "vol_1"})
        assert (told["client_ip"], told["protocol"], told["svm"]["name"]) == (HOST, "nfs3", "svm1")
        assert (told["export_policy"]["name"], told["idle_duration"]) == ("open", "PT1M30S")
        await vol_1.list()
        await assign(paris, volume, "fence")
        await passes(paris, timedelta(seconds=5))
        assert await refused(vol_1.list()) == "EACCES"
        told = await paris.one(
            "/protocols/nfs/connected-clients", fields="export_policy.name,idle_duration,volume.uuid"
        )
        assert (told["export_policy"]["name"], told["idle_duration"]) == ("fence", "PT5S")
        assert told["volume"] == {"name": "vol_1", "uuid": volume["uuid"]}
        await passes(paris, timedelta(hours=48))
        assert await paris.get("/protocols/nfs/connected-clients") == []

    in_lab(tmp_path, claim, peered=False)
