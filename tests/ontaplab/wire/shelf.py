"""A resource for the wire's own tests: books, of which some take a job to change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import anyio
import httpx
from starlette.requests import Request as HttpRequest

from ontaplab.clock import SystemClock
from ontaplab.errors import OntapError
from ontaplab.wire.access import Caller, credentials, not_authenticated, tunnel_of
from ontaplab.wire.app import build_app
from ontaplab.wire.body import Body, Reference, Size
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Done, Modify, Reply, Request, Resource, Started

EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    uuid: str
    title: str
    pages: int = 100
    svm: str = "town"
    shelf: str = "1"
    authors: tuple[str, ...] = ()
    ages: tuple[int | None, ...] = ()
    read_at: datetime | None = None
    age: timedelta | None = None


class BookBody(Body):
    title: str | None = None
    pages: Size | None = None
    lent: bool | None = None
    shelf: Reference | None = None


class Job:
    """A job that ends when the test says so."""

    def __init__(self, uuid: str) -> None:
        self.uuid = uuid
        self.error: OntapError | None = None
        self._over = anyio.Event()

    @property
    def ended(self) -> bool:
        return self._over.is_set()

    async def wait(self) -> None:
        await self._over.wait()

    def end(self, error: OntapError | None = None) -> None:
        self.error = error
        self._over.set()


FIELDS: Fields[Book] = Fields(
    {
        "uuid": Field(lambda book: book.uuid, Level.KEY),
        "title": Field(lambda book: book.title, Level.DEFAULT),
        "svm.name": Field(lambda book: book.svm),
        "space.pages": Field(lambda book: book.pages),
        "space.inner.double": Field(lambda book: book.pages * 2),
        "authors[].name": Field(lambda book: book.authors),
        "authors[].age": Field(lambda book: book.ages or (None,) * len(book.authors)),
        "shelf.name": Field(lambda book: book.shelf),
        "read_at": Field(lambda book: book.read_at),
        "age": Field(lambda book: book.age),
        "weight": Field(lambda book: book.pages / 4, Level.EXPENSIVE),
    }
)


@dataclass
class Shelf:
    """The books and the jobs that were started."""

    books: dict[str, Book] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    slow: bool = False
    refused: set[str] = field(default_factory=set)

    def add(self, *books: Book) -> None:
        self.books.update({book.uuid: book for book in books})

    def create(self, request: Request, body: BookBody) -> Reply[Book]:
        book = Book(uuid=f"u-{body.title}", title=body.title or "", pages=body.pages or 0)
        if book.uuid in self.books:
            raise OntapError(409, "1", "duplicate entry")
        self.add(book)
        return Started(self.job(), book) if self.slow else Done(book)

    def modify(self, request: Request, book: Book, body: BookBody) -> Reply[Book]:
        if book.uuid in self.refused:
            raise OntapError(400, "77", f"{book.title} may not change", target="title")
        changes = {name: value for name, value in body.given().items() if name in ("title", "pages")}
        self.add(changed := replace(book, **changes))  # type: ignore[arg-type]
        return Started(self.job(), changed) if self.slow else Done(changed)

    def remove(self, request: Request, book: Book) -> Reply[Book]:
        del self.books[book.uuid]
        return Done()

    def job(self) -> Job:
        self.jobs.append(Job(f"job-{len(self.jobs)}"))
        return self.jobs[-1]

    def resource(self) -> Resource[Book]:
        return Resource(
            path="/library/books",
            fields=FIELDS,
            rows=lambda request: list(self.books.values()),
            create=Create(BookBody, self.create),
            modify=Modify(BookBody, self.modify),
            remove=self.remove,
            flags=frozenset({"force"}),
        )

    def below(self) -> Resource[Book]:
        return Resource(
            path="/library/shelves/{shelf.name}/books",
            fields=FIELDS,
            rows=lambda request: list(self.books.values()),
        )

    def singleton(self) -> Resource[Book]:
        return Resource(
            path="/library",
            fields=FIELDS,
            rows=lambda request: [Book(uuid="u", title="the library")],
            singleton=True,
        )

    @asynccontextmanager
    async def client(self, auth: tuple[str, str] = ("admin", "secret")) -> AsyncIterator[httpx.AsyncClient]:
        app = build_app(
            [self.resource(), self.below(), self.singleton()],
            clock=SystemClock(),
            admit=_admit,
            operator=_admit,
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://lab", auth=auth) as client:
            yield client


def _admit(http: HttpRequest) -> Caller:
    if credentials(http) != ("admin", "secret"):
        raise not_authenticated()
    return Caller(account="admin", tunnel=tunnel_of(http))
