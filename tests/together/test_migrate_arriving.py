"""What volumes arrive with beside their data: as large as they are by then, with what clients had, or it is told."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import trio

from datamotion.model.standing import FENCE
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.together.stories import Story, play, told
from tests.together.test_migrate import migrate, relationships, served_with_a_file, volumes_at
from tests.together.world import Wire

MIB = 2**20
HAD = "autosize.mode,snapshot_policy.name"


async def is_mirrored(story: Story) -> bool:
    return "snapmirrored" in {each.get("state") for each in await relationships(story)}


async def is_frozen(story: Story) -> bool:
    volumes = await volumes_at(story, "paris")
    return bool(volumes["vol_1"]["nas"]["export_policy"]["name"] == FENCE)


async def is_served_there(story: Story) -> bool:
    return bool((await volumes_at(story, "lyon")).get("vol_1", {}).get("type") == "rw")


async def resized_once(
    story: Story, is_so: Callable[[Story], Awaitable[bool]], size: int, *, keeps_source: bool = False
) -> RunReport:
    """Its migration, with the old volume resized as soon as something is seen."""

    async def resize() -> None:
        while not await is_so(story):
            await trio.sleep(0.1)
        await story.change("paris", "vol_1", {"size": size})

    async with trio.open_nursery() as nursery:
        nursery.start_soon(resize)
        return await migrate(story, keeps_source=keeps_source)


async def size_at(story: Story, cluster: str) -> int:
    return int((await story.volume(cluster, "vol_1", "size"))["size"])


@pytest.mark.parametrize("is_so", [is_mirrored, is_frozen, is_served_there])
@pytest.mark.parametrize("keeps_source", [False, True])
def test_it_arrives_as_large_as_it_was_made_meanwhile(
    quick_path: Path, is_so: Callable[[Story], Awaitable[bool]], keeps_source: bool
) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        wanted = await size_at(story, "paris") + 96 * MIB
        report = await resized_once(story, is_so, wanted, keeps_source=keeps_source)
        assert report.verdict is Verdict.DONE, told(report)
        assert await size_at(story, "lyon") == wanted, told(report)
        assert " has " not in told(report)

    play(quick_path, main)


def test_one_that_was_made_smaller_keeps_its_size_and_that_is_told(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        report = await resized_once(story, is_frozen, 64 * MIB)
        assert report.verdict is Verdict.DONE, told(report)
        assert await size_at(story, "lyon") == 100 * MIB
        assert "vol_1 has 64 MiB at gold-paris and 100 MiB at gold-lyon." in told(report)

    play(quick_path, main)


class Declining(httpx.AsyncBaseTransport):
    """The way to a cluster that does not change one field of anything."""

    def __init__(self, wire: Wire, field: str) -> None:
        self._wire = wire
        self._field = field

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH" and self._field in json.loads(request.content):
            error = {"message": f"{self._field} stays as it is", "code": "918701"}
            return httpx.Response(400, json={"error": error}, request=request)
        return await self._wire.handle_async_request(request)


def declining(story: Story, field: str) -> Story:
    """The same, with such a lyon."""
    place = story.place
    wires: dict[str, httpx.AsyncBaseTransport] = {**place.wires, "lyon": Declining(place.wires["lyon"], field)}
    session = replace(place.session, world=replace(place.session.world, wires=wires))
    return Story(replace(place, session=session), story.at)


def test_where_there_is_no_room_for_what_grew_at_last_it_is_served_and_that_is_told(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        report = await resized_once(declining(story, "size"), is_served_there, 160 * MIB)
        assert story.served("lyon") == {"vol_1"}
        assert "vol_1 has 160 MiB at gold-paris and 100 MiB at gold-lyon." in told(report)

    play(quick_path, main)


@pytest.mark.parametrize("keeps_source", [False, True])
def test_it_arrives_with_what_its_clients_had(quick_path: Path, keeps_source: bool) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        before = await story.volume("paris", "vol_1", HAD)
        report = await migrate(story, keeps_source=keeps_source)
        assert report.verdict is Verdict.DONE, told(report)
        after = await story.volume("lyon", "vol_1", HAD)
        assert [after[each] for each in ("autosize", "snapshot_policy")] == [
            before[each] for each in ("autosize", "snapshot_policy")
        ]
        assert "differs" not in told(report)

    play(quick_path, main)


def test_what_it_cannot_be_given_is_told(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        await served_with_a_file(story, "vol_1")
        report = await migrate(declining(story, "autosize"))
        assert story.served("lyon") == {"vol_1"}
        assert "gold-lyon differs: vol_1: snapshot policy default, autosize mode off" in told(report)
        assert "autosize stays as it is" in told(report)

    play(quick_path, main)
