"""All that the commands do, by an account that has the role which `datamotion role` prints, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datamotion.errors import DataMotionError
from datamotion.ontap.privileges import PRIVILEGES, Privilege
from datamotion.service import migrations, protecting
from datamotion.service.check import check
from datamotion.service.check_reports import Finding
from datamotion.service.role import role
from datamotion.service.verdict import Verdict
from ontaplab.faults.scripted import scripted
from tests.ontaplab.resources.logins import PASSWORD, ROLES, make
from tests.profile import thinned
from tests.together.stories import Story, play, told
from tests.together.test_mirrors import abort, break_off, pause, resume, resync, with_a_transfer_that_is_held
from tests.together.test_removal import a_later_claim, claims, gc, listed, narrowed, unprotect
from tests.together.test_reprotect import reprotect
from tests.together.world import GROUP, SVMS, Change, Place, create_volumes, make_strangers

HOST = "192.0.2.10"


async def as_its_account(story: Story, privileges: Sequence[dict[str, str]]) -> Story:
    """Every cluster has the role and an account with it; the same story, told by that account."""
    for asker in story.at.values():
        await asker.post(ROLES, {"name": "datamotion", "privileges": list(privileges)})
        await make(asker, "datamotion", "datamotion")
    place = story.place.configured(lambda tree: [each.update(user="datamotion") for each in tree["clusters"].values()])
    session = place.session
    environ = {**session.world.environ, "LAB_PASSWORD": PASSWORD}
    return Story(replace(place, session=replace(session, world=replace(session.world, environ=environ))), story.at)


def granted(*privileges: Privilege) -> list[dict[str, str]]:
    return [{"path": each.path, "access": each.access} for each in privileges]


async def all_that_there_is(story: Story) -> None:
    """Each command once: from nothing to a failover, a fence that has something to close, and the way back."""
    checked = await check(story.place.session)
    untold = [line for line in checked.lines if line.finding is Finding.NOT_LOOKED]
    assert not untold, untold
    await the_clusters_are_made_peers(story.place)
    for count in (1, 2):  # made, and changed
        story = story.configured(keeping(count))
        await story.apply()
    await story.protected("vol_2", "vol_3")
    await what_ends(story)
    story = narrowed(story, "vol_1", "vol_2")
    paris = story.at["paris"]
    await paris.post("/storage/qtrees", await a_qtree(story))
    lun = {"name": "/vol/vol_1/disk", "svm.name": SVMS["paris"], "os_type": "linux", "space.size": 2**24}
    await paris.post("/storage/luns", lun)
    for name, at in story.at.items():
        service = {"name": f"files{name}", "svm.name": SVMS[name], "workgroup": "LAB"}
        await at.post("/protocols/cifs/services", service)
        await at.post("/protocols/san/igroups", {"name": "hosts", "os_type": "linux", "svm.name": SVMS[name]})
    mapped = {"lun.name": lun["name"], "igroup.name": "hosts", "svm.name": SVMS["paris"]}
    await paris.post("/protocols/san/lun-maps", mapped)
    await a_lun_goes_to_another_svm(story)
    await paris.post("/protocols/cifs/shares", {"svm.name": SVMS["paris"], "name": "vol_1", "path": "/vol_1"})
    await story.place.lab["paris"].doors.smb(HOST, "user").connect(SVMS["paris"], "vol_1")
    await story.change("paris", "vol_1", {"qos.policy.name": "extreme"})
    await a_reason_is_told(story)
    await each_mirror_verb(story)
    for report in (await story.update(), await story.failover("lyon"), await story.apply()):
        assert report.verdict is Verdict.DONE, told(report)
        assert "does not tell which there are" not in told(report)
        assert " differs: " not in told(report), told(report)
    assert [each["name"] for each in await story.at["lyon"].get("/protocols/cifs/shares")] == ["vol_1"]
    assert not (await story.concerns()).get("overtaken")
    report = await story.place.run(reprotect(story, "paris"))
    assert report.verdict is Verdict.DONE, told(report)
    report = await story.failover("paris", overrule="gold-lyon")
    assert report.verdict is Verdict.DONE, told(report)


async def the_clusters_are_made_peers(place: Place) -> None:
    """For the first volume."""
    await create_volumes(place.lab["paris"], ["vol_1"])
    await make_strangers(place.lab, "paris", "lyon")
    knowing = replace(place, session=replace(place.session, passphrases={"lyon": "that both of them know"}))
    await knowing.run(protecting.protect(place.session.group(GROUP), makes_peers=True))


def keeping(count: int) -> Change:
    """Mirrors follow a policy that the configuration defines, and that keeps so many daily snapshots."""

    def change(tree: dict[str, Any]) -> None:
        tree["policies"] = {"kept": {"retention": [{"label": "daily", "count": count}]}}
        for target in tree["groups"][GROUP]["targets"]:
            target["policy"] = "kept"

    return change


async def each_mirror_verb(story: Story) -> None:
    """Paused, resumed, a transfer aborted, broken off and resynced."""
    for intent in (pause(story), resume(story), break_off(story), resync(story, discard="gold-lyon")):
        report = await story.place.run(intent)
        assert report.verdict is Verdict.DONE, told(report)
    await with_a_transfer_that_is_held(story)
    report = await story.place.run(abort(story))
    story.place.lab["lyon"].cluster.transfer_gate.release()
    assert report.verdict is Verdict.DONE, told(report)


async def what_ends(story: Story) -> None:
    """A volume leaves with its copies, and a claim that was overtaken goes."""
    await a_later_claim(story)
    seen = narrowed(story, "vol_1", "vol_2")
    for report in (await unprotect(seen, "vol_3", delete_copies=True), await gc(story)):
        assert report.verdict is Verdict.DONE, told(report)
    assert (await listed(story), await claims(story)) == (["vol_1", "vol_2"], [2, 2])


async def a_reason_is_told(story: Story) -> None:
    """Why what takes time has failed stands with its job alone."""
    lyon = story.at["lyon"]
    on_fire = "the disk shelf is on fire"
    await story.change("paris", "vol_2", {"size": 2**40})
    async with scripted(lyon.http, kind="job_failure", route="/storage/volumes*", code="917", message=on_fire):
        report = await story.apply()
        assert on_fire in told(report), told(report)
    report = await story.apply()
    assert report.verdict is Verdict.DONE, told(report)


async def a_qtree(story: Story) -> dict[str, Any]:
    """With an export policy of its own."""
    paris = story.at["paris"]
    await paris.post("/protocols/nfs/export-policies", {"name": "own", "svm.name": SVMS["paris"]})
    return {"svm.name": SVMS["paris"], "volume.name": "vol_1", "name": "q", "export_policy": {"name": "own"}}


def test_the_role_is_enough(tmp_path: Path) -> None:
    async def main(story: Story) -> None:
        printed = [{"path": each.path, "access": each.access} for each in role("datamotion").privileges]
        own = await as_its_account(story, printed)
        await all_that_there_is(own)
        await volumes_migrate(own)

    play(tmp_path, main, aggregates=("aggr1", "aggr2"))


async def volumes_migrate(story: Story) -> None:
    """To another aggregate, and to another cluster."""
    await create_volumes(story.place.lab["paris"], ["free"])
    for where in ({"aggregates": ("aggr2",)}, {"to": "gold-lyon"}):
        found = migrations.migration_of(story.place.session, "gold-paris:free", **where)
        report = await story.place.run(migrations.migrate(found))
        assert report.verdict is Verdict.DONE, told(report)


async def a_lun_goes_to_another_svm(story: Story) -> None:
    """One that is mapped to hosts whom that does not know; and a file, of which another one is cloned."""
    paris, svm = story.at["paris"], {"svm.name": SVMS["paris"]}
    await paris.post("/storage/luns", {"name": "/vol/vol_1/leaves", "os_type": "linux", "space.size": 2**24, **svm})
    await paris.post("/protocols/san/lun-maps", {"lun.name": "/vol/vol_1/leaves", "igroup.name": "hosts", **svm})
    await paris.post("/svm/svms", {"name": "other"})
    volume = {"name": "vol_3", "svm.name": "other", "aggregates": [{"name": "aggr1"}], "size": 2**26}
    await paris.post("/storage/volumes", volume)
    file = story.place.tree("paris", "vol_1") / "image.raw"
    file.write_bytes(b"bytes")
    os.utime(file, (file.stat().st_mtime - 3600,) * 2)
    (file.parent / "template.raw").write_bytes(b"bytes")
    other = {"gold-other": {"cluster": "paris", "svm": "other", "volumes": ["*"]}}
    story = story.configured(lambda tree: tree["backends"].update(other))
    clone = "gold-paris:vol_1/clone.raw"
    for what, to in (("leaves", "gold-other:vol_3"), ("image.raw", "gold-other:vol_3"), ("template.raw", clone)):
        found = migrations.migration_of(
            story.place.session, f"gold-paris:vol_1/{what}", to=to, keeps_source=what == "template.raw"
        )
        report = await story.place.run(migrations.migrate(found))
        assert report.verdict is Verdict.DONE, told(report)


LESS = {"all": "read_create_modify", "read_create_modify": "read_modify", "read_modify": "readonly"}
LESS |= {"read_create": "readonly", "readonly": "none"}


@pytest.mark.parametrize("missing", thinned(PRIVILEGES, 12), ids=lambda each: each.path)
def test_each_privilege_is_needed(tmp_path: Path, missing: Privilege) -> None:
    lesser = missing._replace(access=LESS[missing.access])
    less = granted(*(lesser if each == missing else each for each in PRIVILEGES))

    async def main(story: Story) -> None:
        with pytest.raises((AssertionError, DataMotionError)):
            await all_that_there_is(await as_its_account(story, less))

    play(tmp_path, main)
