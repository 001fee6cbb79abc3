"""Between a plan and its carrying out: what is looked at for it, and whether it still is what was agreed to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from datamotion.errors import Refused
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, intents, preparing, protecting
from datamotion.service.verdict import Verdict
from datamotion.store.lock import hold_group
from ontaplab.inprocess import START
from tests.together.stories import Story, play, told
from tests.together.world import GROUP, Place, Quiet, a_place, create_volumes


def _run(story: Callable[[], Awaitable[None]]) -> None:
    trio.run(story, clock=MockClock(autojump_threshold=0))


async def _reads(place: Place, cluster: str) -> int:
    async with place.lab[cluster].client() as client:
        return int((await client.get("/lab/calls")).json()["reads"])


async def _protected(place: Place) -> intents.Intent:
    """A volume that is mirrored; the failover that it is ready for."""
    await create_volumes(place.lab["paris"], ["vol_1"])
    assert (await place.run(protecting.protect(place.session.group(GROUP)))).verdict is Verdict.DONE
    return failing_over.failover(place.session.group(GROUP), FailoverChoice())


def test_a_failover_asks_its_home_nothing_while_all_targets_are_seen(quick_path: Path) -> None:
    async def story() -> None:
        async with a_place(quick_path, targets=("lyon", "rome")) as place:
            intent = await _protected(place)
            before = await _reads(place, "paris")
            async with preparing.prepare(place.session, [intent]) as (prepared,):
                assert prepared.plan.steps
            assert await _reads(place, "paris") == before

    _run(story)


def test_a_failover_asks_its_home_too_where_a_target_is_lost(quick_path: Path) -> None:
    async def story() -> None:
        async with a_place(quick_path, targets=("lyon", "rome")) as place:
            intent = await _protected(place)
            place.lose("rome")
            before = await _reads(place, "paris")
            async with preparing.prepare(place.session, [intent]) as (prepared,):
                assert prepared.plan.steps
            assert await _reads(place, "paris") > before

    _run(story)


def test_a_loss_that_has_grown_while_somebody_thought_it_over_is_refused_and_nothing_is_changed(
    quick_path: Path,
) -> None:
    async def story() -> None:
        async with a_place(quick_path) as place:
            intent = await _protected(place)
            await trio.sleep(60)
            async with preparing.prepare(place.session, [intent]) as (prepared,):
                await trio.sleep(2 * 3600)
                with pytest.raises(Refused) as refused:
                    await prepared.carry_out(Quiet())
            for told in ("more would be given up", "vol_1", "1 min when it was shown", "min now"):
                assert told in refused.value.message
            assert (await place.run(intent)).verdict is Verdict.DONE  # asked anew, it is what is agreed to

    _run(story)


async def _cost(root: Path, *, at_once: bool, waited_s: float) -> tuple[int, int]:
    """Reads until a plan is shown, and until it was carried out, so long after that."""
    async with a_place(root) as place:
        await create_volumes(place.lab["paris"], ["vol_1"])

        async def reads() -> int:
            return sum([await _reads(place, name) for name in place.lab.clusters])

        begun = await reads()
        intent = protecting.protect(place.session.group(GROUP))
        async with preparing.prepare(place.session, [intent], at_once=at_once) as (prepared,):
            look = await reads() - begun
            await trio.sleep(waited_s)
            assert (await prepared.carry_out(Quiet())).verdict is Verdict.DONE
        return look, await reads() - begun


def test_what_nobody_is_asked_about_is_looked_at_once_before_it_is_carried_out(quick_path: Path) -> None:
    def cost(name: str, *, at_once: bool, waited_s: float = 0) -> tuple[int, int]:
        clock = MockClock(autojump_threshold=0)
        return trio.run(partial(_cost, quick_path / name, at_once=at_once, waited_s=waited_s), clock=clock)

    look, asked = cost("asked", at_once=False)
    assert cost("at once", at_once=True) == (look, asked - look)
    assert cost("read slowly", at_once=True, waited_s=60) == (look, asked)


def test_what_nobody_is_asked_about_is_held_from_before_it_is_looked_at(quick_path: Path) -> None:
    async def story() -> None:
        async with a_place(quick_path) as place:
            intent = protecting.protect(place.session.group(GROUP))
            await create_volumes(place.lab["paris"], ["vol_1"])
            async with preparing.prepare(place.session, [intent], at_once=True) as (first,):
                async with preparing.prepare(place.session, [intent], at_once=True) as (second,):
                    assert second.plan.steps  # it is shown, though somebody else holds the group
                    with pytest.raises(Refused, match="holds gold"):
                        await second.carry_out(Quiet())
                assert (await first.carry_out(Quiet())).verdict is Verdict.DONE
            async with preparing.prepare(place.session, [intent]):
                with hold_group(place.session.lock_folder, GROUP, "nothing", START):
                    pass  # nobody holds it any more, nor while somebody is asked

    _run(story)


def test_a_destination_has_what_its_source_has(quick_path: Path) -> None:
    async def story(story: Story) -> None:
        await create_volumes(story.place.lab["paris"], ["vol_1"])
        efficiency = {"dedupe": "background", "compression": "inline"}
        wanted = {"space": {"snapshot": {"reserve_percent": 17}}, "encryption": {"enabled": True}}
        await story.change("paris", "vol_1", {**wanted, "efficiency": efficiency})
        report = await story.apply()
        assert report.verdict is Verdict.DONE, told(report)
        there = await story.volume("lyon", "vol_1", "space.snapshot.reserve_percent,efficiency,encryption.enabled")
        assert there["space"]["snapshot"]["reserve_percent"] == 17
        assert there["encryption"]["enabled"] is True
        assert efficiency.items() <= there["efficiency"].items()
        assert not (await story.plan()).changes

    play(quick_path, story)
