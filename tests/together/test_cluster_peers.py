"""Clusters that are no peers yet: told with the commands that make them peers, or made peers by a passphrase."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from datamotion.service import protecting
from datamotion.service.intents import Intent
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.profile import thinned
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.world import GROUP, create_volumes, make_strangers

PASSPHRASE = "nobody else can know it"


async def strangers(story: Story) -> Story:
    """A volume is to be mirrored to a cluster that is no peer; its passphrase is known here."""
    await create_volumes(story.place.lab["paris"], ["vol_1"])
    await make_strangers(story.place.lab, "paris", "lyon")
    return knowing(story, PASSPHRASE)


def knowing(story: Story, passphrase: str) -> Story:
    session = replace(story.place.session, passphrases={"lyon": passphrase})
    return Story(replace(story.place, session=session), story.at)


def intent(story: Story, *, makes_peers: bool = True) -> Intent:
    return protecting.protect(story.place.session.group(GROUP), makes_peers=makes_peers)


async def apply(story: Story) -> RunReport:
    return await story.place.run(intent(story))


async def peers(story: Story) -> list[tuple[str, str]]:
    """What each of the two clusters has of peers, and in what state."""
    found = [each for name in ("paris", "lyon") for each in await story.at[name].get("/cluster/peers", fields="*")]
    return [(each["name"], each["status"]["state"]) for each in found]


def test_without_leave_the_commands_are_told_with_the_addresses_of_both(quick_path: Path) -> None:
    async def tell(story: Story) -> None:
        story = await strangers(story)
        words = told(await story.planned(intent(story, makes_peers=False)))
        assert "on lyon `cluster peer create -peer-addrs 10.1.0.1`" in words
        assert "on paris `cluster peer create -peer-addrs 10.2.0.1`" in words
        assert "datamotion apply --peer-clusters" in words
        assert await peers(story) == []

    play(quick_path, tell)


def test_they_are_made_peers_and_the_passphrase_is_left_nowhere(
    quick_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def tell(story: Story) -> None:
        story = await strangers(story)
        plan = await story.planned(intent(story))
        report = await apply(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert await peers(story) == [("lyon", "available"), ("paris", "available")]
        assert (await story.mirror("lyon"))["state"] == "snapmirrored"
        assert PASSPHRASE not in f"{plan!r} {report!r} {caplog.text} {story.place.session!r}"
        stores = [each for each in quick_path.rglob("*datamotion.db*") if each.is_file()]
        assert stores
        assert not [each for each in stores if PASSPHRASE.encode() in each.read_bytes()]

    play(quick_path, tell)


@pytest.mark.parametrize("is_carried_out", thinned([False, True], 2))
@pytest.mark.sweep
def test_killed_at_any_call_the_same_command_comes_to_the_same_end(quick_path: Path, is_carried_out: bool) -> None:
    died_at: list[bool] = []

    async def tell(story: Story) -> None:
        story = await strangers(story)
        died_at.append(await dies(apply, story, Life(len(died_at), is_carried_out)))
        report = await apply(story)
        assert report.verdict is Verdict.DONE, told(report)
        assert await peers(story) == [("lyon", "available"), ("paris", "available")]
        assert (await story.mirror("lyon"))["state"] == "snapmirrored"

    for number in range(6):  # behind the peers all is as ever
        play(quick_path / str(number), tell)
    assert all(died_at)


def test_another_passphrase_than_the_other_has_ends_in_words_and_no_mirror(quick_path: Path) -> None:
    async def tell(story: Story) -> None:
        story = await strangers(story)
        other = {"authentication": {"passphrase": "something else"}, "remote": {"ip_addresses": ["10.1.0.1"]}}
        await story.at["lyon"].post("/cluster/peers", other)
        report = await apply(story)
        assert report.verdict is not Verdict.DONE
        assert "if the links and the passphrases agree" in told(report)
        assert not await story.at["lyon"].get("/snapmirror/relationships")

    play(quick_path, tell)
