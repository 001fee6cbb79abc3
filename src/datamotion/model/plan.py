"""A plan: what will be done, in order, each step with its reason and what data it would discard; or why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from datamotion.model.acts import Act, Subject
from datamotion.model.claim import Claim
from datamotion.model.remark import Remark
from datamotion.model.view import Unseen
from datamotion.model.words import Operation


class Gate(StrEnum):
    """Who goes on past a step, and who waits in front of it."""

    EACH = "each"  # a volume goes on alone, at each back end
    VOLUME = "volume"  # it waits for all that comes before it for the same volume, at whatever back end
    ALL = "all"  # nobody goes on before every act of the step holds
    REST = "rest"  # nobody goes on before every act of the step holds, or was given up
    END = "end"  # nobody begins before every act before it holds
    END_OF_REST = "end of rest"  # nobody begins before every act before it holds, or was given up
    BESIDE = "beside"  # a volume goes on alone, and nothing that failed for others keeps it out


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Acts of one kind at one cluster, done together, in the order of the plan's steps."""

    cluster: str
    title: str
    because: str
    acts: tuple[Act, ...]
    gate: Gate = Gate.EACH


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What carrying out the plan gives up for one volume: all that was written at `given_up_at` after `kept`.

    `kept` is the snapshot that the copy at `backend` goes back to, None where it is that copy as it stands. `age` is
    how long ago, at most, what is given up began to be written; None where nobody can tell. `size_bytes` are the blocks
    that it takes; None where that was not measured.
    """

    volume: str
    backend: str
    given_up_at: str
    kept: str | None
    age: timedelta | None
    text: str
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why nothing is done, with the evidence and what would override it.

    For one volume, for one target (`backend`), or, where both are None, for the group as a whole. `unseen` is the
    cluster that would have to be seen, where that is the reason. `needs_consent`: only that nobody has agreed to what
    would be given up is in the way.
    """

    text: str
    volume: str | None = None
    backend: str | None = None
    hint: str | None = None
    unseen: Unseen | None = None
    needs_consent: bool = False

    @property
    def because_silent(self) -> bool:
        """Whether what is missing is an answer: neither a rule nor a cluster said no."""
        return self.unseen is not None and not self.unseen.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a mechanism says of a migration. `data` are the bytes that it moves, `interruption` what clients notice,
    `needs` what has to be there.

    `why_not`: why it is not taken; None: it can be. `seconds` is how long it takes, by a rate that is assumed.
    """

    mechanism: str
    data: int
    seconds: float
    interruption: str
    needs: str
    why_not: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPoint:
    """The state that a volume is recovered to: the exported snapshot, and its age when it was broken off.

    The age is None where nobody saw that: the snapshot is what the copy went back to, how old it was then is not known.
    """

    volume: str
    snapshot: str | None
    age: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is left to do for one group, from one observation.

    `holds` are the subjects for which what is wanted was seen to be so: no steps and no refusal alone is not success.
    `lacks` are those of which no step here makes what is wanted, nor ever will: a note says what does.
    """

    operation: Operation
    group: str
    title: str
    steps: tuple[Step, ...] = ()
    losses: tuple[Loss, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    then: tuple[str, ...] = ()  # what follows these steps in the same run, in words
    notes: tuple[Remark, ...] = ()
    differences: tuple[str, ...] = ()  # what stays otherwise than hosts had it, once all is carried out
    late: tuple[Remark, ...] = ()  # what is served without what clients wrote after its last snapshot
    recovery_points: tuple[RecoveryPoint, ...] = ()
    holds: frozenset[Subject] = frozenset()
    lacks: frozenset[Subject] = frozenset()
    backend: str | None = None  # the one that serves afterwards, where the operation bears on that
    epoch: int | None = None
    claim: Claim | None = None  # of that epoch, as this run makes it or goes on with it; without any code
    part: str = ""  # of an operation that has several: each begins with a look at everything
    offers: tuple[Offer, ...] = ()  # of a migration: every mechanism, the cheapest first
    offer: Offer | None = None  # the one that is taken
    # Those of its command that decide, beside `--to` of a failover or a group's migration; of any other one all words.
    options: tuple[str, ...] = ()
    places: tuple[str, ...] = ()  # of a LUN's or a file's migration: whence and where to, as its command says it

    @property
    def refused(self) -> Refusal | None:
        """The refusal of the group as a whole, if there is one; then there are no steps."""
        return next((each for each in self.refusals if each.volume is None and each.backend is None), None)
