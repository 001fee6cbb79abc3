"""The states of a synchronous relationship, as clients move it from one to the next."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from tests.ontaplab.mirroring.pairs import (
    RELATIONSHIPS,
    Pair,
    Prepare,
    Stalling,
    check_allowed,
    in_pair,
    uninitialized,
    uninitialized_paused,
)
from tests.ontaplab.mirroring.synchronous import (
    A_WHILE,
    SYNC,
    broken_off,
    in_sync,
    initializing,
    out_of_sync,
    paused,
    resynchronizing,
)

ALLOWED = [
    (uninitialized, "in_sync", "in_sync", "initialize"),
    (uninitialized, "paused", "paused", None),
    (uninitialized_paused, "in_sync", "uninitialized", None),
    (in_sync, "in_sync", "in_sync", None),
    (in_sync, "paused", "paused", None),
    (out_of_sync, "in_sync", "in_sync", "resync"),
    (out_of_sync, "paused", "paused", None),
    (out_of_sync, "broken_off", "broken_off", None),
    (paused, "in_sync", "in_sync", "resync"),
    (paused, "paused", "paused", None),
    (paused, "broken_off", "broken_off", None),
    (broken_off, "in_sync", "in_sync", "resync"),
    (broken_off, "broken_off", "broken_off", None),
]


@pytest.mark.parametrize(("prepare", "asked", "reached", "transfer"), ALLOWED)
def test_what_the_state_allows_leads_to_the_next_state(
    tmp_path: Path, prepare: Prepare, asked: str, reached: str, transfer: str | None
) -> None:
    check_allowed(tmp_path, "Sync", prepare, asked, reached, transfer)


REFUSED = [
    (uninitialized, "broken_off", "13303808"),
    (uninitialized_paused, "broken_off", "13303808"),
    (initializing, "in_sync", "13303830"),
    (initializing, "paused", "13303830"),
    (initializing, "broken_off", "13303830"),
    (resynchronizing, "broken_off", "13303830"),
    (in_sync, "broken_off", "13303808"),
    (in_sync, "snapmirrored", "13303829"),
    (broken_off, "paused", "13303818"),
]


@pytest.mark.parametrize(("prepare", "asked", "code"), REFUSED)
def test_what_the_state_does_not_allow_is_refused(tmp_path: Path, prepare: Prepare, asked: str, code: str) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        before = await pair.state()
        assert (await pair.lyon.refusal("PATCH", pair.path, {"state": asked}))[0] == code
        assert await pair.state() == before

    in_pair(tmp_path, claim, body=SYNC)


REFUSED_TRANSFERS = [
    (initializing, "Another transfer is in progress"),
    (in_sync, "synchronous"),
    (out_of_sync, "synchronous"),
    (paused, "paused"),
    (broken_off, "broken off"),
]


@pytest.mark.parametrize(("prepare", "reason"), REFUSED_TRANSFERS)
def test_a_transfer_is_posted_for_the_first_time_only(tmp_path: Path, prepare: Prepare, reason: str) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        code, message = await pair.lyon.refusal("POST", f"{pair.path}/transfers")
        assert code == "13303844"
        assert reason in message

    in_pair(tmp_path, claim, body=SYNC)


def test_a_posted_transfer_initializes_and_takes_no_options(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        for option in ({"throttle": 5}, {"source_snapshot": "x"}):
            assert (await pair.lyon.refusal("POST", f"{pair.path}/transfers", option))[0] == "13304040"
        await pair.transfer()
        assert (await pair.settle())["state"] == "in_sync"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_relationship_that_synchronizes_can_be_neither_aborted_nor_deleted(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await initializing(pair)
        await trio.sleep(1)
        transfer = (await pair.relationship())["transfer"]["uuid"]
        path = f"{pair.path}/transfers/{transfer}"
        assert (await pair.lyon.refusal("PATCH", path, {"state": "aborted"}))[0] == "13303848"
        assert (await pair.lyon.refusal("DELETE", pair.path))[0] == "6619715"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_first_synchronization_that_fails_leaves_it_uninitialized_a_later_one_out_of_sync_for_minutes(
    tmp_path: Path,
) -> None:
    async def claim(pair: Pair) -> None:
        apps = pair.lyon.cluster.network.apps  # type: ignore[attr-defined]
        paris = apps[pair.paris.cluster.address]
        for prepare, state in ((initializing, "uninitialized"), (resynchronizing, "out_of_sync")):
            await prepare(pair)
            await trio.sleep(1)
            pair.cut_paris_off()
            await pair.gate(held=False)
            record = await pair.settle()
            assert (record["state"], record["healthy"], record["transfer"]["state"]) == (state, False, "failed")
            apps[pair.paris.cluster.address] = paris
        await trio.sleep(4 * 60)
        assert await pair.state() == "out_of_sync"
        await trio.sleep(2 * 60)
        assert await pair.state() == "in_sync"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_forced_break_interrupts_the_synchronization(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await resynchronizing(pair)
        await pair.lyon.patch(pair.path, {"state": "broken_off"}, force="true")
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"]) == ("broken_off", "aborted")
        (pair.copy / "file").write_bytes(b"writable")

    in_pair(tmp_path, claim, body=SYNC)


@pytest.mark.parametrize("prepare", [uninitialized, in_sync, out_of_sync, paused, broken_off])
def test_an_idle_relationship_can_be_deleted(tmp_path: Path, prepare: Prepare) -> None:
    async def claim(pair: Pair) -> None:
        await prepare(pair)
        await pair.lyon.delete(pair.path)
        await trio.sleep(2 * A_WHILE)
        assert await pair.lyon.get(RELATIONSHIPS) == []
        assert await pair.paris.get(RELATIONSHIPS, list_destinations_only="true") == []

    in_pair(tmp_path, claim, body=SYNC)


def test_a_policy_of_another_type_has_to_wait_for_a_new_relationship(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        for policy in ("MirrorAllSnapshots", "StrictSync"):
            assert (await pair.lyon.refusal("PATCH", pair.path, {"policy": policy}))[0] == "13303865"
        assert (await pair.lyon.refusal("PATCH", pair.path, {"transfer_schedule": "daily"}))[0] == "6621782"

    in_pair(tmp_path, claim, body=SYNC)


def test_a_forced_break_interrupts_a_resync_that_began_while_it_waited(tmp_path: Path) -> None:
    async def claim(pair: Pair) -> None:
        await out_of_sync(pair)
        (pair.live / "file").write_bytes(b"more")
        source = Stalling(pair)
        await trio.sleep(2 * A_WHILE)  # by itself it tries to resynchronize, and waits for the source
        await pair.gate(held=True)
        await pair.lyon.http.patch(f"/api{pair.path}", json={"state": "broken_off"}, params={"force": "true"})
        await trio.sleep(1)
        source.answers.set()
        await trio.sleep(1)
        record = await pair.relationship()
        assert (record["state"], record["transfer"]["state"]) == ("broken_off", "aborted")

    in_pair(tmp_path, claim, body=SYNC)
