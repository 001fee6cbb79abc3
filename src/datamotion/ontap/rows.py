"""Records of which there may be thousands, read as a whole: much faster than `Record`, which reads field by field.

A class of `Row` says which fields are asked for and of what type each is:

    class _Volume(Row):
        uuid: str = at("uuid")
        path: str | None = at("nas.path", default=None)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, get_args

from pydantic import AliasPath, BaseModel, ConfigDict, FailFast, Field, TypeAdapter, ValidationError, create_model
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from datamotion.errors import ClusterRefused
from datamotion.model.view import Aspect, Unreadable
from datamotion.ontap.answer import Query
from datamotion.ontap.errors import MalformedRecord
from datamotion.ontap.record import Record
from datamotion.ontap.transport import Transport
from datamotion.ontap.values import meaning


class Row(BaseModel):
    """ONTAP may write numbers and booleans as strings, and durations as ISO 8601 ("P1DT8M12S")."""

    # Only pages are ever read: a row is built as a part of one.
    model_config = ConfigDict(frozen=True, defer_build=True)


R = TypeVar("R", bound=Row)


class _Object:
    """Any object; nothing of it is kept."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        return core_schema.typed_dict_schema({})


def at(field: str, **more: Any) -> Any:
    """The value of the dotted `field`. It has to be there unless a `default` is given."""
    return Field(validation_alias=AliasPath(*field.split(".")), **more)


class _Next(BaseModel):
    href: str


class _Page(BaseModel, Generic[R]):
    records: Annotated[list[R], FailFast()]  # all errors of a page that is full of them would fill the memory
    links: _Object | None = at("_links", default=None)
    following: _Next | None = at("_links.next", default=None)

    @property
    def next(self) -> str | None:
        return self.following.href if self.following else None


class Listing(NamedTuple):
    """What a collection holds: the records that can be read, and what can be told of those that cannot."""

    records: Collection[object]
    unreadable: tuple[Unreadable, ...]


async def get_listing(
    transport: Transport,
    aspect: Aspect,
    path: str,
    fields: Sequence[str],
    read: Callable[[Record], object],
    query: Query | None = None,
) -> Listing:
    """All records of a collection, read one by one, as there are few; those that cannot be are told by their names.

    Raises: MalformedRecord where those are too many to be told.
    """
    found, unreadable = [], []
    for record in await transport.get_records(path, fields, query):
        try:
            found.append(read(record))
        except MalformedRecord as error:
            named = {name: record.legible(field) for name, field in _NAMES.items()}
            unreadable.append(Unreadable(aspect=aspect, reason=error.message, **named))
            if len(unreadable) > transport.limits.illegible:
                raise
    return Listing(tuple(found), tuple(unreadable))


_NAMES = {"name": "name", "svm": "svm.name", "uuid": "uuid", "comment": "comment"}


Illegible = tuple[Record, MalformedRecord]
"""A record that cannot be read, and why."""


async def get_rows(transport: Transport, path: str, row: type[R], query: Query) -> list[R]:
    """All records of a collection that match the query. Raises: MalformedRecord, naming record and field."""
    rows, illegible = await get_legible_rows(transport, path, row, query)
    if illegible:
        raise illegible[0][1]
    return rows


async def rows_if_told(transport: Transport, path: str, row: type[R], query: Query) -> list[R] | None:
    """All records of a collection that nobody waits for; None where the cluster does not tell them, or not all of them
    can be read.
    """
    try:
        rows, illegible = await get_legible_rows(transport, path, row, query)
    except ClusterRefused:
        return None
    return None if illegible else rows


async def get_legible_rows(
    transport: Transport, path: str, row: type[R], query: Query
) -> tuple[list[R], list[Illegible]]:
    """As `get_rows`, with the records that cannot be read beside the others.

    Raises: MalformedRecord where those are too many to be told.
    """
    answers = await transport.get_pages(path, fields_of(row), query, _shape(row))
    rows: list[R] = []
    illegible: list[Illegible] = []
    for answer in answers:
        if answer.page is not None:
            rows += answer.page.records
        else:
            page = Record(transport.name, answer.request, answer.body)
            _read(page, row, rows, illegible, most=transport.limits.illegible)
    return rows, illegible


def _read(page: Record, row: type[R], rows: list[R], illegible: list[Illegible], *, most: int) -> None:
    for number, values in enumerate(page.required("records", list), start=1):
        is_object = isinstance(values, Mapping)
        record = Record(page.cluster, page.request, values if is_object else {}, number)
        try:
            rows.append(_whole(row).model_validate(values))
        except ValidationError as invalid:
            problem = _problem(record, invalid.errors(include_url=False)[0])
            if not is_object:
                problem = f"record number {number} is {values!r:.80}, not an object"
            illegible.append((record, record.malformed(problem)))
            if len(illegible) > most:
                raise illegible[0][1] from None


def _problem(record: Record, error: ErrorDetails) -> str:
    field = ".".join(map(str, error["loc"]))
    if error["type"] == "missing" or error["input"] is None:
        return f"{record.who} has no `{field}`"
    return f"`{field}` of {record.who} is {error['input']!r:.80}, which {meaning(error)}"


@cache
def fields_of(row: type[Row]) -> tuple[str, ...]:
    """The dotted names of all that it reads, those in the objects of a list included."""
    names: list[str] = []
    for field in row.model_fields.values():
        assert isinstance(field.validation_alias, AliasPath)
        name = ".".join(map(str, field.validation_alias.path))
        inner = [each for each in get_args(field.annotation) if isinstance(each, type) and issubclass(each, Row)]
        names += [f"{name}.{each}" for each in fields_of(inner[0])] if inner else [name]
    return tuple(names)


@cache
def _shape(row: type[Row]) -> TypeAdapter[Any]:
    page: Any = _Page[_whole(row)]  # type: ignore[misc]  # made from what it is given
    return TypeAdapter(page)


@cache
def _whole(row: type[R]) -> type[R]:
    """The row, to which what its fields are in has to be an object too: else they would count as not told."""
    paths = {".".join(name.split(".")[:depth]) for name in _own_fields(row) for depth in range(1, name.count(".") + 1)}
    holders: dict[str, Any] = {
        f"in_{path.replace('.', '_')}": (_Object | None, at(path, default=None)) for path in sorted(paths)
    }
    return create_model(row.__name__, __base__=row, **holders)


def _own_fields(row: type[Row]) -> list[str]:
    aliases = [field.validation_alias for field in row.model_fields.values()]
    return [".".join(map(str, alias.path)) for alias in aliases if isinstance(alias, AliasPath)]
