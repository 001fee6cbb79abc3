"""Request bodies: dotted names expanded, references by bare name, numbers and booleans as text.

Each POST and PATCH declares its body as a pydantic model derived from `Body`; a name it does not declare is an error
that names it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from starlette.requests import Request as HttpRequest

from ontaplab.errors import OntapError, invalid_value, missing_field, unexpected_argument

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)B?", re.IGNORECASE)
_UNITS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


class Body(BaseModel):
    """What a request may say. A field that was not given is not in `model_fields_set`; null is None."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False)

    def given(self) -> dict[str, object]:
        """What was said, by dotted name; lists are values."""
        return dict(_flat(self.model_dump(exclude_unset=True)))


class Reference(Body):
    """Another object by name, uuid or both; a bare string is its name."""

    name: str | None = None
    uuid: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    def means(self, name: str, uuid: str) -> bool:
        """Whether nothing in it speaks against the object of that name and uuid."""
        return self.name in (None, name) and self.uuid in (None, uuid)


def _size(value: object) -> object:
    if isinstance(value, str) and (found := _SIZE.fullmatch(value.strip())):
        return int(float(found[1]) * 1024 ** _UNITS[found[2].upper()])
    return value


def _octal(digits: int) -> int:
    if not re.fullmatch("[0-7]{1,4}", str(digits)):
        raise ValueError(digits)
    return digits


OctalDigits = Annotated[int, AfterValidator(_octal)]
"""A mode as ONTAP writes it: the number 755 for rwxr-xr-x."""
Size = Annotated[int, BeforeValidator(_size)]
"""Bytes; as text also with a unit: "1GB" is 1024**3."""

B = TypeVar("B", bound=Body)
MOST_BYTES = 16 * 1024 * 1024
"""Of a body that is read into memory: those of thousands of records are much shorter."""
DEEPEST = 32
"""How many levels a body may have: ONTAP's have far fewer."""


async def read_body(http: HttpRequest) -> bytes:
    """The body of a request by somebody who may ask. Raises: OntapError 262245 for one that is too long."""
    raw = bytearray()
    async with aclosing(http.stream()) as parts:
        async for part in parts:
            raw += part
            if len(raw) > MOST_BYTES:
                raise OntapError(413, "262245", f"The request's body is longer than {MOST_BYTES} bytes.")
    return bytes(raw)


async def read_object(http: HttpRequest) -> dict[str, Any]:
    """The JSON object in a request's body. Raises: OntapError 262245."""
    return decode(await read_body(http))


def decode(raw: bytes) -> dict[str, Any]:
    """The JSON object in a request's body; an empty body is an empty object.

    Raises: OntapError 262245 for what is no JSON object, is nested deeply, or holds half of a character.
    """
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw, parse_constant=_no_number)
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise OntapError(400, "262245", "The request's body is not a JSON object.")
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _is_deep(value):
        raise OntapError(400, "262245", f"The request's body is nested deeper than {DEEPEST} levels.")
    return value


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [each for outer in level for each in _inner(outer) if isinstance(each, dict | list)]
    return bool(level)


def _inner(outer: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer


def parse(model: type[B], raw: Mapping[str, Any]) -> B:
    """The checked body.

    Raises: OntapError 262179 for names that are not taken, 262245 for missing ones, 262197 for wrong values.
    """
    try:
        return model.model_validate(expand(raw))
    except ValidationError as invalid:
        raise _refusal(invalid) from None


def expand(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names become nested objects; links are dropped.

    >>> expand({"svm.name": "x", "nas": {"path": "/v"}, "nas.uid": 0})
    {'svm': {'name': 'x'}, 'nas': {'path': '/v', 'uid': 0}}
    """
    expanded: dict[str, Any] = {}
    for name, value in raw.items():
        if name == "_links":
            continue
        *parents, last = name.split(".")
        if len(parents) > DEEPEST:
            raise unexpected_argument(name)
        place = expanded
        for part in parents:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        inner = _expand_value(value)
        if isinstance(inner, dict) and isinstance(place.get(last), dict):
            place[last].update(inner)
        else:
            place[last] = inner
    return expanded


def _expand_value(value: Any) -> Any:
    if isinstance(value, dict):
        return expand(value)
    if isinstance(value, list):
        return [_expand_value(each) for each in value]
    return value


def _refusal(invalid: ValidationError) -> OntapError:
    problems = invalid.errors()
    by_kind = {problem["type"]: problem for problem in reversed(problems)}
    if "extra_forbidden" in by_kind:
        unknown = [_name(problem) for problem in problems if problem["type"] == "extra_forbidden"]
        return unexpected_argument(", ".join(unknown))
    if "missing" in by_kind:
        return missing_field(_name(by_kind["missing"]))
    return invalid_value(problems[0]["input"], _name(problems[0]))


def _name(problem: Any) -> str:
    return ".".join(str(part) for part in problem["loc"] if isinstance(part, str))


def _flat(nested: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    flat: list[tuple[str, object]] = []
    for name, value in nested.items():
        if isinstance(value, dict):
            flat += _flat(value, f"{prefix}{name}.")
        else:
            flat.append((prefix + name, value))
    return flat
