"""What a use case works with: the configuration, the world outside, and the clusters that it asks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from datamotion.clock import Clock
from datamotion.config.groups import Drill
from datamotion.config.groups import Target as TargetConfig
from datamotion.config.loading import place_in
from datamotion.config.mistakes import Keys
from datamotion.config.models import Configuration
from datamotion.config.secrets import resolve
from datamotion.engine.ports import Other
from datamotion.errors import ConfigError, DataMotionError, Place
from datamotion.model.claim import Seal
from datamotion.model.definition import PolicyDefinition, Rule
from datamotion.model.group import Backend, Group, Hook, Target
from datamotion.model.migration import Migration, ends_of
from datamotion.model.visible import visible
from datamotion.model.words import Mount, Operation
from datamotion.service.clusters import FollowedCluster, open_clusters
from datamotion.service.commands_here import RunsHere, run_here
from datamotion.store.places import spare_folders

if TYPE_CHECKING:
    from datamotion.store.fallback import FallbackRuns
    from datamotion.store.journal import Store
    from datamotion.store.lock import GroupHold, Holder


def _open_store(url: str) -> AbstractContextManager[Store]:
    # Imported when a store is needed: a command that only looks starts in half the time without it.
    from datamotion.store.journal import open_store  # noqa: PLC0415

    return open_store(url)


def _on_standard_error(line: str) -> None:
    with suppress(OSError, ValueError):  # nobody reads it any more: no reason to stop
        sys.stderr.write(f"{visible(line)}\n")
        sys.stderr.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that is outside: time, the environment, the wires to clusters (where not the network), the store, a person.

    `tell` shows that person a line; `run_here` runs commands on this host.
    """

    clock: Clock
    environ: Mapping[str, str]
    wires: Mapping[str, httpx.AsyncBaseTransport] = field(default_factory=dict)
    open_store: Callable[[str], AbstractContextManager[Store]] = _open_store
    tell: Callable[[str], None] = _on_standard_error
    run_here: RunsHere = run_here


@dataclass(frozen=True, slots=True)
class NoLock:
    """In a lock's place where none can be had: fulfils the engine's port `Hold`, and keeps nobody out."""

    holder: Holder
    waiting: Holder | None = None

    def let_go(self) -> None:
        """Nothing is held."""

    def take_again(self) -> Other | None:
        """Nobody can be seen to have been there."""
        return None


async def find_seals(configuration: Configuration, environ: Mapping[str, str], folder: Path) -> Mapping[str, Seal]:
    """By group, the secret that those share who fail it over. Raises: ConfigError where one cannot be had."""
    return {
        name: Seal(await resolve(group.shared_secret, environ, folder))
        for name, group in configuration.groups.items()
        if group.shared_secret is not None
    }


