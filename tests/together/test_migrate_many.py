"""Many LUNs and files by one pattern: each as if it were alone, in an order, under limits, wherever it is cut off."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trio

from datamotion.errors import ConfigError
from datamotion.service import preparing, under_way
from datamotion.service.in_turn import in_turn
from datamotion.service.item_patterns import Meant, items_meant
from datamotion.service.migrations import abort, migrate
from datamotion.service.prepared import Prepared
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_migrate_files import CONTENT, OTHER, tree_of_other, with_a_file
from tests.together.test_migrate_luns import IQN, MIB, told_of
from tests.together.world import SVMS, Quiet

SVM = {"svm.name": SVMS["paris"]}


async def meant(story: Story, what: str, to: str, **more: Any) -> Meant:
    return await items_meant(story.place.session, f"gold-paris:{what}", to=to, **more)


async def carried_out(
    story: Story, what: str, to: str, *, is_undone: bool = False, at_once: int = 4
) -> tuple[list[RunReport], list[str]]:
    """How each ended, and in which order each began."""
    found = await meant(story, what, to, is_undone=is_undone)
    reports, began = list[RunReport](), list[str]()

    async def one(prepared: Prepared) -> None:
        began.append(prepared.group)
        reports.append(await prepared.carry_out(Quiet()))

    intents = [(abort if is_undone else migrate)(each) for each in found.migrations]
    async with preparing.prepare(story.place.session, intents) as all_prepared:
        await in_turn([each for each in all_prepared if each.report.changes], one, at_once)
    return reports, began


async def with_luns(story: Story, *names: str) -> Story:
    """vol_1 has these LUNs, each mapped to one host and with its name written to it; and files beside them."""
    own = await with_a_file(story)
    paris = own.at["paris"]
    hosts = {"name": "hosts", "os_type": "linux", "initiators": [{"name": IQN}], **SVM}
    await paris.post("/protocols/san/igroups", hosts)
    for name in names:
        path = f"/vol/vol_1/{name}"
        await paris.post("/storage/luns", {"name": path, "os_type": "linux", "space.size": 4 * MIB, **SVM})
        await paris.post("/protocols/san/lun-maps", {"lun.name": path, "igroup.name": "hosts", **SVM})
        lun = await told_of(own, path)
        await own.place.lab["paris"].doors.block(IQN).lun(lun["serial_number"]).write(name.encode() * 8, offset=4096)
    return own


def paths(found: Meant) -> list[tuple[str, str]]:
    return [(each.path, each.to_path) for each in found.migrations]


def test_a_pattern_means_luns_and_files_in_the_order_of_their_names(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_luns(story, "lun10", "lun2", "other")
        tree = own.place.tree("paris", "vol_1")
        (tree / "lunatic.txt").write_text("a file")
        (tree / ".lun").write_text("hidden")
        (tree / "folder" / "deep").mkdir()
        (tree / "folder" / "deep" / "text").write_text("deep")
        (tree / "folder" / "link").symlink_to("deep/text")
        assert paths(await meant(own, "vol_1/lun*", "gold-paris:vol_2")) == [
            ("lun2", "lun2"),
            ("lun10", "lun10"),
            ("lunatic.txt", "lunatic.txt"),
        ]
        assert paths(await meant(own, "vol_1/folder/*.raw", "gold-paris:vol_2/new/")) == [
            ("folder/image.raw", "new/image.raw")
        ]
        assert paths(await meant(own, "vol_1/folder/im*", "gold-paris:vol_2/")) == [("folder/image.raw", "image.raw")]
        whole = await meant(own, "vol_1/folder/", "gold-paris:vol_2/new/")
        assert paths(whole) == [("folder/deep/text", "new/deep/text"), ("folder/image.raw", "new/image.raw")]
        assert whole.left == ("folder/link",)
        everything = await meant(own, "vol_1/", "gold-other:vol_3")
        assert len(everything.migrations) == 7, "what is the volume's own is not meant"
        for what, to, said in (
            ("vol_1/?lun", "gold-paris:vol_2", "there is no LUN or file"),
            ("vol_1/none*", "gold-paris:vol_2", "there is no LUN or file"),
            ("vol_1/*/x", "gold-paris:vol_2", "only the last part"),
            ("vol_1/lun*", "gold-paris:vol_2/new", "to which volume or folder"),
            ("vol_1/lun*", "gold-paris", "to which volume or folder"),
            (
                "vol_1/",
                "gold-paris:vol_1/new/",
                "would go into itself",
            ),
            ("vol_1/folder/", "gold-paris:vol_1/folder/deep/", "would go into itself"),
            ("vol_1/folder/", "gold-paris:vol_1/folder/../x/", "is no path in a volume"),
            ("vol_1/folder/../", "gold-paris:vol_2", "is no path in a volume"),
        ):
            with pytest.raises(ConfigError, match=said):
                await meant(own, what, to)

    play(quick_path, main)


def test_what_has_a_name_that_cannot_be_told_stays_and_is_named_and_all_else_is_meant(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_a_file(story)
        folder = own.place.tree("paris", "vol_1") / "folder"
        (folder / "in\ntwo").write_text("lines")
        (folder / "turned\u202e").mkdir()
        (folder / "turned\u202e" / "below").write_text("below")
        (folder / "no\ufffdcharacter").write_text("of what is told so, nobody knows how it is written")
        whole = await meant(own, "vol_1/folder/", "gold-paris:vol_2/new/")
        assert paths(whole) == [("folder/image.raw", "new/image.raw")]
        assert whole.left == ("folder/in\ntwo", "folder/no\ufffdcharacter", "folder/turned\u202e")
        some = await meant(own, "vol_1/folder/i*", "gold-paris:vol_2/")
        assert (paths(some), some.left) == ([("folder/image.raw", "image.raw")], ("folder/in\ntwo",))

    play(quick_path, main)


def test_what_is_all_where_it_was_to_go_is_told_by_the_same_pattern_or_folder(quick_path: Path) -> None:
    async def main(story: Story) -> None:
        own = await with_luns(story, "lun1", "lun2")
        for what, to, count, there in (
            ("vol_1/lun*", "gold-paris:vol_2", 2, "vol_2/lun*"),
            ("vol_1/folder/", "gold-paris:vol_1/new/", 1, "vol_1/new/"),
        ):
            assert (await meant(own, what, to)).arrived is None
            reports, _ = await carried_out(own, what, to)
            assert {each.verdict for each in reports} == {Verdict.DONE}, [told(each) for each in reports]
            said = f"{count} at gold-paris:{there}, and none at gold-paris:{what}"
            assert await meant(own, what, to) == Meant((), arrived=said)
            with pytest.raises(ConfigError, match="no migration is under way"):
                await meant(own, what, to, is_undone=True)
        with pytest.raises(ConfigError, match="there is no LUN or file"):
            await meant(own, "vol_1/fodler/", "gold-paris:vol_1/new/")

    play(quick_path, main)


def held(story: Story, names: Sequence[str]) -> dict[str, bytes]:
    return {name: (tree_of_other(story) / name).read_bytes()[4096 : 4096 + 8 * len(name)] for name in names}


@pytest.mark.parametrize("at_once", [1, 3])
def test_luns_are_copied_side_by_side_and_no_more_than_were_allowed(quick_path: Path, at_once: int) -> None:
    names = [f"lun{number}" for number in range(1, 7)]

    async def main(story: Story) -> None:
        own = await with_luns(story, *names)
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                running = await own.at["paris"].get("/storage/luns", fields="copy.source.progress.state,name")
                states = [each.get("copy", {}).get("source", {}).get("progress", {}).get("state") for each in running]
                most = max(most, states.count("replicating"))
                await trio.sleep(0.5)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(watch)
            reports, began = await carried_out(own, "vol_1/lun*", "gold-other:vol_3", at_once=at_once)
            nursery.cancel_scope.cancel()
        assert {each.verdict for each in reports} == {Verdict.DONE}, [told(each) for each in reports]
        assert began == [f"migrate.gold-paris.vol_1:{name}" for name in names]
        assert most == at_once
        assert held(own, names) == {name: name.encode() * 8 for name in names}
        luns = await own.at["paris"].get("/storage/luns", fields="lun_maps.logical_unit_number", **{"svm.name": OTHER})
        assert sorted(each["lun_maps"][0]["logical_unit_number"] for each in luns) == list(range(6))
        assert not await own.at["paris"].get("/storage/luns", **SVM)

    play(quick_path, main)


@pytest.mark.slow
@pytest.mark.parametrize("is_carried_out", [False, True])
@pytest.mark.sweep
def test_killed_at_any_call_the_same_command_brings_all_of_them(
    quick_path: Path, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 0, 1 if soaking is not None else 9
    names, over = ["lun1", "lun2"], list[int]()

    async def main(story: Story) -> None:
        own = await with_luns(story, *names)

        async def go(mortal: Story) -> tuple[list[RunReport], list[str]]:
            return await carried_out(mortal, "vol_1/*", "gold-other:vol_3")

        was_cut_off = await dies(go, own, Life(calls, is_carried_out))
        if (was_cut_off and (await under_way.migrations(own.place.session)).migrations) or (
            was_cut_off and await own.at["paris"].get("/storage/luns", **SVM)
        ):
            await go(own)
        assert held(own, names) == {name: name.encode() * 8 for name in names}
        assert not await own.at["paris"].get("/storage/luns", **SVM)
        assert not (await under_way.migrations(own.place.session)).migrations
        if not was_cut_off:
            over.append(calls)

    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert over[0] > 10


@pytest.mark.slow
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_a_folder_that_was_cut_off_goes_on_and_what_has_begun_is_undone(
    quick_path: Path, is_carried_out: bool, soaking: int | None
) -> None:
    calls, every = 1, 1 if soaking is not None else 3
    over, undone = list[int](), list[int]()
    what, to = "vol_1/folder/", "gold-paris:vol_2/new/"

    async def main(story: Story) -> None:
        own = await with_a_file(story)
        tree, there = own.place.tree("paris", "vol_1") / "folder", own.place.tree("paris", "vol_2") / "new"
        (tree / "deep").mkdir()
        (tree / "deep" / "text").write_bytes(b"deep")
        os.utime(tree / "deep" / "text", ((tree / "image.raw").stat().st_mtime,) * 2)  # long ago
        before = {"image.raw": CONTENT, "deep/text": b"deep"}

        def now() -> dict[str, bytes]:
            files = {path.relative_to(tree): path for path in tree.rglob("*") if path.is_file()}
            files |= {path.relative_to(there): path for path in there.rglob("*") if path.is_file()}
            return {str(name): path.read_bytes() for name, path in files.items()}

        async def go(mortal: Story) -> object:
            return await carried_out(mortal, what, to)

        was_cut_off = await dies(go, own, Life(calls, is_carried_out))
        await trio.sleep(60)  # what a run before has asked for is over
        try:
            reports, _ = await carried_out(own, what, to, is_undone=True)
            undone.extend(each.verdict is Verdict.DONE for each in reports)
        except ConfigError:  # none of them has begun
            assert now() == before
        assert now().keys() >= before.keys()
        if any(path.is_file() for path in tree.rglob("*")):
            await go(own)
        assert now() == before
        assert not [path for path in tree.rglob("*") if path.is_file()]
        if not was_cut_off:
            over.append(calls)

    while not over:
        play(quick_path / str(calls), main)
        calls += every
    assert any(undone)
