"""What a run is doing, as a table: the only way a run changes phase.

A run that was killed is found in phase ACTING with nobody holding its group; one that was interrupted says so itself.
The next run of the group says so in its record and goes on from what the clusters show. Nothing is replayed. A run that
only waits has let its group go: if it is taken for cut off, it ends as it ends all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from datamotion.errors import InternalError


class Phase(StrEnum):
    ACTING = "acting"
    DONE = "done"  # every volume is as planned
    PARTLY = "partly done"  # some volumes were given up
    FAILED = "failed"  # nothing of what it was for came about
    STUCK = "stuck"  # a cluster that is needed stopped answering
    CUT_OFF = "cut off"  # its process ended before it did


class Event(StrEnum):
    ALL_REACHED = "all reached"
    SOME_GIVEN_UP = "some given up"
    ALL_GIVEN_UP = "all given up"
    SILENCE = "silence"
    FOUND_DEAD = "found dead"
    INTERRUPTED = "interrupted"


_ENDS: Mapping[Event, Phase] = {
    Event.ALL_REACHED: Phase.DONE,
    Event.SOME_GIVEN_UP: Phase.PARTLY,
    Event.ALL_GIVEN_UP: Phase.FAILED,
    Event.SILENCE: Phase.STUCK,
}
TRANSITIONS: Mapping[Phase, Mapping[Event, Phase]] = {
    Phase.ACTING: {**_ENDS, Event.FOUND_DEAD: Phase.CUT_OFF, Event.INTERRUPTED: Phase.CUT_OFF},
    Phase.DONE: {},
    Phase.PARTLY: {},
    Phase.FAILED: {},
    Phase.STUCK: {},
    Phase.CUT_OFF: _ENDS,
}


def advance(phase: Phase, event: Event) -> Phase:
    """The phase after an event. Raises InternalError, and changes nothing, where the table has no such row."""
    try:
        return TRANSITIONS[phase][event]
    except KeyError:
        raise InternalError(f"a run cannot see '{event}' while it is {phase}") from None