async def find_passphrases(configuration: Configuration, environ: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """By cluster, what proves to its peers-to-be that it is meant. Raises: ConfigError where one cannot be had."""
    return {
        name: await resolve(cluster.peer_passphrase, environ, folder)
        for name, cluster in configuration.clusters.items()
        if cluster.peer_passphrase is not None
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One configuration in one world. `folder` is where the configuration lives, `seals` are those of groups.

    `passphrases` are those by which clusters may be made peers, by cluster: none where that is not wanted. `file` is
    where the configuration was read from.
    """

    configuration: Configuration
    folder: Path
    world: World
    seals: Mapping[str, Seal] = field(default_factory=dict)
    passphrases: Mapping[str, str] = field(default_factory=dict, repr=False)
    file: Path | None = None

    def places(self, keys: Keys, text: str) -> tuple[Place, ...]:
        """Where these keys lead in the file that the configuration is from, where it is from one."""
        return () if self.file is None else (place_in(self.file, keys, text),)

    @property
    def store_url(self) -> str:
        """The store, as a path or as SQLAlchemy names it."""
        return self.configuration.store

    @property
    def lock_folder(self) -> Path:
        """Where the locks of groups are: beside the store, or, where that is a server, beside the configuration."""
        store = self.configuration.store
        return self.folder if "://" in store else Path(store).parent

    def group(self, name: str) -> Group:
        """The group of that name, every reference in it resolved. Raises ConfigError for an unknown name."""
        names = frozenset(self.configuration.backends)
        if name not in self.configuration.groups and (ends := ends_of(name, names)) is not None:
            source, to = map(self.backend, ends)  # that is all that its name tells; what is under way bears marks
            return Migration(source=source, volumes=("!*",), to=to).group
        group = self.configuration.group(name)
        home = self.backend(group.home)
        return Group(
            name=name,
            home=home,
            targets=tuple(self._target(target, home) for target in group.targets),
            rpo=group.rpo,
            common_label=group.common_label,
            first=group.first,
            seal=self.seals.get(name),
            hooks=tuple(Hook(at=each.at, command=each.command, limit=each.timeout) for each in group.hooks),
        )

    def groups(self, names: Collection[str] = ()) -> tuple[Group, ...]:
        """These groups, each once; where none is named, all of them in the order of the configuration."""
        return tuple(self.group(each) for each in dict.fromkeys(names or self.configuration.groups))

    def drill(self, group: str) -> Drill:
        """How drills of a group are held."""
        configured = self.configuration.groups.get(group)
        return configured.drill if configured is not None else Drill()

    def backends(self) -> tuple[Backend, ...]:
        """All back ends, in the order of the configuration."""
        return tuple(map(self.backend, self.configuration.backends))

    def clusters(
        self, names: Collection[str], *, beside: bool = False
    ) -> AbstractAsyncContextManager[Mapping[str, FollowedCluster]]:
        """These clusters, ready to be asked; nothing is contacted yet. Those of other clusters are not looked for.

        One whose secret or CA file cannot be read is unseen, with that reason, and keeps nobody from the others.
        Raises: ConfigError where that is true of all of them, unless they are wanted `beside` others.
        """
        return open_clusters(
            {name: self.configuration.clusters[name] for name in names},
            environ=self.world.environ,
            folder=self.folder,
            clock=self.world.clock,
            wires=self.world.wires,
            beside=beside,
            passphrases=self.passphrases,
            places=self.places,
        )

    def store_problem(self) -> DataMotionError | None:
        """Why no run can be recorded in the store; None where one can. Nothing is left behind."""
        from datamotion.store.opening import find_problem  # noqa: PLC0415  # as with `_open_store`

        return find_problem(self.store_url)

    @contextmanager
    def open_runs(self, operation: Operation) -> Iterator[Store | FallbackRuns]:
        """The runs that were, and where the next one is written to. A failover goes on without a store, and tells so.

        Raises: ConfigError, StoreFailed, for other operations.
        """
        opened = self.world.open_store(self.store_url)
        if operation is not Operation.FAILOVER:
            with opened as store:
                yield store
            return
        from datamotion.store.fallback import open_fallback  # noqa: PLC0415  # as with `_open_store`

        with open_fallback(opened, self._spare_folders, self.world.tell) as runs:
            yield runs

    @contextmanager
    def hold(self, group: str, operation: Operation, at: datetime) -> Iterator[GroupHold | NoLock]:
        """The group is ours until the end. A failover takes the lock where it can, and tells where, or that it cannot.

        Raises: Refused where somebody else holds the group; ConfigError where, for another operation, there is no lock.
        """
        with ExitStack() as stack:
            yield self._held(stack, group, operation, at)

    def _held(self, stack: ExitStack, group: str, operation: Operation, at: datetime) -> GroupHold | NoLock:
        from datamotion.store.lock import Holder, hold_group, this_process  # noqa: PLC0415  # as with `_open_store`

        try:
            return stack.enter_context(hold_group(self.lock_folder, group, operation, at))
        except ConfigError as error:
            if operation is not Operation.FAILOVER:
                raise
            problem = error.message
        for folder in self._spare_folders:
            with suppress(ConfigError):
                hold = stack.enter_context(hold_group(folder, group, operation, at))
                self.world.tell(f"warning: {problem}; its lock is in {folder}, where others may not look for it")
                return hold
        self.world.tell(f"warning: {problem}, nor anywhere else: nothing on this machine keeps others from it")
        return NoLock(Holder(operation=operation, since=at.isoformat(timespec="seconds"), who=this_process()))

    @property
    def _spare_folders(self) -> Iterator[Path]:
        return spare_folders(self.folder, self.world.environ)

    def backend(self, name: str) -> Backend:
        """The back end of that name. Raises: ConfigError for an unknown one."""
        backend = self.configuration.backend(name)
        return Backend(name=name, cluster=backend.cluster, svm=backend.svm, volumes=tuple(backend.volumes))

    def _target(self, target: TargetConfig, home: Backend) -> Target:
        mapped = target.aggregates
        aggregates = (
            {"*": tuple(mapped)} if isinstance(mapped, tuple) else {source: (name,) for source, name in mapped.items()}
        )
        backend = self.backend(target.backend)
        homes = {group.home for group in self.configuration.groups.values()}
        if backend.name in homes or "volumes" not in self.configuration.backend(target.backend).model_fields_set:
            # What else its SVM has, as what another group has its home there for, is not this group's while it serves.
            backend = replace(backend, volumes=home.volumes, follows=home.name)
        return Target(
            backend=backend,
            aggregates=aggregates,
            policy=target.policy,
            schedule=target.schedule,
            throttle=target.throttle,
            mount=Mount(target.mount),
            export_policy=target.export_policy,
            igroups=target.igroups,
            online_s=target.online_timeout.total_seconds(),
            definition=self._definition(target.policy),
            transfers_at_once=self.configuration.clusters[backend.cluster].transfers_at_once,
        )

    def _definition(self, name: str) -> PolicyDefinition | None:
        """What the configuration says of a SnapMirror policy of that name."""
        policy = self.configuration.policies.get(name)
        if policy is None:
            return None
        return PolicyDefinition(
            name=name,
            rules=tuple(Rule(label=rule.label, count=rule.count) for rule in policy.retention),
            takes_snapshots=policy.create_snapshot_on_source,
            copies_all=policy.copy_all_source_snapshots,
            copies_latest=policy.copy_latest_source_snapshot,
            schedule=policy.schedule,
        )
