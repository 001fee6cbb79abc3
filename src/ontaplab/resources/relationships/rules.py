"""What may be asked of a relationship in which state, and what comes of it: one table.

The rows are tried from the top; the first whose state, word and condition fit decides, and what no row allows is
refused. Deciding changes nothing: a `Move` says which state follows and which transfer starts, others carry it out.

The wire has fewer words than there are intentions. `PATCH state: snapmirrored` is an initialize, a resume or a resync
by the state it meets (`word_for_state`), a transfer that is posted an initialize or an update (`word_for_transfer`).

Synchronous policies will have a table of their own beside `ASYNC`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ontaplab.errors import OntapError
from ontaplab.resources.relationships.errors import BUSY, failed
from ontaplab.resources.relationships.state import State, TransferType


class Word(StrEnum):
    """What can be asked of it."""

    INITIALIZE = "initialize"
    UPDATE = "update"
    QUIESCE = "quiesce"
    RESUME = "resume"
    BREAK = "break"
    RESYNC = "resync"
    ABORT = "abort"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the rules depend on."""

    state: State
    transferring: bool = False
    initialized: bool = True
    """Whether the destination holds a complete copy, whatever became of it since."""
    modifying: bool = False
    """Whether the destination is just being broken off, or made a mirror again."""


@dataclass(frozen=True, slots=True)
class Move:
    """It is allowed: the relationship is in `to` at once, in `after` when the transfer that starts has succeeded."""

    to: State
    transfer: TransferType | None = None
    after: State | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """It is allowed: the relationship goes away."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It is decided anew when the running transfer has ended."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """It is refused with this code, and nothing changes."""

    code: str
    reason: str = ""

    def error(self) -> OntapError:
        return failed(self.code, self.reason)


Outcome = Move | Gone | Wait | Refusal
Condition = Callable[[Situation], bool]


@dataclass(frozen=True, slots=True)
class Row:
    state: State
    word: Word
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


_S, _W = State, Word
_NOT_INITIALIZED = Refusal("13303808", "The destination volume is not initialized.")

ASYNC: Sequence[Row] = (
    *(Row(state, word, modifying, Refusal("6619715")) for state in State for word in Word),
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
    Row(_S.SNAPMIRRORED, _W.BREAK, transferring, Refusal("13303808", BUSY)),
    Row(_S.SNAPMIRRORED, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    Row(_S.SNAPMIRRORED, _W.ABORT, transferring, Move(_S.SNAPMIRRORED)),
    # Assumption: a relationship paused before its first transfer is again uninitialized when it is resumed.
    Row(_S.PAUSED, _W.RESUME, uninitialized, Move(_S.UNINITIALIZED)),
    Row(_S.PAUSED, _W.RESUME, always, Move(_S.SNAPMIRRORED)),
    Row(_S.PAUSED, _W.QUIESCE, always, Move(_S.PAUSED)),  # Assumption: not an error
    Row(_S.PAUSED, _W.BREAK, uninitialized, _NOT_INITIALIZED),  # Assumption: this code
    Row(_S.PAUSED, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    # Assumption: this code, as for every update that the state does not allow.
    Row(_S.PAUSED, _W.UPDATE, always, Refusal("13303844", "The relationship is paused.")),
    Row(_S.BROKEN_OFF, _W.RESYNC, transferring, Refusal("13303810", BUSY)),
    Row(_S.BROKEN_OFF, _W.RESYNC, always, Move(_S.BROKEN_OFF, "resync", _S.SNAPMIRRORED)),
    Row(_S.BROKEN_OFF, _W.UPDATE, transferring, Refusal("13303844", BUSY)),
    Row(_S.BROKEN_OFF, _W.UPDATE, always, Refusal("13303844", "The relationship is broken off.")),
    # Assumption: during a resync a quiesce waits for its end; if the resync failed, it is refused as below.
    Row(_S.BROKEN_OFF, _W.QUIESCE, transferring, Wait()),
    Row(_S.BROKEN_OFF, _W.QUIESCE, always, Refusal("13303818", "The relationship is broken off.")),  # Assumption
    Row(_S.BROKEN_OFF, _W.BREAK, transferring, Refusal("13303808", BUSY)),
    # Assumption: not an error. A resync that failed left the destination a mirror, which a break makes writable.
    Row(_S.BROKEN_OFF, _W.BREAK, always, Move(_S.BROKEN_OFF)),
    Row(_S.BROKEN_OFF, _W.ABORT, transferring, Move(_S.BROKEN_OFF)),
    # Assumption: a relationship cannot be deleted during a transfer; deleting does not break.
    *(Row(state, _W.DELETE, transferring, Refusal("6619715", BUSY)) for state in State if state is not _S.PAUSED),
    *(Row(state, _W.DELETE, always, Gone()) for state in State),
    *(Row(state, _W.ABORT, idle, Refusal("13303849")) for state in State),
)

_OTHERWISE = Refusal("13303818")


def decide(now: Situation, word: Word) -> Outcome:
    """What comes of asking for that. Never raises; a refusal is an outcome."""
    fitting = (row for row in ASYNC if row.state is now.state and row.word is word and row.when(now))
    return next((row.outcome for row in fitting), _OTHERWISE)


_SNAPMIRRORED = {
    State.UNINITIALIZED: Word.INITIALIZE,
    State.SNAPMIRRORED: Word.RESUME,
    State.PAUSED: Word.RESUME,
    State.BROKEN_OFF: Word.RESYNC,
}
_TRANSIENT = {"synchronizing", "expanding", "shrinking"}
_REPORTED_ONLY = {"uninitialized", "out_of_sync"}


def word_for_state(now: State, wanted: str) -> Word:
    """What `PATCH state: wanted` means in that state.

    Raises: OntapError for what is no state, or none that can be asked of an asynchronous relationship.
    """
    match wanted:
        case "snapmirrored":
            return _SNAPMIRRORED[now]
        case "paused":
            return Word.QUIESCE
        case "broken_off":
            return Word.BREAK
    raise _not_requestable(wanted)


def word_for_transfer(now: State) -> Word:
    """What posting a transfer means in that state."""
    return Word.INITIALIZE if now is State.UNINITIALIZED else Word.UPDATE


def _not_requestable(wanted: str) -> OntapError:
    """Assumption: which of the codes is given for a state that is reported only."""
    if wanted == "in_sync":
        return OntapError(400, "13303831", '"in_sync" is invalid for an asynchronous policy.', target="state")
    if wanted in _TRANSIENT:
        return OntapError(400, "13303830", f'"{wanted}" is a transient state and cannot be requested.', target="state")
    if wanted in _REPORTED_ONLY:
        return OntapError(400, "13303829", f'State "{wanted}" cannot be requested.', target="state")
    return OntapError(400, "13303817", f'"{wanted}" is not a state of a relationship.', target="state")
