"""What a resource tells the wire: its path, its fields, and what can be done with it.

A path is a template whose parameters are field names: `/storage/volumes/{volume.uuid}/snapshots`. An instance is below
it, at its keys. A parameter is a query too, so that `/storage/volumes/*/snapshots` lists those of all volumes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

from ontaplab.errors import OntapError
from ontaplab.wire.body import Body
from ontaplab.wire.fields import Fields, Json
from ontaplab.wire.query import alternatives

R = TypeVar("R")
B = TypeVar("B", bound=Body)

_PARAMETER = re.compile(r"\{([\w.]+)\}")
_PLAIN = re.compile(r"[0-9A-Za-z_.-]*")


@dataclass(frozen=True, slots=True)
class Tunnel:
    """The SVM that a cluster-wide account acts as (`X-Dot-SVM-Name`, `X-Dot-SVM-UUID`)."""

    name: str | None = None
    uuid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What handlers may know about a request, besides its body."""

    method: str
    account: str
    path: Mapping[str, str]
    """Path parameters, by field name."""
    flags: Mapping[str, str]
    """Query parameters that the resource declares as its own."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Queries by field; the wire carries them out."""
    tunnel: Tunnel | None = None
    of_svms_account: bool = False
    """Whether whoever asks belongs to the tunnelled SVM, and did not choose it."""

    @property
    def uuids(self) -> Collection[str] | None:
        """The only uuids that a record may have to be meant; None: any."""
        return alternatives(self.filters["uuid"]) if "uuid" in self.filters else None

    def reaches(self, svm: str | None) -> bool:
        """Whether what belongs to that SVM (its uuid) is there for whoever asks; None: it is the cluster's."""
        return self.tunnel is None or self.tunnel.uuid == svm

    def flag(self, name: str) -> bool:
        """Whether a query parameter that is a switch was set."""
        return self.flags.get(name, "false").lower() == "true"


class StartedJob(Protocol):
    """A job, as replies need it."""

    @property
    def uuid(self) -> str: ...

    @property
    def ended(self) -> bool: ...

    @property
    def error(self) -> OntapError | None:
        """Why it failed; None while it runs and after success."""
        ...

    async def wait(self) -> None:
        """Return when it has ended."""
        ...


@dataclass(frozen=True, slots=True)
class Done(Generic[R]):
    """It is done: `record` as it is now (None: gone). `reply` replaces what the body would hold."""

    record: R | None = None
    status: int | None = None
    reply: Json | None = None


@dataclass(frozen=True, slots=True)
class Started(Generic[R]):
    """A job carries it out; `record` is what it works on, or what will be there when it has succeeded."""

    job: StartedJob
    record: R | None = None


Reply = Done[R] | Started[R]


@dataclass(frozen=True, slots=True)
class Create(Generic[R, B]):
    """POST: the body it takes and what carries it out."""

    body: type[B]
    call: Callable[[Request, B], Reply[R]]


@dataclass(frozen=True, slots=True)
class Modify(Generic[R, B]):
    """PATCH: the body it takes and what carries it out."""

    body: type[B]
    call: Callable[[Request, R, B], Reply[R]]
    check: Callable[[Request, B], None] = lambda request, body: None
    """Raises: OntapError for a body that is wrong whatever a query finds, be it nothing."""


@dataclass(frozen=True, kw_only=True)
class Resource(Generic[R]):
    """One collection, or one singleton. A method whose callable is None is not simulated."""

    path: str
    fields: Fields[R]
    rows: Callable[[Request], Iterable[R]]
    """All records below this path. May leave out what the path parameters or the query exclude; the wire filters by
    them."""
    keys: tuple[str, ...] = ("uuid",)
    find: Callable[[Request], R | None] | None = None
    """The record at an instance path, where that is quicker than looking through all rows."""
    create: Create[R, Any] | None = None
    modify: Modify[R, Any] | None = None
    remove: Callable[[Request, R], Reply[R]] | None = None
    singleton: bool = False
    check_patch: Callable[[int], None] | None = None
    """Raises: OntapError if one PATCH must not change so many records."""
    listed_only: bool = False
    """Whether its records have no paths of their own; their keys only sort them."""
    links: bool = True
    """Whether a record has a link to itself."""
    flags: frozenset[str] = field(default_factory=frozenset)
    tunnel: str | None = "svm"
    """The field whose `.name` and `.uuid` say to which SVM a record belongs, "" if it is one; None: all see it."""
    key_holds_slashes: bool = False
    """Whether the last key is a path itself."""
    removes_none: bool = False
    """Whether a DELETE by a query that finds nothing is done, and no error."""
    shared: bool = False
    """Whether records of no SVM, the cluster's own, are visible from every SVM."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The path's parameters, the keys not among them."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def is_one_path(self) -> bool:
        """Whether there is nothing below its path."""
        return self.singleton or self.listed_only

    @property
    def instance_path(self) -> str:
        return self.path if self.is_one_path else self.path + "".join(f"/{{{key}}}" for key in self.keys)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are simulated."""
        optional = (("POST", self.create), ("PATCH", self.modify), ("DELETE", self.remove))
        return ("GET", *(method for method, how in optional if how is not None))

    def collection_href(self, request: Request) -> str:
        return "/api" + _fill(self.path, request.path)

    def href(self, request: Request, record: R) -> str:
        """Where the record is: a path without a trailing slash."""
        if self.is_one_path:
            return "/api" + self.path
        return "".join([part if get is None else _quoted(str(get(record))) for part, get in self._href_parts])

    @cached_property
    def _href_parts(self) -> list[tuple[str, Callable[[R], object] | None]]:
        """The instance path in parts: text as it is, and parameters with their getters."""
        parts = _PARAMETER.split("/api" + self.instance_path)
        return [(part, self.fields.getter(part) if number % 2 else None) for number, part in enumerate(parts)]


def _quoted(value: str) -> str:
    """As part of a path. Most values are uuids, which are what they are."""
    return value if _PLAIN.fullmatch(value) else quote(value, safe="")


def _fill(template: str, values: Mapping[str, object]) -> str:
    return _PARAMETER.sub(lambda found: quote(str(values[found[1]]), safe="*|"), template)
