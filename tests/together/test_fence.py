"""Clients with handles of a copy that was overtaken: from the fence on they change nothing, and it can be lifted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datamotion.service.verdict import Verdict
from tests.ontaplab.doors.hosts import ALL, HOST, refused
from tests.together.stories import Story, play, told
from tests.together.world import SVMS, create_volumes, digests

_QTREES = {"own": "guests", "same": "clients", "heir": None}
"""The export policy that each has of its own."""
_OF = {"svm.name": SVMS["paris"], "volume.name": "vol_1"}


async def _protected(story: Story) -> None:
    """paris serves vol_1 and its qtrees to whoever comes; so will lyon."""
    for cluster, asker in story.at.items():
        for name in ("clients", "guests"):
            body = {"name": name, "svm.name": SVMS[cluster], "rules": [ALL]}
            await asker.post("/protocols/nfs/export-policies", body)
    await story.protected("vol_1", "vol_2")
    await story.change("paris", "vol_1", {"nas": {"export_policy": {"name": "clients"}}})
    for name, policy in _QTREES.items():
        own = {"export_policy.name": policy} if policy else {}
        await story.at["paris"].post("/storage/qtrees", {**_OF, "name": name, **own})
    assert (await story.apply()).verdict is Verdict.DONE
    assert (await story.update()).verdict is Verdict.DONE


async def _overtaken(story: Story) -> None:
    """lyon took over, and paris is back, as it was."""
    story.place.lose("paris")
    assert (await story.failover()).verdict is Verdict.DONE
    await story.change("lyon", "vol_1", {"nas": {"export_policy": {"name": "clients"}}})
    story.place.regain("paris")


async def _exports(story: Story) -> dict[str, Any]:
    """How vol_1 and its qtrees are served at paris."""
    volume = await story.volume("paris", "vol_1", "nas.path,nas.export_policy.name")
    qtrees = await story.at["paris"].get("/storage/qtrees", fields="name,export_policy.name", **_OF)
    return {"path": volume["nas"].get("path"), **{each["name"]: each["export_policy"]["name"] for each in qtrees}}


def test_a_client_with_an_open_handle_cannot_change_a_byte_of_a_fenced_copy(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await _protected(story)
        nfs = story.place.lab["paris"].doors.nfs(HOST)
        vol_1 = await nfs.open("svm_gold", "/vol_1")
        await vol_1.write(b"before", "file")
        ways = {name: await vol_1.open(name) for name in _QTREES}
        ways["file"] = await vol_1.open("file")
        for name in _QTREES:
            await ways[name].write(b"before", "file")
        await _overtaken(story)
        await vol_1.write(b"late", "late")  # whoever serves both loses this: the fence is what ends it
        kept = digests(story.place.tree("paris", "vol_1"))
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)

        assert await refused(ways["file"].write(b"after")) == await refused(ways["file"].read()) == "EACCES"
        for name in _QTREES:
            assert await refused(ways[name].write(b"after", "file")) == "EACCES", name
        assert await refused(vol_1.remove("file")) == await refused(vol_1.make_directory("d")) == "EACCES"
        assert await refused(nfs.open("svm_gold", "/vol_1")) == "ENOENT"
        assert digests(story.place.tree("paris", "vol_1")) == kept
        assert "late" in kept

        served = await story.place.lab["lyon"].doors.nfs(HOST).open("svm_gold_dr", "/vol_1")
        await served.write(b"at lyon", "file")
        assert (story.place.served("lyon", "vol_1") / "file").read_bytes() == b"at lyon"

    play(quick_path, story)


def test_a_fence_is_lifted_exactly_when_the_copy_serves_again(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await _protected(story)
        before = await _exports(story)
        assert before == {"path": "/vol_1", "": "clients", "own": "guests", "same": "clients", "heir": "clients"}
        await _overtaken(story)
        await story.apply()
        fenced = await _exports(story)
        assert fenced == {"path": None, **dict.fromkeys(["", *_QTREES], "datamotion_fence")}
        report = await story.failover("paris", overrule="gold-lyon")
        assert report.verdict is Verdict.DONE, told(report)
        assert await _exports(story) == before
        vol_1 = await story.place.lab["paris"].doors.nfs(HOST).open("svm_gold", "/vol_1")
        for name in _QTREES:
            await vol_1.write(b"again", f"{name}/file")
        await story.change("paris", "vol_1", {"nas": {"export_policy": {"name": "guests"}}})
        assert (await _exports(story))["same"] == "clients", "its policy is its own again"
        assert (await _exports(story))["heir"] == "guests", "it follows its volume again"

    play(quick_path, story)


def test_an_smb_session_with_a_fenced_copy_is_closed_and_finds_nothing_again_but_other_shares(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await _protected(story)
        paris = story.at["paris"]
        await create_volumes(story.place.lab["paris"], ["other"])
        service = {"name": "files", "svm.name": SVMS["paris"], "workgroup": "LAB"}
        await paris.http.post("/api/protocols/cifs/services", json=service, params={"return_timeout": "9"})
        for name in ("vol_1", "vol_2", "other"):
            share = {"name": name, "path": f"/{name}", "svm.name": SVMS["paris"]}
            await paris.post("/protocols/cifs/shares", share)
        anna = story.place.lab["paris"].doors.smb(HOST, "anna")
        bert = story.place.lab["paris"].doors.smb(HOST, "bert")
        vol_1, vol_2 = await anna.connect("svm_gold", "vol_1"), await anna.connect("svm_gold", "vol_2")
        other, apart = await anna.connect("svm_gold", "other"), await bert.connect("svm_gold", "other")
        for connected in (vol_1, vol_2, other, apart):
            await connected.write(b"before", "file")
        (of_bert,) = await paris.get("/protocols/cifs/sessions", user="bert")
        await _overtaken(story)
        await vol_1.write(b"late", "file")
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)

        assert await refused(vol_1.write(b"after", "file")) == await refused(vol_2.write(b"", "file")) == "ENOENT"
        assert (story.place.tree("paris", "vol_1") / "file").read_bytes() == b"late"
        await other.write(b"after", "file")  # connects again by itself
        await apart.write(b"after", "file")
        assert await paris.get("/protocols/cifs/sessions", user="bert") == [of_bert], "who uses nothing of it stays"
        shares = await paris.get("/protocols/cifs/shares", fields="path")
        assert {each["path"] for each in shares} == {"/vol_1", "/vol_2", "/other"}
        await story.failover("paris", overrule="gold-lyon")
        await vol_1.write(b"again", "file")

    play(quick_path, story)
