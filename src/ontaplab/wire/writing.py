"""POST, PATCH and DELETE: on one object, on a list of them, and on all that match a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic, TypeVar

from ontaplab.clock import Clock
from ontaplab.errors import OntapError, missing_field, no_entry
from ontaplab.wire.body import parse
from ontaplab.wire.fields import Json
from ontaplab.wire.parameters import Parameters
from ontaplab.wire.reading import instance, matching, render_records
from ontaplab.wire.resource import Reply, Request, Resource, Started, StartedJob

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Answer:
    """What to reply to a write."""

    status: int
    body: Json
    location: str | None = None


@dataclass(frozen=True, slots=True)
class Write(Generic[R]):
    """One write to one resource, whose method is known to be simulated."""

    resource: Resource[R]
    request: Request
    parameters: Parameters
    clock: Clock

    async def post(self, raw: Mapping[str, Any]) -> Answer:
        """Creates one object, or each of `records`."""
        if isinstance(raw.get("records"), list):
            return await self._all([partial(self._create, each) for each in raw["records"]], status=201)
        return await self._one(self._create(raw), status=201)

    async def patch(self, raw: Mapping[str, Any]) -> Answer:
        """Changes the object at an instance path."""
        return await self._one(self._modify(raw, instance(self.resource, self.request)), status=200)

    async def delete(self) -> Answer:
        """Removes the object at an instance path."""
        return await self._one(self._remove(instance(self.resource, self.request)), status=200)

    async def patch_all(self, raw: Mapping[str, Any]) -> Answer:
        """Changes every object that matches the query, or each of `records`."""
        check = self.resource.check_patch or (lambda count: None)
        if isinstance(raw.get("records"), list):
            check(len(raw["records"]))
            return await self._all([partial(self._modify_keyed, each) for each in raw["records"]], status=200)
        assert self.resource.modify is not None
        body, call = parse(self.resource.modify.body, raw), self.resource.modify.call
        self.resource.modify.check(self.request, body)
        found = self._matching()
        check(max(len(found), len(self.request.uuids or ())))
        return await self._all([partial(call, self.request, record, body) for record in found], status=200)

    async def delete_all(self, raw: Mapping[str, Any]) -> Answer:
        """Removes every object that matches the query, or each of `records`."""
        if isinstance(raw.get("records"), list):
            return await self._all([partial(self._remove_keyed, each) for each in raw["records"]], status=200)
        return await self._all([partial(self._remove, record) for record in self._matching()], status=200)

    def _create(self, raw: Mapping[str, Any]) -> Reply[R]:
        assert self.resource.create is not None
        return self.resource.create.call(self.request, parse(self.resource.create.body, raw))

    def _modify(self, raw: Mapping[str, Any], record: R) -> Reply[R]:
        assert self.resource.modify is not None
        return self.resource.modify.call(self.request, record, parse(self.resource.modify.body, raw))

    def _remove(self, record: R) -> Reply[R]:
        assert self.resource.remove is not None
        return self.resource.remove(self.request, record)

    def _modify_keyed(self, raw: Mapping[str, Any]) -> Reply[R]:
        rest = {name: value for name, value in raw.items() if name not in self.resource.keys}
        return self._modify(rest, self._keyed(raw))

    def _remove_keyed(self, raw: Mapping[str, Any]) -> Reply[R]:
        return self._remove(self._keyed(raw))

    def _keyed(self, raw: Mapping[str, Any]) -> R:
        """The record that an element of `records` names by its keys."""
        for key in self.resource.keys:
            if key not in raw:
                raise missing_field(key)
        keys = {key: str(raw[key]) for key in self.resource.keys}
        return instance(self.resource, replace(self.request, path={**self.request.path, **keys}))

    def _matching(self) -> list[R]:
        """Assumption: as for an instance, nothing found is an error mostly; and a query is needed to change many."""
        if not self.parameters.filters:
            raise OntapError(400, "262245", "A query or a list of records is required to change a collection.")
        found = matching(self.resource, self.request, self.parameters)
        if not found and not (self.request.method == "DELETE" and self.resource.removes_none):
            raise no_entry()
        return found

    async def _one(self, reply: Reply[R], *, status: int) -> Answer:
        body: Json = {}
        if isinstance(reply, Started):
            status = await self._status([reply.job], status)
            body["job"] = _link(reply.job)
        elif reply.status is not None:
            status = reply.status
        if self.parameters.return_records and reply.record is not None:
            body |= {"num_records": 1, "records": self._shown([reply.record])}
        if not isinstance(reply, Started) and reply.reply is not None:
            body = reply.reply
        created = self.request.method == "POST" and reply.record is not None
        location = self.resource.href(self.request, reply.record) if created and reply.record else None
        return Answer(status, body, location)

    async def _all(self, acts: Sequence[Callable[[], Reply[R]]], *, status: int) -> Answer:
        """Each act in its turn. The first refusal ends it, unless `continue_on_failure` collects them.

        Assumption: a refusal after others were carried out still tells their jobs.
        """
        replies: list[Reply[R]] = []
        refusals: list[OntapError] = []
        for act in acts:
            try:
                replies.append(act())
            except OntapError as refusal:
                refusals.append(refusal)
                if not self.parameters.continue_on_failure:
                    break
        jobs = [reply.job for reply in replies if isinstance(reply, Started)]
        body: Json = {"num_records": len(replies)}
        if jobs:
            body["jobs"] = [_link(job) for job in jobs]
        if len(jobs) == len(acts) == 1:
            body["job"] = body["jobs"][0]
        if self.parameters.return_records:
            body["records"] = self._shown([reply.record for reply in replies if reply.record is not None])
        if refusals and not self.parameters.continue_on_failure:
            return Answer(refusals[0].status, {"error": refusals[0].body(), **body})
        if not self.parameters.continue_on_failure:
            return Answer(await self._status(jobs, status), body)
        status = await self._waited(jobs, status)
        refusals += [job.error for job in jobs if job.error is not None]
        if refusals:
            body["errors"] = [refusal.body() for refusal in refusals]
        return Answer(status, body)

    async def _status(self, jobs: Sequence[StartedJob], done: int) -> int:
        """As `_waited`. Raises: OntapError of the first job that failed in that time."""
        status = await self._waited(jobs, done)
        for job in jobs:
            if job.error is not None:
                raise job.error
        return status

    async def _waited(self, jobs: Sequence[StartedJob], done: int) -> int:
        """The status once these jobs have ended, or 202 if they did not within `return_timeout`."""
        if not jobs:
            return done
        if not self.parameters.return_timeout_s:
            return 202
        with self.clock.limit(self.parameters.return_timeout_s):
            for job in jobs:
                await job.wait()
        return done if all(job.ended for job in jobs) else 202

    def _shown(self, records: Sequence[R]) -> list[Json]:
        return render_records(self.resource, self.request, records)


def _link(job: StartedJob) -> Json:
    return {"uuid": job.uuid, "_links": {"self": {"href": f"/api/cluster/jobs/{job.uuid}"}}}
