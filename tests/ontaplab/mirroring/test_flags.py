"""The flags of one request: how a resync, a break or a deletion is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.ontaplab.mirroring.asynchronous import broken_off, resyncing, snapmirrored, updating
from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, contents, in_pair


@pytest.mark.parametrize(
    ("body", "query", "code"),
    [
        ({"preserve": True}, {}, "13303837"),
        ({"quick_resync": True}, {}, "13303837"),
        ({"restore_to_snapshot": "x"}, {}, "13303837"),
        ({"throttle": 5}, {"force": "true"}, "13303837"),
        ({"preserve": True, "state": "broken_off"}, {}, "13303836"),
        ({"quick_resync": True, "state": "paused"}, {}, "13303836"),
        ({"restore_to_snapshot": "x", "state": "snapmirrored"}, {}, "13303835"),
        ({"state": "paused"}, {"force": "true"}, "13303835"),
        ({"recover_after_break": True, "state": "broken_off"}, {}, "13303834"),
        ({"restore_to_snapshot": "missing", "state": "broken_off"}, {}, "13303808"),
    ],
)
def test_a_flag_goes_with_its_state_only(
    tmp_path: Path, body: dict[str, Any], query: dict[str, str], code: str
) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        before = await pair.relationship()
        assert (await pair.lyon.refusal("PATCH", pair.path, body, **query))[0] == code
        assert await pair.relationship() == before

    in_pair(tmp_path, claim)


def test_a_break_can_go_back_to_an_older_snapshot_from_which_a_resync_starts_again(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"old")
        await pair.paris.post(f"/storage/volumes/{pair.source['uuid']}/snapshots", {"name": "old"})
        await trio.sleep(1)
        (pair.live / "file").write_bytes(b"new")
        await pair.initialize()
        await pair.lyon.patch(pair.path, {"state": "broken_off", "restore_to_snapshot": "old"})
        assert contents(pair.copy) == {"file": b"old"}
        assert (await pair.relationship())["exported_snapshot"] == "old"
        held = await pair.lyon.get(f"/storage/volumes/{pair.destination['uuid']}/snapshots")
        assert [each["name"] for each in held] == ["old"]
        await pair.ask("snapmirrored")
        assert (await pair.settle())["state"] == "snapmirrored"
        assert contents(pair.copy) == {"file": b"new"}

    in_pair(tmp_path, claim)


@pytest.mark.parametrize("prepare", [updating, resyncing])
def test_a_forced_break_does_not_wait_for_a_transfer(tmp_path: Path, prepare: Any) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        await trio.sleep(1)
        await pair.lyon.patch(pair.path, {"state": "broken_off"}, force="true")
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"]) == ("broken_off", "aborted")
        (pair.copy / "file").write_bytes(b"writable")

    in_pair(tmp_path, claim)


@pytest.mark.parametrize("preserve", [True, False])
def test_a_resync_keeps_newer_snapshots_of_the_destination_only_if_it_is_told_to(
    tmp_path: Path, preserve: bool
) -> None:
    async def claim(pair: Pair) -> None:
        await broken_off(pair)
        (pair.copy / "file").write_bytes(b"recovery site")
        snapshots = f"/storage/volumes/{pair.destination['uuid']}/snapshots"
        await pair.lyon.post(snapshots, {"name": "mine"})
        await pair.lyon.patch(pair.path, {"state": "snapmirrored", "preserve": preserve, "quick_resync": True})
        assert (await pair.settle())["state"] == "snapmirrored"
        (pair.live / "file").write_bytes(b"later")
        await trio.sleep(1)
        await pair.update()
        assert contents(pair.copy) == {"file": b"later"}
        names = [each["name"] for each in await pair.lyon.get(snapshots)]
        assert ("mine" in names) is preserve
        if preserve:
            assert contents(pair.copy / ".snapshot" / "mine") == {"file": b"recovery site"}

    in_pair(tmp_path, claim)


FLAGS = ("destination_only", "source_only", "source_info_only")


@pytest.mark.parametrize("pair_of", [(one, other) for one in FLAGS for other in FLAGS if one < other] + [FLAGS])
def test_deletion_flags_exclude_each_other(tmp_path: Path, pair_of: tuple[str, ...]) -> None:
    async def claim(pair: Pair) -> None:
        for asker in (pair.lyon, pair.paris):
            code, _ = await asker.refusal("DELETE", pair.path, **dict.fromkeys(pair_of, "true"))
            assert code in ("13304082", "4")  # where nothing is found, nothing is read
        assert await pair.state() == "uninitialized"

    in_pair(tmp_path, claim)


async def lists(pair: Pair) -> tuple[int, int]:
    """How many relationships the destination has, and how many destinations the source lists."""
    there = await pair.paris.get(RELATIONSHIPS, list_destinations_only="true")
    return len(await pair.lyon.get(RELATIONSHIPS)), len(there)


async def held(pair: Pair) -> tuple[int, int]:
    """How many snapshots the source holds, and how many the destination."""
    counts = [
        len(await asker.get(f"/storage/volumes/{volume['uuid']}/snapshots"))
        for asker, volume in ((pair.paris, pair.source), (pair.lyon, pair.destination))
    ]
    return counts[0], counts[1]


@pytest.mark.parametrize(
    ("flag", "at_source", "left", "snapshots"),
    [
        (None, False, (0, 0), (0, 0)),
        ("destination_only", False, (0, 1), (1, 1)),
        ("source_only", True, (1, 0), (0, 1)),
        ("source_info_only", True, (1, 0), (1, 1)),
        ("source_info_only", False, (1, 0), (1, 1)),
    ],
)
def test_each_deletion_removes_its_side_and_its_snapshots(
    tmp_path: Path, flag: str | None, at_source: bool, left: tuple[int, int], snapshots: tuple[int, int]
) -> None:
    async def claim(pair: Pair) -> None:
        await broken_off(pair)
        asker = pair.paris if at_source else pair.lyon
        await asker.delete(pair.path, **({flag: "true"} if flag else {}))
        assert await lists(pair) == left
        assert await held(pair) == snapshots

    in_pair(tmp_path, claim)


def test_source_information_that_cannot_be_released_is_told_with_its_own_code(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        pair.cut_paris_off()
        assert (await pair.lyon.refusal("DELETE", pair.path, source_info_only="true"))[0] == "13303822"
        assert await pair.state() == "snapmirrored"

    in_pair(tmp_path, claim)


@pytest.mark.parametrize("flag", ["source_info_only", "source_only"])
def test_a_released_source_can_be_resynchronized_if_its_snapshots_were_kept(tmp_path: Path, flag: str) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        (pair.live / "large").write_bytes(bytes(range(256)) * 4096)
        await pair.update()
        await pair.ask("broken_off")
        await pair.paris.delete(pair.path, **{flag: "true"})
        if flag == "source_only":
            code, message = await pair.lyon.refusal("PATCH", pair.path, {"state": "snapmirrored"})
            assert code == "13303810"
            assert "No common snapshot" in message
            assert await pair.state() == "broken_off"
            return
        (pair.live / "small").write_bytes(b"small")
        await pair.ask("snapmirrored")
        record = await pair.settle()
        assert (record["state"], record["transfer"]["bytes_transferred"]) == ("snapmirrored", 5)
        assert await lists(pair) == (1, 1)
        assert contents(pair.copy) == contents(pair.live)

    in_pair(tmp_path, claim)


def test_an_update_of_a_released_relationship_fails_and_says_why(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await snapmirrored(pair)
        await pair.paris.delete(pair.path, source_info_only="true")
        record = await pair.update()
        assert (record["healthy"], record["transfer"]["state"]) == (False, "failed")
        assert "released" in record["unhealthy_reason"][0]["message"]

    in_pair(tmp_path, claim)


def test_a_break_leaves_autosize_as_it_was_and_a_resync_switches_efficiency_off(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        async def told() -> tuple[str, str, str]:
            fields = "autosize.mode,efficiency.dedupe,efficiency.compression"
            found = await pair.lyon.one("/storage/volumes", uuid=pair.destination["uuid"], fields=fields)
            return found["autosize"]["mode"], found["efficiency"]["dedupe"], found["efficiency"]["compression"]

        await pair.initialize()
        path = f"/storage/volumes/{pair.destination['uuid']}"
        await pair.lyon.patch(path, {"efficiency": {"dedupe": "both", "compression": "both"}})
        await pair.ask("broken_off")
        assert await told() == ("grow_shrink", "both", "both")
        await pair.ask("snapmirrored")
        await pair.settle()
        assert await told() == ("grow_shrink", "none", "background")

    in_pair(tmp_path, claim)
