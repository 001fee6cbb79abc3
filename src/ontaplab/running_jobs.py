"""Jobs that run, and their durable records."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import anyio
from anyio.abc import TaskGroup

from ontaplab.clock import Clock
from ontaplab.errors import OntapError
from ontaplab.resources.jobs.state import KEPT, Job
from ontaplab.store import Table

Work = Callable[[], Coroutine[Any, Any, None]]


class RunningJob:
    """A job that was started by this process; its record is the one with the same uuid."""

    def __init__(self, uuid: str) -> None:
        self.uuid = uuid
        self.error: OntapError | None = None
        self._over = anyio.Event()

    @property
    def ended(self) -> bool:
        return self._over.is_set()

    async def wait(self) -> None:
        """Return when it has ended."""
        await self._over.wait()

    def end(self, error: OntapError | None) -> None:
        """It has ended, with this error or well."""
        self.error = error
        self._over.set()


class Jobs:
    """Runs jobs in a task group and keeps their records: a finished one vanishes after 300 s."""

    def __init__(self, table: Table[Job], clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def start(self, tasks: TaskGroup, job: Job, work: Work) -> RunningJob:
        """The job runs; its record says so."""
        self._table.put(replace(job, state="running"))
        running = RunningJob(job.uuid)
        tasks.start_soon(self._run, running, work)
        return running

    def resume(self, tasks: TaskGroup) -> None:
        """After a restart: what the crash cut off has failed; what has ended vanishes in its time."""
        for job in self._table:
            if not job.is_over:
                self._table.put(job.failed(_cut_off(), self._clock.now()))
            tasks.start_soon(self._vanish, job.uuid)

    async def _run(self, running: RunningJob, work: Work) -> None:
        error: OntapError | None = None
        try:
            await work()
        except OntapError as refused:
            error = refused
        except OSError as failed:
            error = _disk_error(failed)
        job, now = self._table[running.uuid], self._clock.now()
        self._table.put(job.failed(error, now) if error else job.succeeded(now))
        running.end(error)
        await self._vanish(running.uuid)

    async def _vanish(self, uuid: str) -> None:
        job = self._table[uuid]
        assert job.ended is not None, "only finished jobs vanish"
        await self._clock.sleep(max(0.0, (job.ended + KEPT - self._clock.now()).total_seconds()))
        self._table.remove(uuid)


def _cut_off() -> OntapError:
    """Assumption: no source tells what ONTAP says of a job that a restart cut off."""
    return OntapError(500, "458777", "The job was interrupted by a restart of the cluster.")


def _disk_error(error: OSError) -> OntapError:
    """The generic code for volume work, with what the machine said."""
    return OntapError(500, "917536", f"The job failed: {error.strerror or error}.")
