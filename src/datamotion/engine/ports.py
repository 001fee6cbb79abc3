"""What the engine needs from outside: clusters to look at and to ask, somewhere to write down what it does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from datamotion.errors import ClusterRefused, ClusterSilent
from datamotion.model.acts import Act
from datamotion.model.view import Aspect, ClusterView


@dataclass(frozen=True, slots=True)
class Accepted:
    """The cluster said yes. `job` is the uuid of the job that carries it out, None where it is done already.

    Neither is proof that the wanted state was reached: only observing is.
    """

    job: str | None = None


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
