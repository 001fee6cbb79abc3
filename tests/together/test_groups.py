"""Several groups carried out side by side on the same clusters: what they share, and that none keeps another back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
import trio

from datamotion.errors import Refused
from datamotion.model.group import Group
from datamotion.model.kept import Kept
from datamotion.model.words import Operation
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, preparing, protecting
from datamotion.service.intents import Intent
from datamotion.service.prepared import Prepared
from datamotion.service.reports import RunReport
from datamotion.service.status import status
from datamotion.service.verdict import Verdict
from ontaplab.inprocess import START
from tests.together.stories import Story, play, told
from tests.together.test_looks import calls_of
from tests.together.world import GROUP, Quiet, create_volumes

OTHERS = ("silver", "copper", "tin")


async def with_groups(story: Story, *others: str, volumes: int = 1) -> Story:
    """Beside gold there are these, each with an SVM of its own at paris and at lyon, and so many volumes."""
    names = [f"vol_{number}" for number in range(1, volumes + 1)]
    await create_volumes(story.place.lab["paris"], names)
    for name in others:
        for cluster in ("paris", "lyon"):
            await story.at[cluster].post("/svm/svms", {"name": f"svm_{name}"})
        for volume in names:
            body = {"svm.name": f"svm_{name}", "aggregates": [{"name": "aggr1"}], "size": 100 * 2**20}
            await story.at["paris"].post("/storage/volumes", {"name": volume, "nas.path": f"/{volume}", **body})

    def change(tree: dict[str, Any]) -> None:
        for name in others:
            for cluster in ("paris", "lyon"):
                tree["backends"][f"{name}-{cluster}"] = {
                    "cluster": cluster,
                    "svm": f"svm_{name}",
                    "volumes": ["vol_*"],
                }
            target = {"backend": f"{name}-lyon", "aggregates": ["aggr1"], "schedule": "hourly"}
            tree["groups"][name] = {"home": f"{name}-paris", "rpo": "2h", "targets": [target]}

    return story.configured(change)


async def side_by_side(story: Story, make: Callable[[Group], Intent], *names: str) -> dict[str, RunReport | Refused]:
    """How each ended, by group."""
    found: dict[str, RunReport | Refused] = {}
    session = story.place.session

    async def one(prepared: Prepared) -> None:
        try:
            found[prepared.group] = await prepared.carry_out(Quiet())
        except Refused as refused:
            found[prepared.group] = refused

    intents = [make(each) for each in session.groups(names)]
    async with preparing.prepare(session, intents) as all_prepared, anyio.create_task_group() as tasks:
        for each in all_prepared:
            tasks.start_soon(one, each)
    return found


def are_done(reports: dict[str, RunReport | Refused], names: Sequence[str]) -> None:
    assert reports.keys() == set(names)
    for each in reports.values():
        assert isinstance(each, RunReport), each
        assert each.verdict is Verdict.DONE, told(each)


def a_failover(group: Group) -> Intent:
    return failing_over.failover(group, FailoverChoice())


@pytest.mark.slow
def test_more_groups_cost_no_more_looks(quick_path: Path) -> None:
    """An update, which looks again and again until all has arrived: of each cluster one look at a time, for all."""
    reads: dict[int, int] = {}

    def story_of(others: Sequence[str]) -> None:
        async def story(story: Story) -> None:
            own = await with_groups(story, *others)
            are_done(await side_by_side(own, protecting.protect), [GROUP, *others])
            before, _ = await calls_of(own.place)
            reports = await side_by_side(own, protecting.update)
            are_done(reports, [GROUP, *others])
            after, _ = await calls_of(own.place)
            reads[1 + len(others)] = after - before

        play(quick_path / str(len(others)), story)

    story_of(())
    story_of(OTHERS)
    assert reads[4] < reads[1] * 2, reads


@pytest.mark.slow
def test_what_each_run_says_it_has_sent_comes_to_what_was_sent(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        own = await with_groups(story, "silver")
        session = own.place.session
        intents = [protecting.protect(each) for each in session.groups()]
        reports = list[RunReport]()
        async with preparing.prepare(session, intents) as all_prepared:
            before = sum(await calls_of(own.place))

            async def one(prepared: Prepared) -> None:
                reports.append(await prepared.carry_out(Quiet()))

            async with anyio.create_task_group() as tasks:
                for each in all_prepared:
                    tasks.start_soon(one, each)
            assert sum(each.calls for each in reports) == sum(await calls_of(own.place)) - before

    play(quick_path, story)


@pytest.mark.slow
@pytest.mark.sweep
def test_first_transfers_of_all_groups_together_are_no_more_than_the_cluster_is_to_carry(quick_path: Path) -> None:
    most = {"at_once": 0}

    async def story(story: Story) -> None:
        own = await with_groups(story, "silver", "copper", volumes=3)
        own = own.configured(lambda tree: tree["clusters"]["lyon"].update(transfers_at_once=2))
        answer = await own.at["lyon"].http.post("/lab/pace", json={"relationship": "*", "after_s": 30})
        assert answer.is_success, answer.text

        async def watch() -> None:
            while True:
                seen = await own.at["lyon"].get("/snapmirror/relationships", fields="transfer.state")
                states = [each.get("transfer", {}).get("state") for each in seen]
                most["at_once"] = max(most["at_once"], sum(each in ("transferring", "queued") for each in states))
                await trio.sleep(0.1)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            are_done(await side_by_side(own, protecting.protect), [GROUP, "silver", "copper"])
            nursery.cancel_scope.cancel()

    play(quick_path, story)
    assert most["at_once"] == 2


@pytest.mark.slow
def test_a_group_that_somebody_else_holds_keeps_no_other_from_failing_over(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        own = await with_groups(story, *OTHERS)
        are_done(await side_by_side(own, protecting.protect), [GROUP, *OTHERS])
        own.place.lose("paris")
        session = own.place.session
        with session.hold("silver", Operation.UPDATE, session.world.clock.now()):
            reports = await side_by_side(own, a_failover)
        refusal = reports.pop("silver")
        assert isinstance(refusal, Refused)
        assert "holds silver" in refusal.message
        are_done(reports, [GROUP, "copper", "tin"])
        assert await who_serves(own) == {
            GROUP: "gold-lyon",
            "silver": "silver-paris",
            "copper": "copper-lyon",
            "tin": "tin-lyon",
        }

    play(quick_path, story)


async def who_serves(story: Story) -> dict[str, str | None]:
    """By group."""
    return {each.name: each.serving for each in (await status(story.place.session)).groups}


@pytest.mark.parametrize("is_planned", [True, False])
def test_groups_whose_homes_are_each_other_s_targets_are_failed_over_together(
    quick_path: Path, is_planned: bool
) -> None:
    """What the one looks at beside, where it is served, is where the other goes to."""

    async def main(story: Story) -> None:
        story = await with_groups(story, "silver")

        def turned(tree: dict[str, Any]) -> None:
            group = tree["groups"]["silver"]
            group["home"], group["targets"][0]["backend"] = "silver-lyon", "silver-paris"

        body = {"svm.name": "svm_silver", "aggregates": [{"name": "aggr1"}], "size": 100 * 2**20}
        await story.at["lyon"].post("/storage/volumes", {"name": "vol_9", "nas.path": "/vol_9", **body})
        story = story.configured(turned)
        are_done(await side_by_side(story, protecting.protect, GROUP), [GROUP])
        await side_by_side(story, protecting.protect, "silver")

        def a_failover(group: Group) -> Intent:
            return failing_over.failover(group, FailoverChoice(is_planned=is_planned, allow_partial=True))

        reports = await side_by_side(story, a_failover, GROUP, "silver")
        serving = {name: each.serving for name, each in reports.items() if isinstance(each, RunReport)}
        assert serving == {GROUP: "gold-lyon", "silver": "silver-paris"}

    play(quick_path, main)


async def with_silver_beside(story: Story, *selected: str) -> Story:
    """Silver's home is where gold is mirrored to, with these patterns, and it is mirrored to where gold's home is."""

    def change(tree: dict[str, Any]) -> None:
        tree["backends"]["gold-lyon"]["volumes"] = list(selected)
        target = {"backend": "gold-paris", "aggregates": ["aggr1"], "schedule": "hourly"}
        tree["groups"]["silver"] = {"home": "gold-lyon", "rpo": "2h", "targets": [target]}

    body = {"svm.name": "svm_gold_dr", "aggregates": [{"name": "aggr1"}], "size": 100 * 2**20}
    await story.at["lyon"].post("/storage/volumes", {"name": "s_1", "nas.path": "/s_1", **body})
    return story.configured(change)


def test_of_all_groups_an_unplanned_failover_moves_those_whose_serving_site_is_lost(quick_path: Path) -> None:
    spares = FailoverChoice(is_planned=False, spares_working=True)

    async def main(story: Story) -> None:
        story = await with_silver_beside(story, "s_*")
        await story.protected("vol_1")
        are_done(await side_by_side(story, protecting.protect, "silver"), ["silver"])
        session = story.place.session
        for lost, left in (("", "gold-lyon serves silver"), ("lyon", "gold-paris serves gold")):
            if lost:
                story.place.lose(lost)
            plan = await story.planned(failing_over.failover(session.group(left.split()[-1]), spares))
            assert (plan.changes, plan.verdict) == (0, Verdict.DONE)
            assert plan.notes[0].text.startswith(f"{left} and works: it stays there")
        spoilt = replace(spares, earlier=Earlier(taken_by=START + timedelta(days=1)))
        plan = await story.planned(failing_over.failover(session.group(GROUP), spoilt))
        assert not any("it stays there" in each.text for each in plan.notes), "it works, and what it serves is spoilt"
        report = await story.place.run(failing_over.failover(session.group("silver"), spares))
        assert (report.verdict, report.serving) == (Verdict.DONE, "gold-paris")
        assert (await who_serves(story)) == {GROUP: "gold-paris", "silver": "gold-paris"}

    play(quick_path, main)


def test_of_all_groups_one_whose_serving_site_says_no_is_not_taken_for_lost(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await story.protected("vol_1")
        story = story.configured(lambda tree: tree["clusters"]["paris"].update(user="nobody"))
        choice = FailoverChoice(is_planned=False, spares_working=True)
        (refusal,) = (await story.planned(failing_over.failover(story.place.session.group(GROUP), choice))).refusals
        assert refusal.text.startswith("gold-paris, which serves gold, is not lost: ")
        assert (refusal.hint or "").endswith("; datamotion failover gold --unplanned moves it all the same")
        (svm,) = await story.at["paris"].get("/svm/svms", name="svm_gold")
        await story.at["paris"].patch(f"/svm/svms/{svm['uuid']}", {"name": "svm_goldx"})
        story = story.configured(lambda tree: tree["clusters"]["paris"].update(user="admin"))
        (refusal,) = (await story.planned(failing_over.failover(story.place.session.group(GROUP), choice))).refusals
        assert refusal.text == "gold-paris, which serves gold, is not lost: paris has no SVM svm_gold"
        assert (refusal.hint or "").startswith("if it was renamed: correct `svm` of gold-paris in the configuration; ")

    play(quick_path, main)


async def volumes_of(story: Story, group: str) -> tuple[list[str], list[str]]:
    """The volumes that are a group's, and the kinds of what is said of it."""
    (told,) = (await status(story.place.session, [group])).groups
    return [each.volume for each in told.volumes], [each.kind for each in told.concerns]


