"""Differences that take long to find: their first bytes are moved while the source still compares the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import trio
import trio.testing
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.ontaplab.mirroring.pairs import MIB, Pair, a_pair, contents, in_pair, noise, restartable

FILES = {f"file_{number}": 30 * MIB for number in range(5)}
# 64 MiB are compared at once, so what differs is told in three parts, of 5, 4 and 1 MiB.


class Telling:
    """A source's application that notes what it is asked, and takes its time to compare.

    When it is asked to compare again it may say something else.
    """

    def __init__(self, pair: Pair, instead: bytes | None = None) -> None:
        self._apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
        self._address = pair.paris.cluster.address
        self._app: ASGIApp = self._apps[self._address]
        self._instead = instead
        self._apps[self._address] = self
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["path"].rpartition("/")[2]
        self.asked.append(asked)
        if asked == "difference":
            await trio.sleep(1)
        if self._instead is None or asked != "difference" or self.asked.count(asked) < 2:
            await self._app(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": self._instead})

    def stop(self) -> None:
        self._apps[self._address] = self._app


def fill(pair: Pair, seed: int) -> None:
    """Large files, with some noise at both ends of each."""
    for number, (name, size) in enumerate(FILES.items()):
        with (pair.live / name).open("wb") as file:
            file.write(noise(MIB, seed + number))
            file.truncate(size)
            file.seek(size - MIB)
            file.write(noise(MIB, seed + number + 100))


def test_the_rest_of_a_difference_is_asked_for_and_all_arrives(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        source = Telling(pair)
        fill(pair, 1)
        first = await pair.initialize()
        assert source.asked.count("difference") == 2
        assert first["transfer"]["bytes_transferred"] == 10 * MIB
        fill(pair, 2)
        (pair.live / "file_1").unlink()
        second = await pair.update()
        assert second["transfer"]["bytes_transferred"] == 8 * MIB
        assert contents(pair.copy) == contents(pair.live)

    in_pair(tmp_path, claim)


def test_while_transfers_are_held_all_is_compared_and_half_is_moved(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        fill(pair, 1)
        Telling(pair)
        await pair.gate(held=True)
        await pair.ask("snapmirrored")
        await trio.sleep(10)
        record = await pair.relationship()
        assert record["transfer"]["bytes_transferred"] == 5 * MIB
        await pair.gate(held=False)
        assert (await pair.settle())["transfer"]["bytes_transferred"] == 10 * MIB
        assert contents(pair.copy) == contents(pair.live)

    in_pair(tmp_path, claim)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (b"[]", "what differs in the remaining files is missing"),
        (b'[{"end":1}]', "makes no sense"),
        (b"[[1,[]]]", "file_4 was not compared up to byte 1"),
    ],
)
def test_a_source_that_breaks_off_comparing_fails_the_transfer_and_the_next_one_goes_on(
    tmp_path: Path, said: bytes, reason: str
) -> None:
    async def claim(pair: Pair) -> None:
        fill(pair, 1)
        source = Telling(pair, said)
        failed = await pair.initialize()
        assert failed["transfer"]["state"] == "failed"
        assert reason in failed["unhealthy_reason"][0]["message"]
        (transfer,) = await pair.lyon.get(f"{pair.path}/transfers", state="failed", fields="*")
        assert transfer["checkpoint_size"] == 9 * MIB  # beyond what the first part tells
        source.stop()
        again = await pair.initialize()
        assert (again["transfer"]["state"], again["healthy"]) == ("success", True)
        assert contents(pair.copy) == contents(pair.live)

    in_pair(tmp_path, claim)


def test_what_was_received_is_gone_on_with_by_a_source_that_has_to_compare_anew(tmp_path: Path) -> None:
    async def main() -> None:
        async with restartable(tmp_path, first=True) as (paris, lyon):
            await paris.svm("svm1")
            await lyon.svm("svm1")
            former = await a_pair(paris, lyon)
            fill(former, 1)
            Telling(former, b"[]")
            await former.initialize()
        async with restartable(tmp_path, first=False) as (paris, lyon):
            pair = replace(former, paris=paris, lyon=lyon)
            source = Telling(pair)
            await trio.sleep(3600)  # the clock began anew: what is made now is to be newer
            record = await pair.initialize()
            assert record["transfer"]["state"] == "success"
            assert source.asked.count("difference") == 2
            assert source.asked.index("stream") > source.asked.index("difference"), "9 MiB were there already"
            assert contents(pair.copy) == contents(pair.live)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
