"""One cluster's world: what it holds, and the means by which it changes.

It knows the kinds of records, not their rules.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import NAMESPACE_DNS, UUID, uuid5

import anyio
from anyio.abc import TaskGroup

from ontaplab.clock import Clock, SkewedClock
from ontaplab.disk.exports import Exports
from ontaplab.faults.fault import Fault
from ontaplab.faults.faults import Faults
from ontaplab.faults.pace import Pace, Rule
from ontaplab.firings import Firings
from ontaplab.host_records import HostRecords
from ontaplab.network import Network
from ontaplab.resources.accounts.state import Account
from ontaplab.resources.aggregates.state import Aggregate
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.resources.ems.state import Event
from ontaplab.resources.ip_interfaces.state import IpInterface
from ontaplab.resources.jobs.state import Job
from ontaplab.resources.licenses.state import License
from ontaplab.resources.nodes.state import Node
from ontaplab.resources.qos_policies.state import QosPolicy
from ontaplab.resources.relationships.state import ListedDestination, Relationship
from ontaplab.resources.roles.state import Role
from ontaplab.resources.schedules.state import Schedule
from ontaplab.resources.snapmirror_policies.state import Policy
from ontaplab.resources.snapshot_policies.state import SnapshotPolicy
from ontaplab.resources.snapshots.state import Snapshot
from ontaplab.resources.svm_peer_permissions.state import SvmPeerPermission
from ontaplab.resources.svm_peers.state import SvmPeer
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.transfers.state import Transfer
from ontaplab.resources.volumes.table import Volumes
from ontaplab.running_jobs import Jobs, RunningJob, Work
from ontaplab.store import Store
from ontaplab.traits import KeptTraits
from ontaplab.transfer_gate import TransferGate

T = TypeVar("T")


class Offload(Protocol):
    """How blocking disk work is run."""

    async def __call__(self, work: Callable[[], T], /) -> T: ...


async def inline(work: Callable[[], T], /) -> T:
    """In place: for in-process clusters, where a thread would let a mock clock jump."""
    return work()


async def in_thread(work: Callable[[], T], /) -> T:
    """In a worker thread: for a cluster that is a process."""
    return await anyio.to_thread.run_sync(work)


class Cluster(HostRecords):
    """One cluster. It answers while it is `running()`.

    `root` is its directory; with `durable=False` the records are in memory only, the volumes' files are there all the
    same. `address` is its intercluster address in `network`, `accounts` the passwords of the administrators that it
    has on its first start.
    """

    def __init__(
        self,
        name: str,
        *,
        root: Path,
        clock: Clock,
        network: Network,
        address: str,
        accounts: dict[str, str],
        durable: bool = True,
        offload: Offload = inline,
    ) -> None:
        self.name = name
        self.uuid = str(uuid5(NAMESPACE_DNS, f"{name}.ontaplab"))
        self.node = self._node(1)
        self.root = root
        self.clock = SkewedClock(clock)
        self.network = network
        self.address = address
        self.administrators = accounts
        self.offload = offload
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.exports = Exports(root / "exports")
        self.by_name = Exports(root / "by-name")
        self.store = Store(root / "cluster.db" if durable else None)
        self.traits = KeptTraits(self.store)
        self.jobs = self.store.table("job", Job)
        self.schedules = self.store.table("schedule", Schedule)
        self.accounts = self.store.table("account", Account)
        self.events = self.store.table("event", Event)
        self.roles = self.store.table("role", Role)
        self.licenses = self.store.table("license", License)
        self.ip_interfaces = self.store.table("ip_interface", IpInterface)
        self.cluster_peers = self.store.table("cluster_peer", ClusterPeer)
        self.svms = self.store.table("svm", Svm)
        self.svm_peers = self.store.table("svm_peer", SvmPeer)
        self.svm_peer_permissions = self.store.table("svm_peer_permission", SvmPeerPermission)
        self.aggregates = self.store.table("aggregate", Aggregate)
        self.volumes = Volumes(self.store)
        super().__init__(self.store)
        self.snapshots = self.store.table("snapshot", Snapshot)
        self.snapshots_by_volume = self.snapshots.by(lambda snapshot: snapshot.volume)
        self.snapshot_policies = self.store.table("snapshot_policy", SnapshotPolicy)
        self.qos_policies = self.store.table("qos_policy", QosPolicy)
        self.policies = self.store.table("policy", Policy)
        self.relationships = self.store.table("relationship", Relationship)
        self.relationships_by_volume = self.relationships.by(lambda each: each.destination.volume_uuid)
        self.listed_destinations = self.store.table("listed_destination", ListedDestination)
        self.listed_destinations_by_volume = self.listed_destinations.by(lambda each: each.source.volume_uuid)
        self.transfers = self.store.table("transfer", Transfer)
        self.faults = Faults(self.store.table("fault", Fault), self.clock)
        self.pace = Pace(self.store.table("pace", Rule), self.clock)
        self.transfer_gate = TransferGate(self.clock)
        self.firings = Firings(self.schedules, self.clock)
        self.faults.at_skew(self.firings.schedules_changed)
        self._jobs = Jobs(self.jobs, self.clock)
        self._at_start: list[Callable[[], None]] = []
        self._locks: dict[str, anyio.Lock] = {}
        self._namespace = UUID(self.uuid)
        self._named: tuple[str, dict[str, int]] = ("", {})
        self._tasks: TaskGroup | None = None

    @property
    def version(self) -> tuple[int, int, int]:
        generation, major, minor = self.traits.now.version.split(".")
        return int(generation), int(major), int(minor)

    @property
    def nodes(self) -> list[Node]:
        """The one that holds everything, and those that the cluster lists beside it."""
        return [self.node, *(self._node(number) for number in range(2, self.traits.now.nodes + 1))]

    def together(self) -> AbstractContextManager[None]:
        """All changes made within are kept, or none."""
        return self.store.together()

    def new_uuid(self, kind: str, name: str) -> str:
        """A uuid never given before, the same in every run of the same virtual history."""
        now = self.clock.now().isoformat()
        if self._named[0] != now:
            self._named = (now, {})
        name = f"{kind}/{name}"
        count = self._named[1][name] = self._named[1].get(name, -1) + 1
        return str(uuid5(self._namespace, f"{name}/{now}/{count}"))

    def at_start(self, call: Callable[[], None]) -> None:
        """`call` is called whenever the cluster starts, when jobs can be started: what a crash cut off goes on."""
        self._at_start.append(call)

    def start_job(self, description: str, work: Work, *, svm: str | None = None) -> RunningJob:
        """A job does the work. An OntapError or OSError that the work raises is its failure.

        `description` is the request, as in "POST /api/storage/volumes"; `svm` the uuid of the SVM it works for.
        """
        job = Job(
            uuid=self.new_uuid("job", description),
            description=description,
            state="queued",
            started=self.clock.now(),
            svm=svm,
        )
        work = self.pace.around_job(description, self.faults.around_job(description, work))
        return self._jobs.start(self._running_tasks(), job, work)

    def start_task(self, task: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """The task runs while the cluster does. It leaves no record and must not fail."""
        self._running_tasks().start_soon(task)

    def volume_lock(self, uuid: str) -> anyio.Lock:
        """Held by whoever changes the files of that volume."""
        return self._lock(uuid)

    def svm_lock(self, uuid: str) -> anyio.Lock:
        """Held by whoever makes that SVM a peer of another one."""
        return self._lock(uuid)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The cluster lives: what a crash cut off goes on or has failed, schedules fire. Leaving cuts it off."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            self._jobs.resume(tasks)
            for call in self._at_start:
                call()
            tasks.start_soon(self.firings.run)
            try:
                yield
            finally:
                self._tasks = None
                tasks.cancel_scope.cancel()

    async def aclose(self) -> None:
        """Nothing of the cluster is held open any more."""
        self.store.close()
        await self.network.aclose()

    def _node(self, number: int) -> Node:
        uuid = uuid5(UUID(self.uuid), "node" if number == 1 else f"node/{number}")
        serial = (UUID(self.uuid).int + number - 1) % 10**12
        return Node(uuid=str(uuid), name=f"{self.name}-{number:02}", serial=f"{serial:012}")

    def _lock(self, uuid: str) -> anyio.Lock:
        if uuid not in self._locks:
            self._locks[uuid] = anyio.Lock(fast_acquire=True)
        return self._locks[uuid]

    def _running_tasks(self) -> TaskGroup:
        assert self._tasks is not None, "a cluster changes only while it is running"
        return self._tasks