def test_a_group_that_fails_over_to_the_home_of_another_group_takes_nothing_of_that_group(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = await with_silver_beside(story, "s_*")
        await story.protected("vol_1")
        are_done(await side_by_side(story, protecting.protect, "silver"), ["silver"])
        marked = (await story.volume("paris", "vol_1", "comment"))["comment"]
        story.place.lose("lyon")
        are_done(await side_by_side(story, a_failover, "silver"), ["silver"])
        assert await volumes_of(story, "silver") == (["s_1"], ["silent", "unprotected"])
        assert (await volumes_of(story, GROUP))[0] == ["vol_1"]
        assert (await story.volume("paris", "vol_1", "comment"))["comment"] == marked
        assert (await who_serves(story)) == {GROUP: "gold-paris", "silver": "gold-paris"}

    play(quick_path, main)


def test_what_another_group_has_marked_is_no_member_whatever_selects_it(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        story = await with_silver_beside(story, "*")
        await story.protected("vol_1")
        are_done(await side_by_side(story, protecting.protect, "silver"), ["silver"])
        assert await volumes_of(story, "silver") == (["s_1"], [])
        kept = {"name": "vol_2", "comment": Kept("9c1e", "snap").write("what gold-paris held of vol_1")}
        body = {"svm.name": "svm_gold", "aggregates": [{"name": "aggr1"}], "size": 100 * 2**20}
        await story.at["paris"].post("/storage/volumes", {**kept, **body})

        def renamed(tree: dict[str, Any]) -> None:
            tree["groups"]["golden"] = tree["groups"].pop(GROUP)

        story = story.configured(renamed)
        volumes, kinds = await volumes_of(story, "golden")
        assert not volumes
        assert "nothing selected" in kinds
        assert (await story.planned(protecting.protect(story.place.session.group("golden")))).changes == 0

    play(quick_path, main)
