"""What the wire's few words mean in each state.

`PATCH state: snapmirrored` (or `in_sync`) is an initialize, a resume or a resync by the state it meets; a transfer that
is posted is an initialize, an update or a restore.
"""

from __future__ import annotations

from ontaplab.errors import OntapError
from ontaplab.resources.relationships.decisions import Word
from ontaplab.resources.relationships.errors import restore_is_read_only
from ontaplab.resources.relationships.state import SYNCHRONOUS, Kind, State

_MIRROR = {
    State.UNINITIALIZED: Word.INITIALIZE,
    State.SNAPMIRRORED: Word.RESUME,
    State.PAUSED: Word.RESUME,
    State.BROKEN_OFF: Word.RESYNC,
    State.SYNCHRONIZING: Word.RESYNC,
    State.IN_SYNC: Word.RESUME,
    State.OUT_OF_SYNC: Word.RESYNC,
}
_TRANSIENT = {"synchronizing", "expanding", "shrinking"}
_REPORTED_ONLY = {"uninitialized", "out_of_sync"}


def mirror_state(kind: Kind) -> State:
    """What a relationship of that kind is in when all is well."""
    return State.IN_SYNC if kind in SYNCHRONOUS else State.SNAPMIRRORED


def word_for_state(now: State, wanted: str, kind: Kind = "async") -> Word:
    """What `PATCH state: wanted` means in that state.

    Raises: OntapError for what is no state, or none that can be asked of a relationship of that kind.
    """
    if kind == "restore":
        raise restore_is_read_only()
    if wanted == mirror_state(kind):
        return _MIRROR[now]
    match wanted:
        case "paused":
            return Word.QUIESCE
        case "broken_off":
            return Word.BREAK
    raise _not_requestable(wanted)


def word_for_transfer(now: State, kind: Kind = "async") -> Word:
    """What posting a transfer means in that state."""
    if kind == "restore":
        return Word.RESTORE
    return Word.INITIALIZE if now is State.UNINITIALIZED else Word.UPDATE


def _not_requestable(wanted: str) -> OntapError:
    """Assumption: which of the codes is given for a state that is reported only, or is the other policy type's."""
    if wanted == "in_sync":
        return OntapError(400, "13303831", '"in_sync" is invalid for an asynchronous policy.', target="state")
    if wanted in _TRANSIENT:
        return OntapError(400, "13303830", f'"{wanted}" is a transient state and cannot be requested.', target="state")
    if wanted in _REPORTED_ONLY or wanted == "snapmirrored":
        return OntapError(400, "13303829", f'State "{wanted}" cannot be requested.', target="state")
    return OntapError(400, "13303817", f'"{wanted}" is not a state of a relationship.', target="state")
