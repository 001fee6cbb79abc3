"""What a use case works with: the configuration, the world outside, and the clusters that it asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from datamotion.clock import Clock
from datamotion.config.models import Configuration
from datamotion.config.models import Target as TargetConfig
from datamotion.config.secrets import resolve
from datamotion.model.group import Backend, Group, Target
from datamotion.ontap.cluster import OntapCluster
from datamotion.ontap.transport import open_transport

if TYPE_CHECKING:
    from datamotion.store.journal import Store


def _open_store(url: str) -> AbstractContextManager[Store]:
    # Imported when a store is needed: a command that only looks starts in half the time without it.
    from datamotion.store.journal import open_store  # noqa: PLC0415

    return open_store(url)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that is outside: time, the environment, the wires to clusters (where not the network), the store."""

    clock: Clock
    environ: Mapping[str, str]
    wires: Mapping[str, httpx.AsyncBaseTransport] = field(default_factory=dict)
    open_store: Callable[[str], AbstractContextManager[Store]] = _open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One configuration in one world. `folder` is where the configuration lives."""

    configuration: Configuration
    folder: Path
    world: World

    @property
    def store_url(self) -> str:
        """The store as SQLAlchemy names it."""
        store = self.configuration.store
        return store if "://" in store else f"sqlite:///{store}"

    @property
    def lock_folder(self) -> Path:
        """Where the locks of groups are: beside the store, or, where that is a server, beside the configuration."""
        store = self.configuration.store
        return self.folder if "://" in store else Path(store).parent

    def group(self, name: str) -> Group:
        """The group of that name, every reference in it resolved. Raises ConfigError for an unknown name."""
        group = self.configuration.group(name)
        return Group(
            name=name,
            home=self._backend(group.home),
            targets=tuple(self._target(target) for target in group.targets),
            rpo=group.rpo,
        )

    def groups(self, name: str | None = None) -> tuple[Group, ...]:
        """That group, or all of them in the order of the configuration."""
        names: Iterable[str] = self.configuration.groups if name is None else (name,)
        return tuple(self.group(each) for each in names)

    @asynccontextmanager
    async def clusters(self, names: Collection[str]) -> AsyncIterator[Mapping[str, OntapCluster]]:
        """These clusters, ready to be asked; nothing is contacted yet.

        Raises: ConfigError where a secret or a CA file cannot be read. Those of other clusters are not looked for.
        """
        async with AsyncExitStack() as stack:
            clusters = {}
            for name in sorted(names):
                config = self.configuration.clusters[name]
                transport = await stack.enter_async_context(
                    open_transport(
                        name,
                        url=config.url,
                        user=config.user,
                        password=resolve(config.password, self.world.environ, self.folder),
                        ca_file=config.ca_file,
                        connect_timeout_s=config.connect_timeout.total_seconds(),
                        read_timeout_s=config.read_timeout.total_seconds(),
                        limit=config.concurrency,
                        clock=self.world.clock,
                        http_transport=self.world.wires.get(name),
                    )
                )
                clusters[name] = OntapCluster(transport, self.world.clock)
            yield clusters

    def _backend(self, name: str) -> Backend:
        backend = self.configuration.backend(name)
        return Backend(name=name, cluster=backend.cluster, svm=backend.svm, volumes=tuple(backend.volumes))

    def _target(self, target: TargetConfig) -> Target:
        mapped = target.aggregates
        aggregates = (
            {"*": tuple(mapped)} if isinstance(mapped, tuple) else {source: (name,) for source, name in mapped.items()}
        )
        return Target(
            backend=self._backend(target.backend),
            aggregates=aggregates,
            policy=target.policy,
            schedule=target.schedule,
        )
