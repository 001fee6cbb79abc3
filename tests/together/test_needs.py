"""What clients need at the other site, on clusters that behave like ONTAP: set where it can be, else told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from datamotion.model.acts import Act
from datamotion.model.mirror_acts import Break
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over
from datamotion.service.verdict import Verdict
from tests.datamotion.building import notes_of
from tests.together.stories import Story, outcomes, play, told
from tests.together.world import GROUP, SVMS, Quiet

VOLUMES = ("vol_1", "vol_2", "vol_3")
FIELDS = "snapshot_policy.name,qos.policy.name,nas.export_policy.name,autosize.mode,efficiency.dedupe"


class AtBreak(Quiet):
    """Something happens at a cluster just before mirrors are broken off."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act: Callable[[], object] | None = act

    def asking(self, acts: Sequence[Act]) -> None:
        if isinstance(acts[0].change, Break) and self._act is not None:
            self._act()
            self._act = None


async def policies(story: Story, cluster: str, *, qos: bool = True) -> None:
    svm = {"svm.name": SVMS[cluster]}
    copies = [{"schedule": {"name": "hourly"}, "count": 6}]
    await story.at[cluster].post("/storage/snapshot-policies", {"name": "team", "copies": copies, **svm})
    await story.at[cluster].post("/protocols/nfs/export-policies", {"name": "team", **svm})
    if qos:
        body = {"name": "team", "fixed": {"max_throughput_iops": 900}, **svm}
        await story.at[cluster].post("/storage/qos/policies", body)


async def protected(story: Story) -> None:
    """Three volumes with policies of their own, their autosize off, deduplicated."""
    await policies(story, "paris")
    await story.protected(*VOLUMES)
    for volume in VOLUMES:
        body: dict[str, Any] = {"snapshot_policy.name": "team", "qos.policy.name": "team"}
        body |= {"nas.export_policy.name": "team", "efficiency.dedupe": "background"}
        await story.change("paris", volume, body)
    await story.apply()  # what they have is noted everywhere


async def as_set(story: Story, cluster: str, volume: str) -> Mapping[str, object]:
    found = await story.volume(cluster, volume, FIELDS)
    return {
        "snapshots": found["snapshot_policy"]["name"],
        "qos": found.get("qos", {}).get("policy", {}).get("name"),
        "export": found["nas"]["export_policy"]["name"],
        "autosize": found["autosize"]["mode"],
        "dedupe": found["efficiency"]["dedupe"],
    }


ALL = {"snapshots": "team", "qos": "team", "export": "team", "autosize": "off", "dedupe": "background"}


def test_clients_find_what_they_had_with_the_home_lost(quick_path: Path) -> None:
    """The mirror was resynced once, which switched its deduplication off."""

    async def story(story: Story) -> None:
        await policies(story, "lyon")
        await protected(story)
        for volume in VOLUMES:
            await story.change_mirror("lyon", {"state": "broken_off"}, volume)
            await story.change_mirror("lyon", {"state": "snapmirrored"}, volume)
        assert (await as_set(story, "lyon", "vol_1"))["dedupe"] == "none"
        story.place.lose("paris")
        report = await story.failover("lyon")
        assert report.verdict is Verdict.DONE, told(report)
        assert {volume: await as_set(story, "lyon", volume) for volume in VOLUMES} == dict.fromkeys(VOLUMES, ALL)
        assert not [note for note in notes_of(report) if "differs" in note]
        assert (await story.plan_failover("lyon")).steps == ()

    play(quick_path, story)


def test_all_volumes_are_given_what_is_alike_with_one_request(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await policies(story, "lyon")
        await protected(story)
        before = await patches(story, "lyon")
        await story.failover("lyon", is_planned=False)
        assert await patches(story, "lyon") - before == 2, "one that serves them, one that gives them all"

    play(quick_path, story)


async def patches(story: Story, cluster: str) -> int:
    async with story.place.lab[cluster].client() as client:
        counted: Mapping[str, int] = (await client.get("/lab/calls")).json()["routes"]
    return sum(count for line, count in counted.items() if line.startswith("PATCH") and "/storage/volumes" in line)


def test_what_the_other_site_has_none_of_is_told_and_comes_back_with_the_home(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await policies(story, "lyon", qos=False)
        await protected(story)
        report = await story.failover("lyon", is_planned=None)
        assert report.verdict is Verdict.DONE, told(report)
        for at in story.at.values():
            claim = await at.one("/snapmirror/policies", name="datamotion_*_2", fields="comment")
            assert "served=" in claim["comment"], "every site learns that they are served, whatever is given after"
        (note,) = [note for note in notes_of(report) if "differs" in note]
        assert note == (
            "gold-lyon differs: vol_1, vol_2, vol_3: QoS policy none where clients had team: svm_gold_dr has none of"
            " that name."
        )
        assert await as_set(story, "lyon", "vol_1") == {**ALL, "qos": None}
        await story.apply()
        assert "qos=team" in (await story.volume("lyon", "vol_1", "comment"))["comment"], "the home had it"

    play(quick_path, story)


def test_a_volume_is_served_though_its_policy_goes_away_meanwhile(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await policies(story, "lyon")
        await protected(story)
        gone = story.place.lab["lyon"].cluster.snapshot_policies

        def remove() -> None:
            gone.remove(next(policy.uuid for policy in gone if policy.name == "team"))

        failover = failing_over.failover(story.place.session.group(GROUP), FailoverChoice(to="gold-lyon"))
        report = await story.place.run(failover, AtBreak(remove))
        assert (report.verdict, story.served("lyon")) == (Verdict.DONE, set(VOLUMES)), told(report)
        assert outcomes(report, "gold-lyon") == dict.fromkeys(VOLUMES, "done")
        notes = [note for note in notes_of(report) if "could not be set" in note]
        assert [note.split(",")[0] for note in notes] == [
            f"gold-lyon differs: {volume}: snapshot policy team" for volume in VOLUMES
        ], told(report)

    play(quick_path, story)


def test_one_volume_that_cannot_be_served_keeps_nothing_from_the_others(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await policies(story, "lyon")
        await protected(story)
        body = {"name": "squatter", "aggregates": [{"name": "aggr1"}], "size": 2**30, "svm.name": SVMS["lyon"]}
        await story.at["lyon"].post("/storage/volumes", body)
        volumes = story.place.lab["lyon"].cluster.volumes

        def mount() -> None:
            volumes.put(replace(next(each for each in volumes if each.name == "squatter"), junction_path="/vol_2"))

        failover = failing_over.failover(story.place.session.group(GROUP), FailoverChoice(to="gold-lyon"))
        report = await story.place.run(failover, AtBreak(mount))
        assert outcomes(report, "gold-lyon") == {"vol_1": "done", "vol_2": "failed", "vol_3": "done"}, told(report)
        for volume in ("vol_1", "vol_3"):
            assert await as_set(story, "lyon", volume) == ALL

    play(quick_path, story)
