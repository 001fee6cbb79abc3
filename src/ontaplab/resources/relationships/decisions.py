"""What can be asked of a relationship, what befalls it by itself, and what may come of either.

A decision changes nothing: a `Move` says which state follows and which transfer starts, others carry it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ontaplab.errors import OntapError
from ontaplab.resources.relationships.errors import failed
from ontaplab.resources.relationships.state import Kind, State, TransferType


class Word(StrEnum):
    """What can be asked of it."""

    INITIALIZE = "initialize"
    UPDATE = "update"
    QUIESCE = "quiesce"
    RESUME = "resume"
    BREAK = "break"
    RESYNC = "resync"
    REVERSE = "reverse"
    RESTORE = "restore"
    ABORT = "abort"
    DELETE = "delete"


class Event(StrEnum):
    """What happens to it unasked."""

    TRANSFER_FAILS = "(a transfer fails)"
    FALLS_BEHIND = "(what was written cannot be mirrored)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the rules depend on."""

    state: State
    kind: Kind = "async"
    transferring: bool = False
    initialized: bool = True
    """Whether the destination holds a complete copy, whatever became of it since."""
    modifying: bool = False
    """Whether the destination is just being broken off, or made a mirror again."""
    forced: bool = False
    """Whether it is asked with `force=true`."""


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
class Interrupt:
    """The running transfer is aborted, then it is decided anew."""


@dataclass(frozen=True, slots=True)
class Turn:
    """It is allowed: the ends change places, and the cluster of the former source goes on with the relationship."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """It is refused with this code, and nothing changes."""

    code: str
    reason: str = ""

    def error(self) -> OntapError:
        return failed(self.code, self.reason)


Outcome = Move | Gone | Wait | Interrupt | Turn | Refusal
