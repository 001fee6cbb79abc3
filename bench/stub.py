"""A cluster that keeps what is asked for and changed, and answers at once, in the process that asks.

It is no ONTAP, which the lab is: nothing is refused, no byte is copied, and time does not pass in it. So all that an
operation against it takes is what datamotion itself takes, but for `used_s`. A change is answered as ONTAP does, by a
job that has ended by the next look, or as done where the request waits for it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import anyio
import httpx

Record = Mapping[str, Any]

_VOLUMES = "/api/storage/volumes"
_RELATIONSHIPS = "/api/snapmirror/relationships"
_POLICIES = "/api/snapmirror/policies"
_JOBS = "/api/cluster/jobs"
_CLUSTER = "/api/cluster"
DESTINATIONS = f"{_RELATIONSHIPS}?list_destinations_only"
"""What mirrors begin here, in the collections of a cluster."""


class StubCluster(httpx.AsyncBaseTransport):
    """The collections of one cluster by their paths, their records by uuid. `calls` counts what was asked of it.

    `born` says what a record has from the beginning, beside what was asked for, with its uuid.
    `takes_records`: whether one request can change each of many as it says; what changes many alike it always takes.
    `used_s`: the seconds of the CPU that it has taken itself, for itself alone. Each answer takes `latency_s`.
    """

    def __init__(
        self,
        collections: Mapping[str, Sequence[Record]],
        latency_s: float = 0.0,
        *,
        born: Mapping[str, Callable[[Record], Record]] = MappingProxyType({}),
    ) -> None:
        self.latency_s = latency_s
        self._born = born
        self.takes_records = True
        self._records = {
            path: {str(record.get("uuid", number)): record for number, record in enumerate(records)}
            for path, records in collections.items()
        }
        self._json = {
            path: {uuid: json.dumps(record).encode() for uuid, record in records.items()}
            for path, records in self._records.items()
        }
        self._pages: dict[str, bytes] = {}
        self._jobs = 0
        self.calls = 0
        self.used_s = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, after the latency and no other wait."""
        if self.latency_s:
            await anyio.sleep(self.latency_s)
        began_s = time.process_time()
        self.calls += 1
        query = dict(request.url.params)
        body = json.loads(request.content or b"{}")
        path = request.url.path
        if request.method == "GET":
            response = httpx.Response(200, content=self._shown(path, query), headers=_JSON)
        elif request.method == "POST":
            response = self._taken(self._create(path, body), query)
        elif request.method == "DELETE":
            response = self._taken(self._remove(DESTINATIONS if "source_only" in query else path, query), query)
        elif "records" in body and not self.takes_records:
            refusal = {"error": {"code": "262198", "message": 'Unexpected argument "records".'}}
            response = httpx.Response(400, content=json.dumps(refusal).encode(), headers=_JSON)
        else:
            response = self._taken(self._modify(path, query, body), query)
        self.used_s += time.process_time() - began_s
        return response

    def _shown(self, path: str, query: Mapping[str, str]) -> bytes:
        if path == _JOBS:
            return _page(json.dumps({"uuid": uuid, "state": "success"}).encode() for uuid in query["uuid"].split("|"))
        if path == _CLUSTER:
            return next(iter(self._json[path].values()))
        path = DESTINATIONS if "list_destinations_only" in query else path
        found = self._json.get(path, {})
        if "uuid" in query:
            return _page(found[uuid] for uuid in query["uuid"].split("|") if uuid in found)
        if path not in self._pages:
            self._pages[path] = _page(found.values())
        return self._pages[path]

    def _create(self, path: str, body: Record) -> int:
        uuid = str(uuid5(NAMESPACE_OID, f"{path} {len(self._records[path])}"))
        record = _merged(self._born[path](body) if path in self._born else {"uuid": uuid}, body)
        self._keep(path, record["uuid"], record)
        return 1

    def _remove(self, path: str, query: Mapping[str, str]) -> int:
        """How many records went: those that the query names, or the one of that path."""
        uuids = query["uuid"].split("|") if "uuid" in query else [path.rpartition("/")[2]]
        path = path if path in self._records else path.rpartition("/")[0]
        for uuid in uuids:
            del self._records[path][uuid], self._json[path][uuid]
        self._pages.pop(path, None)
        return len(uuids)

    def _modify(self, path: str, query: Mapping[str, str], body: Record) -> int:
        """How many records were changed: the one of that path, those that the query names, or each as it says."""
        if path in self._records:
            changes = body.get("records") or [{**body, "uuid": uuid} for uuid in query["uuid"].split("|")]
        else:
            path, _, uuid = path.rpartition("/")
            changes = [{**body, "uuid": uuid}]
        for change in changes:
            self._keep(path, change["uuid"], _merged(self._records[path][change["uuid"]], change))
        return len(changes)

    def _keep(self, path: str, uuid: str, record: Record) -> None:
        self._records[path][uuid] = record
        self._json[path][uuid] = json.dumps(record).encode()
        self._pages.pop(path, None)
        if path == _RELATIONSHIPS and record["state"] == "snapmirrored" and "exported_snapshot" not in record:
            carried = {
                "exported_snapshot": f"snapmirror.{uuid}_1",
                "lag_time": "PT1M",
                "transfer": {"state": "success"},
            }
            self._keep(path, uuid, {**record, **carried})
        if path == _RELATIONSHIPS and record["state"] == "broken_off":
            # Volumes have their relationships' uuids here, which spares the stub a search.
            self._keep(_VOLUMES, uuid, {**self._records[_VOLUMES][uuid], "type": "rw"})

    def _taken(self, count: int, query: Mapping[str, str]) -> httpx.Response:
        if query.get("return_timeout") != "0":
            return httpx.Response(200, content=json.dumps({"num_records": count}).encode(), headers=_JSON)
        self._jobs += 1
        answer = {"num_records": count, "job": {"uuid": f"00000000-0000-0000-0000-{self._jobs:012}"}}
        return httpx.Response(202, content=json.dumps(answer).encode(), headers=_JSON)


class Dead(httpx.AsyncBaseTransport):
    """A cluster that refuses every connection."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nothing answers", request=request)


_JSON = {"content-type": "application/hal+json"}


def _page(records: Iterable[bytes]) -> bytes:
    listed = list(records)
    return b'{"records": [' + b", ".join(listed) + b'], "num_records": ' + str(len(listed)).encode() + b"}"


def _merged(record: Record, change: Record) -> Record:
    """The record with what the change says of it; of an object only what it names."""
    merged = dict(record)
    for name, value in change.items():
        known = merged.get(name)
        merged[name] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged
