"""The clusters that a use case asks, each opened on its own: what is wrong with one keeps nobody from the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx

from datamotion.config.mistakes import Keys
from datamotion.config.secrets import resolve
from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Cluster, Declined, Delay, Measurer, Reply, Validator
from datamotion.errors import ClusterNotAsked, ConfigError, Place
from datamotion.ontap.cluster import OntapCluster
from datamotion.ontap.limits import Limits
from datamotion.ontap.transport import open_transport

if TYPE_CHECKING:
    from datamotion.clock import Clock
    from datamotion.config.clusters import ClusterConfig
    from datamotion.model.acts import Act
    from datamotion.model.item_records import FileName, FilesIn
    from datamotion.model.view import Aspect, ClusterView
    from datamotion.model.volume_records import Snapshot
    from datamotion.policy.validation import Question

PlaceOf = Callable[[Keys, str], tuple[Place, ...]]
"""Where keys lead in the configuration, with what is wrong there."""


class FollowedCluster(Cluster, Validator, Measurer, Protocol):
    """A cluster that knows which request has waited longest for an answer."""

    @property
    def unanswered(self) -> Delay | None: ...


class NotAskedCluster:
    """A cluster that cannot be asked from here: its secret or its CA file cannot be had. Never contacted."""

    unanswered = None

    def __init__(self, name: str, why: ConfigError) -> None:
        self._name = name
        self._why = why

    async def observe(
        self, aspects: Collection[Aspect], svms: Collection[str], files: Collection[FileName | FilesIn] = ()
    ) -> ClusterView:
        raise self._error

    async def ask(self, acts: Sequence[Act]) -> Sequence[Reply]:
        return [Declined(self._error) for _ in acts]

    async def validate(self, questions: Sequence[Question]) -> Sequence[Reply]:
        return [Declined(self._error) for _ in questions]

    async def measure(self, snapshots: Sequence[Snapshot]) -> Mapping[str, int]:
        return {}

    async def follow(self, jobs: Collection[str]) -> Mapping[str, Reply]:
        return {job: Declined(self._error) for job in jobs}

    @property
    def _error(self) -> ClusterNotAsked:
        return ClusterNotAsked(self._name, self._why)


@asynccontextmanager
async def open_clusters(
    configured: Mapping[str, ClusterConfig],
    *,
    environ: Mapping[str, str],
    folder: Path,
    clock: Clock,
    wires: Mapping[str, httpx.AsyncBaseTransport],
    beside: bool = False,
    passphrases: Mapping[str, str] | None = None,
    places: PlaceOf = lambda *_: (),
) -> AsyncIterator[Mapping[str, FollowedCluster]]:
    """These clusters, ready to be asked; nothing is contacted yet. Their secrets are looked up side by side.

    One whose secret or CA file cannot be had is a NotAskedCluster.
    Raises: ConfigError where that is true of all of them, unless they are wanted `beside` others.
    """
    names = sorted(configured)

    async def secret_of(name: str) -> str | ConfigError:
        try:
            return await resolve(configured[name].password, environ, folder)
        except ConfigError as problem:
            problem.places = places(("clusters", name, "password"), problem.message)
            return problem

    async with AsyncExitStack() as stack:

        async def opened(name: str, secret: str | ConfigError) -> OntapCluster | ConfigError:
            if isinstance(secret, ConfigError):
                return secret
            try:
                return await stack.enter_async_context(
                    _open(name, configured[name], secret, clock, wires.get(name), passphrases)
                )
            except ConfigError as problem:
                problem.places = places(("clusters", name, "ca_file"), problem.message)
                return problem

        secrets = await side_by_side(secret_of, names)
        found = {name: await opened(name, secret) for name, secret in zip(names, secrets, strict=True)}
        problems = [each for each in found.values() if isinstance(each, ConfigError)]
        if problems and len(problems) == len(found) and not beside:
            raise problems[0]
        yield {
            name: NotAskedCluster(name, each) if isinstance(each, ConfigError) else each for name, each in found.items()
        }


@asynccontextmanager
async def _open(
    name: str,
    config: ClusterConfig,
    secret: str,
    clock: Clock,
    wire: httpx.AsyncBaseTransport | None,
    passphrases: Mapping[str, str] | None,
) -> AsyncIterator[OntapCluster]:
    transport = open_transport(
        name,
        url=config.url,
        user=config.user,
        password=secret,
        ca_file=config.ca_file,
        connect_timeout_s=config.connect_timeout.total_seconds(),
        read_timeout_s=config.read_timeout.total_seconds(),
        limit=config.concurrency,
        limits=Limits(
            look_s=config.look_timeout.total_seconds(),
            change_s=config.change_timeout.total_seconds(),
            answer_bytes=config.answer_limit * 2**20,
            clock_s=config.clock_limit.total_seconds(),
        ),
        clock=clock,
        http_transport=wire,
    )
    async with transport as opened:
        yield OntapCluster(opened, clock, passphrases)
