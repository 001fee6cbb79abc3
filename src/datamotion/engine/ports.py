"""What the engine needs from outside: clusters to look at and to ask, a group to hold, a journal to write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datamotion.errors import ClusterRefused, ClusterSilent
    from datamotion.model.acts import Act, ActId
    from datamotion.model.item_records import FileName, FilesIn
    from datamotion.model.plan import Plan
    from datamotion.model.standing import Standing
    from datamotion.model.view import Aspect, ClusterView
    from datamotion.model.volume_records import Snapshot
    from datamotion.policy.validation import Question
    from datamotion.runs.journal import Entry


@dataclass(frozen=True, slots=True)
class Accepted:
    """The cluster said yes. `jobs` are the uuids of those that carry it out; a batch of acts may share them.

    Neither a yes nor a job's success is proof that the wanted state was reached: only observing is.
    """

    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declined:
    """The cluster said no; nothing was changed."""

    error: ClusterRefused


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer came: the change may or may not have happened."""

    error: ClusterSilent


Reply = Accepted | Declined | Unanswered


class Cluster(Protocol):
    """One cluster. Only `ask` changes anything."""

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> ClusterView:
        """Look at these aspects, side by side: one collection GET each, pages aside.

        Volumes, SVM peers and relationships are those of the SVMs named here, files those that are named.
        Raises: ClusterRefused, ClusterSilent, whatever goes wrong. A view is whole or is not returned; volumes and
        relationships that cannot be read are told in it, one by one.
        """
        ...

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        """Ask for these changes, all of one kind; replies in the order of the acts. Never raises a ClusterError.

        Changes that a collection takes go in batches, others side by side under the cluster's limit.
        """
        ...

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        """Delay until each of these jobs has ended: Accepted if it succeeded, Declined with its code if it failed.

        A job that can no longer be found, or whose cluster stopped answering, is Unanswered.
        """
        ...


class Validator(Protocol):
    """A cluster that tells beforehand what it would say."""

    async def validate(self, questions: Sequence[Question]) -> Sequence[Reply]:
        """Whether it would take these; replies in their order. Changes nothing, and never raises a ClusterError."""
        ...


class Measurer(Protocol):
    """A cluster that tells what was written since."""

    async def measure(self, snapshots: Sequence[Snapshot]) -> Mapping[str, int]:
        """By the uuid of each snapshot, how many bytes its volume differs from it; what is not told is not in it.

        Raises no ClusterError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else who took the group while it was let go, in words. `still`: and holds it."""

    text: str
    still: bool


class Hold(Protocol):
    """A group that a run holds, so that nobody else changes it at the same time. It is held when the run begins.

    While a run merely waits it lets its group go: nobody is kept out by what goes on at the clusters by itself.
    """

    def let_go(self) -> None:
        """Anybody may take the group from now on."""
        ...

    def take_again(self) -> Other | None:
        """The group is held again, unless the answer is that somebody else holds it still.

        The answer tells who had it since it was let go; None: nobody, and what was planned may still be so.
        """
        ...


class Journal(Protocol):
    """Where a run writes down what it does. An entry is durable when `write` returns."""

    def write(self, entry: Entry) -> None: ...


@dataclass(frozen=True, slots=True)
class Delay:
    """Since when nothing has come of what is waited for, and until when that is borne with: seconds of the clock."""

    since_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a run saw just now, and what is left to do: all of `plan`.

    `due` are the acts that were asked for or awaited. `still`: since when nothing moves, of those that may be stuck.
    """

    due: Sequence[Act]
    plan: Plan
    standing: Standing
    still: Mapping[ActId, Delay]


class Watcher(Protocol):
    """Who follows a run as it goes: a terminal, a log, nobody."""

    def asking(self, acts: Sequence[Act]) -> None:
        """These acts, all of one kind at one cluster, are being asked for."""
        ...

    def reached(self, acts: Sequence[Act]) -> None:
        """These acts, all of one kind at one cluster, have been observed to hold."""
        ...

    def given_up(self, acts: Sequence[Act], why: str, *, behind: bool) -> None:
        """The volumes of these acts, all of one kind at one cluster, are left as they are, for one reason.

        `behind`: these acts hold, and what would follow them is given up.
        """
        ...

    def looked(self, look: Look) -> None:
        """This was seen, at the beginning and after whatever was asked for or awaited."""
        ...
