"""A protected group brought to another back end with its mirrors: they follow it there, with no new baseline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datamotion.service import mirrors
from datamotion.service.reports import Verdict
from tests.together.stories import Story, play, told
from tests.together.test_migrate import plan
from tests.together.world import GROUP

MIB = 2**20


def changed(story: Story, home: str, *targets: str) -> Story:
    def change(tree: dict[str, Any]) -> None:
        group = tree["groups"][GROUP]
        group["home"] = f"gold-{home}"
        mirrored = {"aggregates": ["aggr1"], "policy": "MirrorAllSnapshots"}
        group["targets"] = [{"backend": f"gold-{name}", **mirrored} for name in targets]

    return story.configured(change)


async def carried(story: Story, cluster: str) -> tuple[str, int]:
    """What its mirror follows, and how many bytes its last transfer carried."""
    mirror = await story.mirror(cluster)
    return mirror["source"]["path"], mirror["transfer"]["bytes_transferred"]


def test_a_group_goes_to_another_back_end_and_its_mirrors_follow_without_a_baseline(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = changed(story, "paris", "lyon")
        await own.protected("vol_1")
        (own.place.tree("paris", "vol_1") / "large").write_bytes(bytes(range(256)) * (8 * MIB // 256))
        assert (await own.update()).verdict is Verdict.DONE
        shown = await plan(own, "vol_1", to="gold-oslo", aggregates=("aggr1",))
        said = told(shown)
        assert shown.verdict is Verdict.REFUSED
        for step in (
            "with no new baseline",
            "datamotion apply gold",
            "datamotion failover gold --to gold-oslo --planned",
            "datamotion reprotect gold",
        ):
            assert step in said, said
        with_oslo = changed(story, "paris", "lyon", "oslo")
        assert (await with_oslo.apply()).verdict is Verdict.DONE
        own.write("paris", "vol_1", "late")
        report = await with_oslo.failover("oslo", is_planned=True)
        assert report.verdict is Verdict.DONE, told(report)
        own.write("oslo", "vol_1", "there")
        report = await with_oslo.place.run(mirrors.reprotect(with_oslo.place.session.group(GROUP)))
        assert report.verdict is Verdict.DONE, told(report)
        follows, bytes_carried = await carried(own, "lyon")
        # as lyon calls oslo's SVM, which has the name of that of paris
        assert (follows, bytes_carried < MIB) == ("svm_gold_oslo:vol_1", True), "no new baseline"
        moved = changed(story, "oslo", "lyon")
        assert (await moved.apply()).verdict is Verdict.DONE
        own.write("oslo", "vol_1", "since")
        assert (await moved.update()).verdict is Verdict.DONE
        assert own.files("lyon") == own.files("oslo") == {"kept", "large", "late", "there", "since"}
        assert (await moved.group()).serving == "gold-oslo"
        assert (await own.volume("paris", "vol_1", "type"))["type"] == "dp", "the old home mirrors it, until taken away"
        assert {each.exit_status for each in (await moved.concerns()).values()} == {0}

    play(quick_path, main, targets=("lyon", "oslo"))
