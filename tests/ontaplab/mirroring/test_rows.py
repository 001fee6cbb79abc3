"""Every row of the tables of the rules is reached over the wire, and what it says is what comes of it.

The rows are taken from the tables, so a new one needs a way to its moment in `MOMENTS`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import httpx
import pytest
import trio

from ontaplab.resources.relationships import rules
from ontaplab.resources.relationships.decisions import Event, Gone, Interrupt, Move, Refusal, Turn, Wait, Word
from ontaplab.resources.relationships.requests import mirror_state, word_for_state, word_for_transfer
from ontaplab.resources.relationships.rules import Condition, Row, table_of
from ontaplab.resources.relationships.state import Kind, State
from tests.ontaplab.mirroring.moments import MOMENTS, path_of_last
from tests.ontaplab.mirroring.pairs import RELATIONSHIPS, Pair, in_pair

Ask = Callable[[Pair, Mapping[str, str]], Awaitable[httpx.Response | None]]
KINDS: tuple[Kind, ...] = ("async", "sync", "restore")
POLICY: Mapping[Kind, str] = {"async": "MirrorAllSnapshots", "sync": "Sync", "restore": "MirrorAllSnapshots"}
WAITING = {"return_timeout": "60"}


def patching(state: str) -> Ask:
    async def ask(pair: Pair, query: Mapping[str, str]) -> httpx.Response:
        return await pair.lyon.http.patch(f"/api{pair.path}", json={"state": state}, params=query)

    return ask


async def post_transfer(pair: Pair, query: Mapping[str, str]) -> httpx.Response:
    return await pair.lyon.http.post(f"/api{pair.path}/transfers", json={})


async def abort(pair: Pair, query: Mapping[str, str]) -> httpx.Response:
    return await pair.lyon.http.patch(f"/api{await path_of_last(pair)}", json={"state": "aborted"})


async def delete(pair: Pair, query: Mapping[str, str]) -> httpx.Response:
    return await pair.lyon.http.delete(f"/api{pair.path}", params=query)


async def turn_round(pair: Pair, query: Mapping[str, str]) -> httpx.Response:
    now = await pair.relationship()
    turned = {"source.path": now["destination"]["path"], "destination.path": now["source"]["path"]}
    body = {**turned, "state": mirror_state("sync" if now["policy"]["type"] == "sync" else "async")}
    return await pair.lyon.http.patch(f"/api{pair.path}", json=body, params=query)


async def lose_the_source(pair: Pair, query: Mapping[str, str]) -> None:
    pair.cut_paris_off()
    await pair.gate(held=False)
    await trio.sleep(11)


def asks(kind: Kind, state: State) -> Mapping[Word | Event, Ask]:
    """How each word is said over the wire to a relationship in that state; those that are not there cannot be said."""
    found: dict[Word | Event, Ask] = {Word.ABORT: abort, Word.DELETE: delete}
    found[word_for_transfer(state, kind)] = post_transfer
    if kind != "restore":
        for wanted in (mirror_state(kind), "paused", "broken_off"):
            found[word_for_state(state, wanted, kind)] = patching(wanted)
        found[Word.REVERSE] = turn_round
        found |= dict.fromkeys(Event, lose_the_source)
    return found


ROWS = [(kind, row) for kind in KINDS for row in table_of(kind) if row.word in asks(kind, row.state)]
MOVES = [(kind, row) for kind, row in ROWS if not isinstance(row.outcome, Refusal)]
REFUSALS: dict[tuple[Kind, State, Condition], list[Row]] = {}
for each_kind, each_row in ROWS:
    if isinstance(each_row.outcome, Refusal):
        REFUSALS.setdefault((each_kind, each_row.state, each_row.when), []).append(each_row)


def named(value: object) -> str:
    match value:
        case Row(state, word, when):
            return f"{state.value}-{word.name}-{when.__name__}"
        case State():
            return value.value
    return getattr(value, "__name__", str(value))


def test_what_cannot_be_said_in_a_state_has_no_row_of_its_own() -> None:
    """All words at once are refused while the destination is modified."""
    unsaid = [row for kind in KINDS for row in table_of(kind) if row.word not in asks(kind, row.state)]
    assert {row.when for row in unsaid} == {rules.modifying}


@pytest.mark.parametrize(("kind", "state", "when"), REFUSALS, ids=named)
def test_each_row_that_refuses_does_so_with_its_code_and_reason_and_nothing_changes(
    tmp_path: Path, kind: Kind, state: State, when: Condition
) -> None:
    async def claim(pair: Pair) -> None:
        pair = await MOMENTS[kind, state, when](pair) or pair
        for row in REFUSALS[kind, state, when]:
            assert isinstance(row.outcome, Refusal)
            answer = await asks(kind, state)[row.word](pair, WAITING)
            assert answer is not None
            expected, error = row.outcome.error(), answer.json()["error"]
            assert (answer.status_code, error["code"], error["message"]) == (
                expected.status,
                expected.code,
                expected.message,
            ), row.word
            assert await pair.state() == state

    in_pair(tmp_path, claim, body={"policy": POLICY[kind]})


@pytest.mark.parametrize(("kind", "row"), MOVES, ids=named)
def test_each_row_that_allows_leads_where_it_says(tmp_path: Path, kind: Kind, row: Row) -> None:
    async def claim(pair: Pair) -> None:
        pair = await MOMENTS[kind, row.state, row.when](pair) or pair
        assert await pair.state() == row.state
        if isinstance(row.outcome, Move) and row.outcome.transfer:
            await pair.gate(held=True)
        query = {"force": "true"} if isinstance(row.outcome, Interrupt) else {}
        answer = await asks(kind, row.state)[row.word](pair, query)
        assert answer is None or answer.status_code in (200, 201, 202), answer.text
        await trio.sleep(1)
        await check(pair, row)

    in_pair(tmp_path, claim, body={"policy": POLICY[kind]})


async def check(pair: Pair, row: Row) -> None:
    """What the row says has come."""
    match row.outcome:
        case Move(to, None, _):
            assert await pair.state() == to
        case Move(to, transfer, after):
            record = await pair.relationship()
            assert (record["state"], record["transfer"]["type"]) == (to, transfer)
            await pair.gate(held=False)
            await trio.sleep(1)
            assert await states(pair) == ([after] if after else []), "a restore that succeeded leaves no relationship"
        case Wait():
            record = await pair.relationship()
            assert (record["state"], record["transfer"]["state"]) == (row.state, "transferring")
            await pair.gate(held=False)
            await trio.sleep(1)
            assert await pair.state() == "paused"
        case Interrupt():
            record = await pair.relationship()
            assert (record["state"], record["transfer"]["state"]) == ("broken_off", "aborted")
        case Gone():
            assert await states(pair) == []
        case Turn():
            assert await states(pair) == []
            record = await pair.paris.one(RELATIONSHIPS, uuid=pair.uuid, fields="state")
            assert record["state"] == row.state
        case _:
            raise AssertionError(row.outcome)


async def states(pair: Pair) -> Sequence[str]:
    """Of the relationship, where it is still there."""
    return [each["state"] for each in await pair.lyon.get(RELATIONSHIPS, uuid=pair.uuid, fields="state")]
