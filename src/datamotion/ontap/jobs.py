"""The jobs of one cluster, followed together: a look at them is one query for a hundred that still run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from datamotion.clock import Clock
from datamotion.engine.concurrently import side_by_side
from datamotion.engine.ports import Accepted, Declined, Reply, Unanswered
from datamotion.errors import ClusterError, ClusterRefused, ClusterSilent
from datamotion.ontap.answer import refused
from datamotion.ontap.errors import told
from datamotion.ontap.record import Record
from datamotion.ontap.replies import batches
from datamotion.ontap.transport import Transport

_PATH = "/cluster/jobs"
_FIELDS = ("uuid", "state", "message", "code", "error")
_BATCH = 100  # uuids of 36 characters: a query line of under 4 KiB
_FIRST_S, _GROWTH, _LONGEST_S = 0.05, 1.5, 2.0


async def follow_jobs(transport: Transport, clock: Clock, jobs: Collection[str]) -> Mapping[str, Reply]:
    """What became of each job. Returns when all have ended or can no longer be followed; it sets no time limit.

    Accepted: it succeeded. Declined: it failed. Unanswered: it vanished, was stopped, or could not be asked about.
    """
    ended: dict[str, Reply] = {}
    running = list(dict.fromkeys(jobs))
    interval_s = _FIRST_S

    async def look(batch: Sequence[str]) -> None:
        ended.update(await _ended_of(transport, batch))

    while running:
        await clock.sleep(interval_s)
        oldest, *younger = batches(running, _BATCH)
        await look(oldest)
        # The oldest tell how far it is; the others are looked at when these are over, or when all takes long.
        if all(job in ended for job in oldest) or interval_s == _LONGEST_S:
            await side_by_side(look, younger)
        still = [job for job in running if job not in ended]
        if len(still) == len(running):
            interval_s = min(interval_s * _GROWTH, _LONGEST_S)
        running = still
    return ended


async def _ended_of(transport: Transport, jobs: Sequence[str]) -> Mapping[str, Reply]:
    """Those of the jobs that need not be looked at again."""
    try:
        records = await transport.get_records(_PATH, _FIELDS, {"uuid": "|".join(jobs)})
        seen = {record.required("uuid", str): record for record in records}
        replies = {job: _reply(transport.name, job, seen.get(job)) for job in jobs}
    except ClusterError as error:
        return {job: _lost(transport.name, job, error.message, error.hint) for job in jobs}
    return {job: reply for job, reply in replies.items() if reply is not None}


def _reply(cluster: str, job: str, record: Record | None) -> Reply | None:
    """None while the job runs."""
    if record is None:
        return _lost(cluster, job, "it is not known any more; ONTAP forgets a job 300 s after its end")
    match record.required("state", str):
        case "queued" | "running" | "paused":
            return None
        case "success":
            return Accepted()
        case "failure":
            return Declined(_failure(cluster, job, record))
        case word:
            return _lost(cluster, job, f"it is in state {word!r}")


def _failure(cluster: str, job: str, record: Record) -> ClusterRefused:
    message = told(record.optional("error.message", str) or record.optional("message", str) or "it did not say why")
    code = record.optional("error.code", object) or record.optional("code", object) or ""
    return refused(cluster, f"job {job}", message, status=200, ontap_code=told(code, 20))


def _lost(cluster: str, job: str, reason: str, hint: str | None = None) -> Unanswered:
    message = f"what became of job {job} at {cluster} is not known: {reason}"
    return Unanswered(ClusterSilent(cluster, message, request=f"GET /api{_PATH}", hint=hint))
