"""What a step changes, as the source finds it: what differs first is moved while the rest is still compared."""

from __future__ import annotations

import anyio

from ontaplab.cluster import Cluster
from ontaplab.disk.difference import Difference
from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.messages import Step
from ontaplab.intercluster.mirroring.source import Source


class Learning:
    """Asks the source until all is known. `known` is what is known now."""

    def __init__(self, cluster: Cluster, source: Source, relationship: str, step: Step) -> None:
        """Raises: ValueError if what the step brings is no difference."""
        self.known = Difference.from_json(step.difference)
        self._cluster = cluster
        self._source = source
        self._wanted = relationship, step.base, step.snapshot.version
        self._scope = anyio.CancelScope()
        self._news = anyio.Event()
        self._failure: Exception | None = None

    def begin(self) -> None:
        """It asks, unless all is known; `end` it."""
        if not self.known.is_whole:
            self._cluster.start_task(self._ask)

    def end(self) -> None:
        """It asks no more."""
        self._scope.cancel()

    async def goes_past(self, position: float) -> bool:
        """Whether the stream has bytes after that position; what they are is known then.

        Raises: OntapError, OSError if the source fails; ValueError if it tells what cannot be.
        """
        while self.known.bytes <= position and not self.known.is_whole:
            if self._failure is not None:
                raise self._failure
            await self._news.wait()
        return self.known.bytes > position

    async def _ask(self) -> None:
        with self._scope:
            while not self.known.is_whole and self._failure is None:
                try:
                    self.known = await self._more()
                except (OntapError, OSError, ValueError) as failure:
                    self._failure = failure
                self._news.set()
                self._news = anyio.Event()

    async def _more(self) -> Difference:
        found = await self._source.compare_on(*self._wanted, self.known.compared)
        if not found:
            raise ValueError("what differs in the remaining files is missing")
        return self.known.with_more(found)
