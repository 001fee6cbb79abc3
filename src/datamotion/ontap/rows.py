"""Records of which there may be thousands, read as a whole: much faster than `Record`, which reads field by field.

A class of `Row` says which fields are asked for and of what type each is:

    class _Volume(Row):
        uuid: str = at("uuid")
        path: str | None = at("nas.path", default=None)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import AliasPath, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from datamotion.ontap.answer import Query
from datamotion.ontap.record import Record
from datamotion.ontap.transport import Transport


class Row(BaseModel):
    """ONTAP may write numbers and booleans as strings, and durations as ISO 8601 ("P1DT8M12S")."""

    model_config = ConfigDict(frozen=True)


R = TypeVar("R", bound=Row)


def at(field: str, **more: Any) -> Any:
    """The value of the dotted `field`. It has to be there unless a `default` is given."""
    return Field(validation_alias=AliasPath(*field.split(".")), **more)


async def get_rows(transport: Transport, path: str, row: type[R], query: Query) -> list[R]:
    """All records of a collection that match the query. Raises: MalformedRecord, naming record and field."""
    records = await transport.get_records(path, fields_of(row), query)
    try:
        return _adapter(row).validate_python([record.values for record in records])  # type: ignore[no-any-return]
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        number, *names = first["loc"]
        raise _malformed(records[int(number)], names, first) from None


def _malformed(record: Record, names: Sequence[int | str], error: Mapping[str, Any]) -> Exception:
    field = ".".join(map(str, names))
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
def _adapter(row: type[Row]) -> TypeAdapter[Any]:
    return TypeAdapter(list[row])  # type: ignore[valid-type]
