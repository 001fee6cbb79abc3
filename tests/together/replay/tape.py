"""Answers of clusters, recorded and played again, with one of them changed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import httpx

_INSTANT = re.compile(r"(?<!svm=)\d{4}-\d\d-\d\dT[\dA:%.]+(?:Z|(?:[+-]|%2B|%2D)[\dA:%]+)")
_MOST_REQUESTS = 5000

Key = tuple[str, str, str]
"""Cluster, method, and the URL below it with its query."""


@dataclass(frozen=True, slots=True)
class Taped:
    status: int
    body: bytes


@dataclass(slots=True)
class Tape:
    """What clusters answered, in order; `acts` is what they were asked to change."""

    answers: dict[Key, list[Taped]] = field(default_factory=dict)
    acts: set[str] = field(default_factory=set)


class Recorder(httpx.AsyncBaseTransport):
    """The way to a cluster, with its answers on the tape."""

    def __init__(self, cluster: str, wire: httpx.AsyncBaseTransport, tape: Tape) -> None:
        self._cluster = cluster
        self._wire = wire
        self._tape = tape

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._wire.handle_async_request(request)
        body = await response.aread()
        self._tape.answers.setdefault(key_of(self._cluster, request), []).append(Taped(response.status_code, body))
        self._tape.acts.update(acts_of(self._cluster, request))
        return httpx.Response(response.status_code, content=body, headers=_HEADERS, request=request)


_HEADERS = {"Content-Type": "application/hal+json"}


@dataclass(slots=True)
class Player:
    """All clusters of a tape, as often as they are asked. `changed` is what one answer is instead: its key and body.

    An answer that comes again is the last one there was. What was never asked for while it was recorded is refused; a
    change of which every part was asked for then is taken.
    """

    tape: Tape
    changed: tuple[Key, bytes] | None = None
    acts: set[str] = field(default_factory=set)
    given: Counter[Key] = field(default_factory=Counter)

    def answer(self, cluster: str, request: httpx.Request) -> httpx.Response:
        key = key_of(cluster, request)
        acts = set(acts_of(cluster, request))
        self.acts |= acts
        self.given[key] += 1
        assert self.given.total() < _MOST_REQUESTS, "it never ends"
        taped = self.tape.answers.get(key)
        if taped is None:
            is_part = acts and acts <= self.tape.acts
            refusal = {"error": {"code": "262197", "message": "this was never asked for"}}
            body: Mapping[str, object] = {"num_records": len(acts)} if is_part else refusal
            return httpx.Response(200 if is_part else 400, json=body, request=request)
        found = taped[min(self.given[key], len(taped)) - 1]
        body_sent = found.body
        if self.changed is not None and self.changed[0] == key:
            body_sent = self.changed[1]
        return httpx.Response(found.status, content=body_sent, headers=_HEADERS, request=request)


class Played(httpx.AsyncBaseTransport):
    """One cluster of a player, whose clock is right."""

    def __init__(self, cluster: str, player: Player, now: Callable[[], datetime]) -> None:
        self._cluster = cluster
        self._player = player
        self._now = now

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = self._player.answer(self._cluster, request)
        response.headers["Date"] = format_datetime(self._now(), usegmt=True)
        return response


class Gone(httpx.AsyncBaseTransport):
    """A cluster that nobody reaches."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nothing answers", request=request)


def key_of(cluster: str, request: httpx.Request) -> Key:
    return cluster, request.method, request.url.raw_path.decode()


def acts_of(cluster: str, request: httpx.Request) -> Iterator[str]:
    """What a request changes, object by object, whatever it is asked together with. Instants are left out."""
    if request.method == "GET":
        return
    body: Any = json.loads(request.content) if request.content else {}
    path, uuids = request.url.path, request.url.params.get("uuid")
    each = body.pop("records", None)
    changes = [(it.pop("uuid"), it) for it in each] if each else [(uuid, body) for uuid in (uuids or "").split("|")]
    for uuid, change in changes:
        told = _INSTANT.sub("INSTANT", json.dumps(change, sort_keys=True))
        yield f"{cluster}: {request.method} {path}{'/' if uuid else ''}{uuid} {told}"
