"""What the engine needs from outside: clusters to look at and to ask, somewhere to write down what it does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from datamotion.errors import ClusterRefused, ClusterSilent
from datamotion.model.acts import Act
from datamotion.model.view import Aspect, ClusterView, View
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

    async def observe(self, aspects: Collection[Aspect], svms: Collection[str]) -> ClusterView:
        """Look at these aspects, side by side: one collection GET each, pages aside.

        Volumes, SVM peers and relationships are those of the SVMs named here.
        Raises: ClusterRefused, ClusterSilent. A view is whole or is not returned.
        """
        ...

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        """Ask for these changes, all of one kind; replies in the order of the acts. Never raises a ClusterError.

        Changes that a collection takes go in batches, others side by side under the cluster's limit.
        """
        ...

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        """Wait until each of these jobs has ended: Accepted if it succeeded, Declined with its code if it failed.

        A job that can no longer be found, or whose cluster stopped answering, is Unanswered.
        """
        ...


class Journal(Protocol):
    """Where a run writes down what it does. An entry is durable when `write` returns."""

    def write(self, entry: Entry) -> None: ...


class Watcher(Protocol):
    """Who follows a run as it goes: a terminal, a log, nobody."""

    def asking(self, acts: Sequence[Act]) -> None:
        """These acts, all of one kind at one cluster, are being asked for."""
        ...

    def reached(self, acts: Sequence[Act]) -> None:
        """These acts have been observed to hold."""
        ...

    def given_up(self, act: Act, why: str) -> None:
        """This act's volume is left as it is."""
        ...

    def waiting(self, acts: Sequence[Act], view: View) -> None:
        """These acts are still awaited; `view` is what was seen just now."""
        ...
