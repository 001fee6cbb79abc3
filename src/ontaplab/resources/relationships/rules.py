"""What may be asked of a relationship in which state, and what comes of it: a table for each kind of relationship.

The rows are tried from the top; the first whose state, word and condition fit decides, and what no row allows is
refused. What befalls a relationship by itself is an `Event`, and has its rows too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ontaplab.resources.relationships.decisions import (
    Event,
    Gone,
    Interrupt,
    Move,
    Outcome,
    Refusal,
    Situation,
    Turn,
    Wait,
    Word,
)
from ontaplab.resources.relationships.errors import BUSY
from ontaplab.resources.relationships.state import SYNCHRONOUS, Kind, State

Condition = Callable[[Situation], bool]


@dataclass(frozen=True, slots=True)
class Row:
    state: State
    word: Word | Event
    when: Condition
    outcome: Outcome


def always(now: Situation) -> bool:
    return True


def transferring(now: Situation) -> bool:
    return now.transferring


def idle(now: Situation) -> bool:
    return not now.transferring


def uninitialized(now: Situation) -> bool:
    return not now.initialized


def modifying(now: Situation) -> bool:
    return now.modifying


def transferring_and_forced(now: Situation) -> bool:
    return now.transferring and now.forced


_S, _W = State, Word
_ASYNC_STATES = (_S.UNINITIALIZED, _S.SNAPMIRRORED, _S.PAUSED, _S.BROKEN_OFF)
_SYNC_STATES = (_S.UNINITIALIZED, _S.SYNCHRONIZING, _S.IN_SYNC, _S.OUT_OF_SYNC, _S.PAUSED, _S.BROKEN_OFF)
_NOT_INITIALIZED = Refusal("13303808", "The destination volume is not initialized.")
_PAUSED = Refusal("13303844", "The relationship is paused.")
_BROKEN_OFF = Refusal("13303844", "The relationship is broken off.")

ASYNC: Sequence[Row] = (
    *(Row(state, word, modifying, Refusal("6619715")) for state in _ASYNC_STATES for word in Word),
    Row(_S.UNINITIALIZED, _W.INITIALIZE, transferring, Refusal("13303812", BUSY)),
    Row(_S.UNINITIALIZED, _W.INITIALIZE, always, Move(_S.UNINITIALIZED, "initialize", _S.SNAPMIRRORED)),
    # Assumption: as for a mirror, quiesce waits for the transfer, and it is accepted before the first one.
    Row(_S.UNINITIALIZED, _W.QUIESCE, transferring, Wait()),
    Row(_S.UNINITIALIZED, _W.QUIESCE, always, Move(_S.PAUSED)),
    Row(_S.UNINITIALIZED, _W.BREAK, transferring, Refusal("13303808", BUSY)),
    Row(_S.UNINITIALIZED, _W.BREAK, always, _NOT_INITIALIZED),  # Assumption: this code
    Row(_S.UNINITIALIZED, _W.ABORT, transferring, Move(_S.UNINITIALIZED)),
    Row(_S.SNAPMIRRORED, _W.UPDATE, transferring, Refusal("13303844", BUSY)),
    Row(_S.SNAPMIRRORED, _W.UPDATE, always, Move(_S.SNAPMIRRORED, "update", _S.SNAPMIRRORED)),
    Row(_S.SNAPMIRRORED, _W.QUIESCE, transferring, Wait()),
    Row(_S.SNAPMIRRORED, _W.QUIESCE, always, Move(_S.PAUSED)),
    # Assumption: asking a mirror for what it is succeeds and starts nothing; during a transfer it is refused.
    Row(_S.SNAPMIRRORED, _W.RESUME, transferring, Refusal("13303810", BUSY)),
    Row(_S.SNAPMIRRORED, _W.RESUME, always, Move(_S.SNAPMIRRORED)),
    # Assumption: a break that is forced does not wait for a transfer to end.
    Row(_S.SNAPMIRRORED, _W.BREAK, transferring_and_forced, Interrupt()),
    Row(_S.SNAPMIRRORED, _W.BREAK, transferring, Refusal("13303808", BUSY)),
    Row(_S.SNAPMIRRORED, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    Row(_S.SNAPMIRRORED, _W.ABORT, transferring, Move(_S.SNAPMIRRORED)),
    # Assumption: only a mirror that is idle is turned round; a pair that is broken off has to be resynchronized first.
    Row(_S.SNAPMIRRORED, _W.REVERSE, transferring, Refusal("13303810", BUSY)),
    Row(_S.SNAPMIRRORED, _W.REVERSE, always, Turn()),
    # Assumption: a relationship paused before its first transfer is again uninitialized when it is resumed.
    Row(_S.PAUSED, _W.RESUME, uninitialized, Move(_S.UNINITIALIZED)),
    Row(_S.PAUSED, _W.RESUME, always, Move(_S.SNAPMIRRORED)),
    Row(_S.PAUSED, _W.QUIESCE, always, Move(_S.PAUSED)),  # Assumption: not an error
    Row(_S.PAUSED, _W.BREAK, uninitialized, _NOT_INITIALIZED),  # Assumption: this code
    Row(_S.PAUSED, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    # Assumption: this code, as for every update that the state does not allow.
    Row(_S.PAUSED, _W.UPDATE, always, _PAUSED),
    Row(_S.BROKEN_OFF, _W.RESYNC, transferring, Refusal("13303810", BUSY)),
    Row(_S.BROKEN_OFF, _W.RESYNC, always, Move(_S.BROKEN_OFF, "resync", _S.SNAPMIRRORED)),
    Row(_S.BROKEN_OFF, _W.UPDATE, transferring, Refusal("13303844", BUSY)),
    Row(_S.BROKEN_OFF, _W.UPDATE, always, _BROKEN_OFF),
    # Assumption: during a resync a quiesce waits for its end; if the resync failed, it is refused as below.
    Row(_S.BROKEN_OFF, _W.QUIESCE, transferring, Wait()),
    # Assumption: this code.
    Row(_S.BROKEN_OFF, _W.QUIESCE, always, Refusal("13303818", "The relationship is broken off.")),
    Row(_S.BROKEN_OFF, _W.BREAK, transferring_and_forced, Interrupt()),
    Row(_S.BROKEN_OFF, _W.BREAK, transferring, Refusal("13303808", BUSY)),
    # Assumption: not an error. A resync that failed left the destination a mirror, which a break makes writable.
    Row(_S.BROKEN_OFF, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    Row(_S.BROKEN_OFF, _W.ABORT, transferring, Move(_S.BROKEN_OFF)),
    # Assumption: a relationship cannot be deleted during a transfer; deleting does not break.
    *(
        Row(state, _W.DELETE, transferring, Refusal("6619715", BUSY))
        for state in _ASYNC_STATES
        if state is not _S.PAUSED
    ),
    *(Row(state, _W.DELETE, always, Gone()) for state in _ASYNC_STATES),
    *(Row(state, _W.ABORT, idle, Refusal("13303849")) for state in _ASYNC_STATES),
)

_TRANSIENT = Refusal("13303830", "The relationship is synchronizing.")
_SYNCHRONIZE = Move(_S.SYNCHRONIZING, "resync", _S.IN_SYNC)

SYNC: Sequence[Row] = (
    *(
        Row(state, word, modifying, Refusal("6619715"))
        for state in _SYNC_STATES
        if state is not _S.SYNCHRONIZING  # its transfer runs, and nothing else
        for word in Word
    ),
    Row(_S.UNINITIALIZED, _W.INITIALIZE, always, Move(_S.SYNCHRONIZING, "initialize", _S.IN_SYNC)),
    # Assumption: as for an asynchronous relationship, quiesce is accepted before the first transfer.
    Row(_S.UNINITIALIZED, _W.QUIESCE, always, Move(_S.PAUSED)),
    Row(_S.UNINITIALIZED, _W.BREAK, always, _NOT_INITIALIZED),  # Assumption: this code
    Row(_S.SYNCHRONIZING, _W.BREAK, transferring_and_forced, Interrupt()),
    *(Row(_S.SYNCHRONIZING, word, always, _TRANSIENT) for word in (_W.RESYNC, _W.QUIESCE, _W.BREAK, _W.REVERSE)),
    Row(_S.SYNCHRONIZING, _W.UPDATE, always, Refusal("13303844", BUSY)),
    Row(_S.SYNCHRONIZING, Event.TRANSFER_FAILS, uninitialized, Move(_S.UNINITIALIZED)),
    Row(_S.SYNCHRONIZING, Event.TRANSFER_FAILS, always, Move(_S.OUT_OF_SYNC)),
    Row(_S.IN_SYNC, _W.RESUME, always, Move(_S.IN_SYNC)),  # Assumption: not an error
    Row(_S.IN_SYNC, _W.QUIESCE, always, Move(_S.PAUSED)),
    # Assumption: what is in sync has to be paused before it breaks, as in the documented procedure.
    Row(_S.IN_SYNC, _W.BREAK, always, Refusal("13303808", "The relationship must be paused first.")),
    Row(_S.IN_SYNC, _W.REVERSE, always, Turn()),
    Row(_S.IN_SYNC, Event.FALLS_BEHIND, always, Move(_S.OUT_OF_SYNC)),
    Row(_S.OUT_OF_SYNC, _W.RESYNC, always, _SYNCHRONIZE),
    Row(_S.OUT_OF_SYNC, _W.QUIESCE, always, Move(_S.PAUSED)),
    Row(_S.OUT_OF_SYNC, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    Row(_S.PAUSED, _W.RESUME, uninitialized, Move(_S.UNINITIALIZED)),
    Row(_S.PAUSED, _W.RESUME, always, _SYNCHRONIZE),
    Row(_S.PAUSED, _W.QUIESCE, always, Move(_S.PAUSED)),
    Row(_S.PAUSED, _W.BREAK, uninitialized, _NOT_INITIALIZED),
    Row(_S.PAUSED, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    Row(_S.PAUSED, _W.UPDATE, always, _PAUSED),
    Row(_S.BROKEN_OFF, _W.RESYNC, always, _SYNCHRONIZE),
    Row(_S.BROKEN_OFF, _W.QUIESCE, always, Refusal("13303818", "The relationship is broken off.")),
    Row(_S.BROKEN_OFF, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    Row(_S.BROKEN_OFF, _W.UPDATE, always, _BROKEN_OFF),
    # Assumption: this code; what is in sync has nothing to be updated, and updates do not mend what is out of it.
    *(
        Row(state, _W.UPDATE, always, Refusal("13303844", "The relationship is synchronous."))
        for state in (_S.IN_SYNC, _S.OUT_OF_SYNC)
    ),
    Row(_S.SYNCHRONIZING, _W.DELETE, always, Refusal("6619715", BUSY)),
    *(Row(state, _W.DELETE, always, Gone()) for state in _SYNC_STATES if state is not _S.SYNCHRONIZING),
    *(Row(state, _W.ABORT, always, Refusal("13303848")) for state in _SYNC_STATES),
)

RESTORE: Sequence[Row] = (
    Row(_S.UNINITIALIZED, _W.RESTORE, transferring, Refusal("13303845", BUSY)),
    Row(_S.UNINITIALIZED, _W.RESTORE, always, Move(_S.UNINITIALIZED, "restore")),
    Row(_S.UNINITIALIZED, _W.ABORT, transferring, Move(_S.UNINITIALIZED)),
    Row(_S.UNINITIALIZED, _W.ABORT, always, Refusal("13303849")),
    Row(_S.UNINITIALIZED, _W.DELETE, transferring, Refusal("13303855", BUSY)),
    Row(_S.UNINITIALIZED, _W.DELETE, always, Gone()),
)
"""After a restore that succeeded the relationship is gone."""

_OTHERWISE = Refusal("13303818")


def table_of(kind: Kind) -> Sequence[Row]:
    """The rules that relationships of that kind keep to."""
    if kind == "restore":
        return RESTORE
    return SYNC if kind in SYNCHRONOUS else ASYNC


def decide(now: Situation, word: Word | Event) -> Outcome:
    """What comes of asking for that, or of that event. Never raises; a refusal is an outcome."""
    fitting = (row for row in table_of(now.kind) if row.state is now.state and row.word is word and row.when(now))
    return next((row.outcome for row in fitting), _OTHERWISE)
