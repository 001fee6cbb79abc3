"""Records of which there may be thousands, read as a whole: much faster than `Record`, which reads field by field.

A class of `Row` says which fields are asked for and of what type each is:

    class _Volume(Row):
        uuid: str = at("uuid")
        path: str | None = at("nas.path", default=None)
"""

from __future__ import annotations

from functools import cache
from typing import Any, Generic, TypeVar, get_args

from pydantic import AliasPath, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from datamotion.ontap.answer import Answer, Query
from datamotion.ontap.errors import MalformedRecord
from datamotion.ontap.record import Record
from datamotion.ontap.transport import Transport


class Row(BaseModel):
    """ONTAP may write numbers and booleans as strings, and durations as ISO 8601 ("P1DT8M12S")."""

    model_config = ConfigDict(frozen=True)


R = TypeVar("R", bound=Row)


def at(field: str, **more: Any) -> Any:
    """The value of the dotted `field`. It has to be there unless a `default` is given."""
    return Field(validation_alias=AliasPath(*field.split(".")), **more)


class _Page(BaseModel, Generic[R]):
    records: list[R]
    next: str | None = at("_links.next.href", default=None)


async def get_rows(transport: Transport, path: str, row: type[R], query: Query) -> list[R]:
    """All records of a collection that match the query. Raises: MalformedRecord, naming record and field."""
    answers = await transport.get_pages(path, fields_of(row), query, _shape(row))
    return [each for answer in answers for each in _rows(transport.name, row, answer)]


def _rows(cluster: str, row: type[R], answer: Answer) -> list[R]:
    if answer.page is not None:
        return answer.page.records  # type: ignore[no-any-return]
    page = Record(cluster, answer.request, answer.body)
    page.required("records", list)
    return [_row(record, row) for record in page.objects("records")]


def _row(record: Record, row: type[R]) -> R:
    try:
        return row.model_validate(record.values)
    except ValidationError as invalid:
        raise _malformed(record, invalid.errors(include_url=False)[0]) from None


def _malformed(record: Record, error: ErrorDetails) -> MalformedRecord:
    field = ".".join(map(str, error["loc"]))
    if error["type"] == "missing" or error["input"] is None:
        return record.malformed(f"{record.who} has no `{field}`")
    wanted = error["msg"].removeprefix("Input ")
    return record.malformed(f"`{field}` of {record.who} is {error['input']!r:.80}, which {wanted}")


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
    return TypeAdapter(_Page[row])  # type: ignore[valid-type]
