"""The table of what may be asked of a relationship."""

from __future__ import annotations

import itertools

import pytest

from ontaplab.errors import OntapError
from ontaplab.resources.relationships.decisions import (
    Event,
    Gone,
    Interrupt,
    Move,
    Refusal,
    Situation,
    Turn,
    Wait,
    Word,
)
from ontaplab.resources.relationships.requests import word_for_state, word_for_transfer
from ontaplab.resources.relationships.rules import decide, table_of
from ontaplab.resources.relationships.state import Kind, State

KINDS: tuple[Kind, ...] = ("async", "sync", "restore")


def states(kind: Kind) -> list[State]:
    return sorted({row.state for row in table_of(kind)})


def situations(kind: Kind) -> list[Situation]:
    found = []
    for state, bits in itertools.product(states(kind), itertools.product((False, True), repeat=4)):
        transferring, initialized, modifying, forced = bits
        # A pause waits for the transfer, and none starts after it; synchronous ones transfer while synchronizing only,
        # and do nothing else then.
        synchronizing = state is State.SYNCHRONIZING
        idle_state = not synchronizing if kind == "sync" else state is State.PAUSED
        if not (idle_state and transferring) and not (synchronizing and (modifying or not transferring)):
            found.append(
                Situation(
                    state=state,
                    kind=kind,
                    transferring=transferring,
                    initialized=initialized,
                    modifying=modifying,
                    forced=forced,
                )
            )
    return found


EVERY = [now for kind in KINDS for now in situations(kind)]
STATES = [(kind, state) for kind in KINDS for state in states(kind)]


@pytest.mark.parametrize(("kind", "state"), STATES)
def test_every_state_can_be_reached_and_left(kind: Kind, state: State) -> None:
    reached, left = {State.UNINITIALIZED}, False
    for row in table_of(kind):
        if isinstance(row.outcome, Move):
            reached |= {row.outcome.to} | ({row.outcome.after} if row.outcome.after else set())
            after = row.outcome.after or row.outcome.to
            left |= row.state is state and (after is not state or row.outcome.transfer == "restore")
    assert state in reached
    assert left


@pytest.mark.parametrize("word", [*Word, *Event])
def test_every_word_is_understood_in_every_situation(word: Word | Event) -> None:
    for now in EVERY:
        assert isinstance(decide(now, word), Move | Gone | Wait | Interrupt | Turn | Refusal)


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_stands_below_one_that_always_decides(kind: Kind) -> None:
    table = table_of(kind)
    for number, row in enumerate(table):
        earlier = [other for other in table[:number] if (other.state, other.word) == (row.state, row.word)]
        fitting = [now for now in situations(kind) if now.state is row.state and row.when(now)]
        assert any(not any(other.when(now) for other in earlier) for now in fitting), row


def test_while_a_relationship_is_modified_everything_is_refused_for_later() -> None:
    for now, word in itertools.product(EVERY, Word):
        if now.modifying and now.kind != "restore":  # nothing modifies those but their transfer
            assert decide(now, word) == Refusal("6619715")


def test_no_transfer_starts_while_one_runs_and_none_but_the_fitting_kind_when_idle() -> None:
    started: dict[tuple[str, State, str], Word] = {}
    for now, word in itertools.product(EVERY, Word):
        outcome = decide(now, word)
        if isinstance(outcome, Move) and outcome.transfer is not None:
            assert not now.transferring
            started.setdefault((now.kind, now.state, outcome.transfer), word)
    assert started == {
        ("async", State.UNINITIALIZED, "initialize"): Word.INITIALIZE,
        ("async", State.SNAPMIRRORED, "update"): Word.UPDATE,
        ("async", State.BROKEN_OFF, "resync"): Word.RESYNC,
        ("sync", State.UNINITIALIZED, "initialize"): Word.INITIALIZE,
        ("sync", State.OUT_OF_SYNC, "resync"): Word.RESYNC,
        ("sync", State.PAUSED, "resync"): Word.RESUME,
        ("sync", State.BROKEN_OFF, "resync"): Word.RESYNC,
        ("restore", State.UNINITIALIZED, "restore"): Word.RESTORE,
    }


def test_only_an_initialized_and_idle_destination_breaks_off() -> None:
    for now in EVERY:
        outcome = decide(now, Word.BREAK)
        if isinstance(outcome, Move) and now.state is State.PAUSED:
            assert now.initialized
        assert not (isinstance(outcome, Move) and now.transferring)


def test_only_who_forces_it_interrupts_a_transfer() -> None:
    for now, word in itertools.product(EVERY, Word):
        if isinstance(decide(now, word), Interrupt):
            assert now.forced
            assert now.transferring


@pytest.mark.parametrize(
    ("kind", "state", "asked", "word"),
    [
        ("async", State.UNINITIALIZED, "snapmirrored", Word.INITIALIZE),
        ("async", State.SNAPMIRRORED, "snapmirrored", Word.RESUME),
        ("async", State.PAUSED, "snapmirrored", Word.RESUME),
        ("async", State.BROKEN_OFF, "snapmirrored", Word.RESYNC),
        ("async", State.PAUSED, "paused", Word.QUIESCE),
        ("async", State.PAUSED, "broken_off", Word.BREAK),
        ("sync", State.UNINITIALIZED, "in_sync", Word.INITIALIZE),
        ("sync", State.IN_SYNC, "in_sync", Word.RESUME),
        ("strict_sync", State.OUT_OF_SYNC, "in_sync", Word.RESYNC),
        ("strict_sync", State.BROKEN_OFF, "in_sync", Word.RESYNC),
    ],
)
def test_a_requested_state_means_what_the_present_state_makes_of_it(
    kind: Kind, state: State, asked: str, word: Word
) -> None:
    assert word_for_state(state, asked, kind) is word


def test_a_posted_transfer_initializes_or_updates_or_restores() -> None:
    for state in State:
        expected = Word.INITIALIZE if state is State.UNINITIALIZED else Word.UPDATE
        assert word_for_transfer(state) is expected
        assert word_for_transfer(state, "restore") is Word.RESTORE


@pytest.mark.parametrize(
    ("kind", "asked", "code"),
    [
        ("async", "in_sync", "13303831"),
        ("sync", "snapmirrored", "13303829"),
        ("async", "synchronizing", "13303830"),
        ("sync", "out_of_sync", "13303829"),
        ("async", "uninitialized", "13303829"),
        ("async", "nonsense", "13303817"),
        ("restore", "snapmirrored", "13303851"),
    ],
)
def test_a_state_that_cannot_be_requested_has_its_own_code(kind: Kind, asked: str, code: str) -> None:
    with pytest.raises(OntapError) as refused:
        word_for_state(State.UNINITIALIZED, asked, kind)
    assert refused.value.code == code
