"""A group that was failed over and mirrored back stays for good where it is served: its old home is parted from."""

from __future__ import annotations

from pathlib import Path

import pytest

from datamotion.service import migrations, mirrors
from datamotion.service.verdict import Verdict
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_check import calls
from tests.together.test_migrate_groups import THREE, bring, named, plan, with_targets
from tests.together.world import GROUP

EXCHANGED = "name gold-lyon as the home of gold, and gold-paris as its target with aggregates, in place of gold-lyon"


async def turned_round(story: Story, *targets: str, is_lost: bool) -> Story:
    """It is served by lyon, and all others mirror that, its home too."""
    own = with_targets(story, "paris", *targets)
    await own.protected("vol_1")
    if is_lost:
        own.place.lose("paris")
    assert (await own.failover("lyon", is_planned=not is_lost)).verdict is Verdict.DONE
    own.place.regain("paris")
    given_up = ["gold-paris"] if is_lost else []
    report = await own.place.run(mirrors.reprotect(own.place.session.group(GROUP), discard=given_up))
    assert report.verdict is Verdict.DONE, told(report)
    return own


@pytest.mark.parametrize(("keeps_source", "is_carried_out", "is_lost"), [(False, True, True), (True, False, False)])
def test_its_old_home_is_parted_from_wherever_that_is_cut_off(
    quick_path: Path, keeps_source: bool, is_carried_out: bool, is_lost: bool
) -> None:
    async def main(story: Story) -> None:
        own = await turned_round(story, "lyon", "oslo", is_lost=is_lost)
        shown = await plan(own, to="gold-lyon", keeps_source=keeps_source)
        assert shown.verdict is Verdict.DONE, told(shown)
        goes = "the copy at gold-paris, a mirror of what gold-lyon serves, and every snapshot in it"
        assert [each.text for each in shown.losses] == ([] if keeps_source else [goes])
        assert EXCHANGED in "".join(shown.then)
        migration = bring(own, to="gold-lyon", keeps_source=keeps_source)
        times, one_call = 0, int(not is_carried_out)
        while await dies(lambda it: it.place.run(migrations.migrate(migration)), own, Life(one_call, is_carried_out)):
            times += 1
            assert own.served("lyon") == {"vol_1"}
        assert times >= 3
        over = await plan(own, to="gold-lyon", keeps_source=keeps_source)
        assert (over.verdict, over.changes) == (Verdict.DONE, False), told(over)
        assert "name gold-lyon as the home of gold in the configuration and no more as a target" in told(over)
        assert await named(own, "paris", "/storage/volumes", "vol_1") == (["vol_1"] if keeps_source else [])
        assert await named(own, "paris", "/snapmirror/policies", "datamotion_*") == []
        assert own.served("paris") == set()
        listed = {"list_destinations_only": "true", "fields": "destination.path"}
        found = await own.at["lyon"].http.get("/api/snapmirror/relationships", params=listed)
        assert len(found.json()["records"]) == 1, "what it mirrored to paris it has released"
        moved = with_targets(story, "lyon", "oslo")
        assert {each.exit_status for each in (await moved.concerns()).values()} <= {0}, await moved.concerns()
        moved.write("lyon", "vol_1", "since")
        assert (await moved.failover("oslo", is_planned=True)).verdict is Verdict.DONE
        assert moved.files("oslo") == {"kept", "since"}

    play(quick_path, main, targets=THREE)


@pytest.mark.parametrize("targets", [("lyon",), ("lyon", "oslo")])
def test_kept_as_a_target_it_needs_nothing_but_the_configuration_that_is_named(
    quick_path: Path, targets: tuple[str, ...]
) -> None:
    async def main(story: Story) -> None:
        own = await turned_round(story, *targets, is_lost=False)
        writes = await calls(story, "writes")
        shown = await plan(own, to="gold-lyon")
        assert EXCHANGED in told(shown) + "".join(shown.then)
        if len(targets) == 1:
            assert (shown.verdict, shown.changes) == (Verdict.REFUSED, False)
            assert f"to keep it there: {EXCHANGED}" in told(shown), "it is mirrored there already"
        kept = with_targets(story, "lyon", "paris", *targets[1:])
        assert {each.exit_status for each in (await kept.concerns()).values()} <= {0}, await kept.concerns()
        assert not (await kept.plan()).changes
        assert await calls(story, "writes") == writes
        kept.write("lyon", "vol_1", "since")
        assert (await kept.failover("paris", is_planned=True)).verdict is Verdict.DONE
        assert kept.files("paris") == {"kept", "since"}

    play(quick_path, main, targets=THREE)
