"""Reports as JSON: whole, in ASCII, durations in seconds, instants in UTC. What was not seen is null."""

from __future__ import annotations

import json

from pydantic_core import PydanticSerializationError
from pydantic_core import to_json as dumped
from pydantic_core import to_jsonable_python as as_plain

from datamotion.service.envelope import enveloped


def document_json(kind: str, told: object, exit_status: int | None = None, *, indent: int | None = 2) -> str:
    """What `-o json` prints: what is told, in a document that says what it is, by which schema, and how it ended.

    `kind` is a key of `schema.KINDS`, whose classes the schema is made from.
    """
    return to_json(enveloped(kind, told, exit_status), indent=indent)


def to_json(told: object, *, indent: int | None = 2) -> str:
    """A report, or anything made of them, alone."""
    try:
        printed = dumped(told, indent=indent, ensure_ascii=True, inf_nan_mode="null").decode()
    except PydanticSerializationError:  # half of a character, which JSON can name and UTF-8 cannot hold
        return json.dumps(as_plain(told), indent=indent)
    return printed.replace("\x7f", r"\u007f")  # the one control character that it leaves
