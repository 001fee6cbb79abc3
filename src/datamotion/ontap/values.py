"""What a value has to be to be taken from a cluster's answer. All else makes its record unreadable.

Names, paths and uuids hold no control characters, no marks that turn the direction of text, and no half of a character:
they go into requests, reports and terminals. A uuid is anything of its letters, so that it is one segment of a URL and
no operator of a query. What people write (comments, reasons) may hold anything that is text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter
from pydantic_core import ErrorDetails

_CLEAN = r"[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_OLDEST = timedelta(days=36525)

_NAME, _UUID = f"^{_CLEAN}*$", r"^[0-9A-Za-z][0-9A-Za-z_:~-]*$"
_ENDPOINT, _JUNCTION = f"^{_CLEAN}+:{_CLEAN}*$", f"^(/{_CLEAN}*)?$"
_MEANINGS: Mapping[str, str] = {
    _NAME: "should hold no control characters",
    _UUID: "should be a uuid",
    _ENDPOINT: "should be SVM:VOLUME without control characters",
    _JUNCTION: "should be a path without control characters",
}


def _within_reach(instant: datetime) -> datetime:
    try:
        at = instant.astimezone(UTC)
    except OverflowError:
        at = _LATEST
    if not _EARLIEST <= at < _LATEST:
        raise ValueError("should be an instant between 1970 and 2200")
    return at


Name = Annotated[str, Field(pattern=_NAME, max_length=2048)]
Uuid = Annotated[str, Field(pattern=_UUID, max_length=100)]
EndpointPath = Annotated[str, Field(pattern=_ENDPOINT, max_length=2048)]
JunctionPath = Annotated[str, Field(pattern=_JUNCTION, max_length=4096)]
Text = Annotated[str, Field(max_length=65536)]
Whole = Annotated[int, Field(ge=0, lt=2**63)]
Instant = Annotated[AwareDatetime, AfterValidator(_within_reach)]
"""In UTC afterwards."""

_FREE = frozenset({"comment", "message"})


def adapter_of(field: str, kind: type) -> TypeAdapter[Any]:
    """What reads a field of this name as this type."""
    if kind is str:
        leaf = field.rpartition(".")[2]
        return _READS_UUID if leaf == "uuid" else _READS_TEXT if leaf in _FREE else _READS_NAME
    return _READS_WHOLE if kind is int else _adapter(kind)


_adapter = cache(TypeAdapter)
_READS_UUID: TypeAdapter[str] = TypeAdapter(Uuid)
_READS_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_READS_NAME: TypeAdapter[str] = TypeAdapter(Name)
_READS_WHOLE: TypeAdapter[int] = TypeAdapter(Whole)


def meaning(error: ErrorDetails) -> str:
    """What a value should have been, in words that go after "which"."""
    pattern = str(error.get("ctx", {}).get("pattern"))
    return _MEANINGS.get(pattern) or error["msg"].removeprefix("Input ").removeprefix("Value error, ")


def is_age(lag: timedelta) -> bool:
    """Whether something can be that old."""
    return timedelta() <= lag <= _OLDEST
