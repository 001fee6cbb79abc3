"""Transfers that do not get to their end: what is left, and what the next one goes on from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
import trio
import trio.testing
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.ontaplab.mirroring.pairs import MIB, Pair, a_pair, contents, in_pair, noise, restartable

T = TypeVar("T")


class Ranges:
    """A source's application that notes which bytes of streams it is asked for."""

    def __init__(self, pair: Pair) -> None:
        self._apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
        self._address = pair.paris.cluster.address
        self._app: ASGIApp = self._apps[self._address]
        self.asked: list[str] = []
        self.answer()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ranges = [value.decode() for name, value in scope["headers"] if name == b"range"]
        self.asked += ranges
        await self._app(scope, receive, send)

    def answer(self) -> None:
        self._apps[self._address] = self

    def fall_silent(self) -> None:
        del self._apps[self._address]


async def half_an_update(pair: Pair) -> Ranges:
    """An initialized pair, 1 MiB more at the source, of which half has arrived; the transfer is held."""
    (pair.live / "old").write_bytes(b"old")
    await pair.initialize()
    (pair.live / "old").unlink()
    (pair.live / "new").write_bytes(noise(MIB))
    ranges = Ranges(pair)
    await pair.gate(held=True)
    await pair.transfer()
    await trio.sleep(1)
    return ranges


def test_a_source_lost_in_the_middle_leaves_the_former_snapshot_and_the_reason(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        source = await half_an_update(pair)
        before = await pair.relationship()
        source.fall_silent()
        await pair.gate(held=False)
        record = await pair.settle()
        assert contents(pair.copy) == {"old": b"old"}
        assert record["exported_snapshot"] == before["exported_snapshot"]
        assert (record["state"], record["healthy"], record["transfer"]["state"]) == ("snapmirrored", False, "failed")
        (reason,) = record["unhealthy_reason"]
        assert "svm1_paris:data on cluster paris failed" in reason["message"]
        assert "no cluster answers" in reason["message"]
        ended = (await pair.lyon.get(f"{pair.path}/transfers", state="failed", fields="*"))[0]
        assert ended["error_info"] == {"code": int(reason["code"]), "message": reason["message"]}
        assert ended["checkpoint_size"] == MIB // 2

    in_pair(tmp_path, claim)


def test_the_next_update_goes_on_from_the_checkpoint_and_brings_what_is_newer_too(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        source = await half_an_update(pair)
        source.fall_silent()
        await pair.gate(held=False)
        await pair.settle()
        source.answer()
        (pair.live / "newer").write_bytes(b"newer")
        record = await pair.update()
        assert (record["healthy"], record["transfer"]["state"]) == (True, "success")
        assert "unhealthy_reason" not in record
        assert contents(pair.copy) == contents(pair.live)
        half = MIB // 2
        assert source.asked == [f"bytes=0-{half - 1}", f"bytes={half}-{MIB - 1}", "bytes=0-4"]
        snapshots = await pair.paris.get(f"/storage/volumes/{pair.source['uuid']}/snapshots")
        assert [each["name"] for each in snapshots] == [record["exported_snapshot"]]

    in_pair(tmp_path, claim)


@pytest.mark.parametrize(("state", "kept"), [("aborted", MIB // 2), ("hard_aborted", 0)])
def test_an_abort_keeps_the_checkpoint_and_a_hard_one_discards_it(tmp_path: Path, state: str, kept: int) -> None:
    async def claim(pair: Pair) -> None:
        source = await half_an_update(pair)
        uuid = (await pair.relationship())["transfer"]["uuid"]
        path = f"{pair.path}/transfers/{uuid}"
        await pair.lyon.patch(path, {"state": state})
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"], record["healthy"]) == ("snapmirrored", state, True)
        assert "uuid" not in record["transfer"]
        (transfer,) = await pair.lyon.get(f"{pair.path}/transfers", uuid=uuid, fields="*")
        assert transfer["checkpoint_size"] == kept
        assert transfer["error_info"]["code"] == 6620046
        assert await pair.lyon.refusal("PATCH", path, {"state": state}) == (
            "13303849",
            "The SnapMirror transfer is not active.",
        )
        await pair.gate(held=False)
        await pair.update()
        assert contents(pair.copy) == contents(pair.live)
        assert source.asked[1] == f"bytes={kept}-{MIB - 1}"

    in_pair(tmp_path, claim)


def test_a_transfer_that_is_not_there_cannot_be_aborted(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        code, _ = await pair.lyon.refusal("PATCH", f"{pair.path}/transfers/0", {"state": "aborted"})
        assert code == "4"

    in_pair(tmp_path, claim)


@pytest.mark.slow
def test_after_a_restart_of_the_destination_a_transfer_goes_on_by_itself(tmp_path: Path) -> None:
    async def main() -> None:
        async with restartable(tmp_path, first=True) as (paris, lyon):
            await paris.svm("svm1")
            await lyon.svm("svm1")
            former = await a_pair(paris, lyon)
            await half_an_update(former)
        async with restartable(tmp_path, first=False) as (paris, lyon):
            pair = replace(former, paris=paris, lyon=lyon)
            asked = Ranges(pair).asked
            assert contents(pair.copy) == {"old": b"old"}
            record = await pair.settle()
            assert (record["transfer"]["state"], record["healthy"]) == ("success", True)
            assert contents(pair.copy) == contents(pair.live)
            assert len(await pair.lyon.get(f"{pair.path}/transfers")) == 2
        assert asked == [f"bytes={MIB // 2}-{MIB - 1}"]

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


class Between:
    """The disk work of the pair's destination; `look` is called before and after each piece of it."""

    def __init__(self, pair: Pair, look: Callable[[], Awaitable[None]]) -> None:
        self._look = look
        pair.lyon.cluster.offload = self

    async def __call__(self, work: Callable[[], T], /) -> T:
        await self._look()
        done = work()
        await self._look()
        return done


def test_clients_see_a_snapshot_before_its_transfer_is_a_success(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"old")
        await pair.initialize()
        (pair.live / "file").write_bytes(b"new")
        seen: list[tuple[str, bytes]] = []

        async def look() -> None:
            transfer = (await pair.relationship())["transfer"]
            seen.append((transfer["type"] + " " + transfer["state"], (pair.copy / "file").read_bytes()))

        Between(pair, look)
        await pair.update()
        assert {content for state, content in seen if state == "update success"} == {b"new"}
        assert seen[0] == ("update transferring", b"old")

    in_pair(tmp_path, claim)


def test_an_abort_while_clients_are_shown_the_snapshot_takes_it_back(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        (pair.live / "file").write_bytes(b"old")
        before = await pair.initialize()
        (pair.live / "file").write_bytes(b"new")
        uuid: list[str] = []

        async def look() -> None:
            if uuid and (pair.copy / "file").read_bytes() == b"new":
                path = f"{pair.path}/transfers/{uuid.pop()}"
                await pair.lyon.patch(path, {"state": "aborted"})

        Between(pair, look)
        uuid.append(await pair.transfer())
        record = await pair.settle()
        assert (record["transfer"]["state"], uuid) == ("aborted", [])
        assert record["exported_snapshot"] == before["exported_snapshot"]
        assert contents(pair.copy) == {"file": b"old"}
        assert (await pair.update())["transfer"]["state"] == "success"
        assert contents(pair.copy) == {"file": b"new"}

    in_pair(tmp_path, claim)
