"""The table of what may be asked of a relationship."""

from __future__ import annotations

import itertools

import pytest

from ontaplab.errors import OntapError
from ontaplab.resources.relationships.rules import (
    ASYNC,
    Gone,
    Move,
    Refusal,
    Situation,
    Wait,
    Word,
    decide,
    word_for_state,
    word_for_transfer,
)
from ontaplab.resources.relationships.state import State

SITUATIONS = [
    Situation(state=state, transferring=transferring, initialized=initialized, modifying=modifying)
    for state, transferring, initialized, modifying in itertools.product(
        State, (False, True), (False, True), (False, True)
    )
    if not (state is State.PAUSED and transferring)  # a pause waits for the transfer, and none starts after it
]


@pytest.mark.parametrize("state", State)
def test_every_state_has_rows_and_a_way_out_and_can_be_reached(state: State) -> None:
    rows = [row for row in ASYNC if row.state is state]
    moves = [row.outcome for row in rows if isinstance(row.outcome, Move)]
    assert any(state not in (move.to, move.after) or move.after not in (None, state) for move in moves)
    reached = {State.UNINITIALIZED}
    for row in ASYNC:
        if isinstance(row.outcome, Move):
            reached |= {row.outcome.to} | ({row.outcome.after} if row.outcome.after else set())
    assert state in reached


@pytest.mark.parametrize("word", Word)
def test_every_word_is_understood_in_every_situation(word: Word) -> None:
    for now in SITUATIONS:
        assert isinstance(decide(now, word), Move | Gone | Wait | Refusal)


def test_no_row_stands_below_one_that_always_decides() -> None:
    fitting = [[now for now in SITUATIONS if now.state is row.state and row.when(now)] for row in ASYNC]
    for number, row in enumerate(ASYNC):
        earlier = [other for other in ASYNC[:number] if (other.state, other.word) == (row.state, row.word)]
        assert any(not any(other.when(now) for other in earlier) for now in fitting[number]), row


def test_while_a_relationship_is_modified_everything_is_refused_for_later() -> None:
    for now, word in itertools.product(SITUATIONS, Word):
        if now.modifying:
            assert decide(now, word) == Refusal("6619715")


def test_no_transfer_starts_while_one_runs_and_none_but_the_fitting_kind_when_idle() -> None:
    started: dict[tuple[State, str], Word] = {}
    for now, word in itertools.product(SITUATIONS, Word):
        outcome = decide(now, word)
        if isinstance(outcome, Move) and outcome.transfer is not None:
            assert not now.transferring
            assert outcome.after is State.SNAPMIRRORED
            started.setdefault((now.state, outcome.transfer), word)
    assert started == {
        (State.UNINITIALIZED, "initialize"): Word.INITIALIZE,
        (State.SNAPMIRRORED, "update"): Word.UPDATE,
        (State.BROKEN_OFF, "resync"): Word.RESYNC,
    }


def test_only_an_initialized_destination_breaks_off() -> None:
    for now in SITUATIONS:
        outcome = decide(now, Word.BREAK)
        if isinstance(outcome, Move) and now.state is not State.BROKEN_OFF:
            assert now.initialized or now.state is State.SNAPMIRRORED
            assert not now.transferring


@pytest.mark.parametrize(
    ("state", "asked", "word"),
    [
        (State.UNINITIALIZED, "snapmirrored", Word.INITIALIZE),
        (State.SNAPMIRRORED, "snapmirrored", Word.RESUME),
        (State.PAUSED, "snapmirrored", Word.RESUME),
        (State.BROKEN_OFF, "snapmirrored", Word.RESYNC),
        (State.PAUSED, "paused", Word.QUIESCE),
        (State.PAUSED, "broken_off", Word.BREAK),
    ],
)
def test_a_requested_state_means_what_the_present_state_makes_of_it(state: State, asked: str, word: Word) -> None:
    assert word_for_state(state, asked) is word


def test_a_posted_transfer_initializes_or_updates() -> None:
    assert {state: word_for_transfer(state) for state in State} == {
        State.UNINITIALIZED: Word.INITIALIZE,
        State.SNAPMIRRORED: Word.UPDATE,
        State.PAUSED: Word.UPDATE,
        State.BROKEN_OFF: Word.UPDATE,
    }


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("in_sync", "13303831"),
        ("synchronizing", "13303830"),
        ("uninitialized", "13303829"),
        ("nonsense", "13303817"),
    ],
)
def test_a_state_that_cannot_be_requested_has_its_own_code(asked: str, code: str) -> None:
    with pytest.raises(OntapError) as refused:
        word_for_state(State.SNAPMIRRORED, asked)
    assert refused.value.code == code
