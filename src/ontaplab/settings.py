"""`cluster.json`: what a cluster is from its first start on, and what is said of a file that does not tell it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

HINT = '"A cluster by itself" in docs/ontaplab.md tells what its folder holds; `datamotion lab up --dir lab` makes some'
"""Where there is no cluster that could be served."""

_Text = Annotated[str, StringConstraints(min_length=1)]
_Keys = tuple[str, ...]


class Settings(BaseModel):
    """What a cluster is from its first start on."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    name: _Text
    host: _Text
    port: Annotated[int, Field(ge=1, le=65535)]
    address: _Text
    """Its intercluster address, a key in `network.json`."""
    aggregates: Mapping[_Text, Annotated[int, Field(ge=1)]]
    """The sizes of its aggregates in bytes, by name."""

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"


class SettingsError(ValueError):
    """The file is there, and does not say what a cluster is. `below`: its mistakes, each with its line and key."""

    def __init__(self, message: str, below: Sequence[str] = ()) -> None:
        super().__init__("\n".join((message, *below, f" hint: {HINT}")))
        self.message = message
        self.below = below


_KEYS = tuple(Settings.model_fields)
_EXPECTED: Mapping[str, str] = {
    "model_type": f"an object with the keys {', '.join(_KEYS)}",
    "string_type": "text",
    "string_too_short": "some text",
    "int_type": "a whole number",
    "greater_than_equal": "a number from {ge} on",
    "less_than_equal": "a number up to {le}",
    "dict_type": "an object of names and sizes in bytes",
    "mapping_type": "an object of names and sizes in bytes",
}
"""By pydantic's word for what is wrong. What is absent here keeps pydantic's own sentence."""


def read_settings(path: Path) -> Settings:
    """Raises: OSError; SettingsError."""
    content = path.read_bytes()
    try:
        return Settings.model_validate(json.loads(content.decode()))
    except json.JSONDecodeError as error:
        raise SettingsError(f"{path}:{error.lineno}:{error.colno}: not valid JSON: {error.msg}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not UTF-8") from None
    except ValidationError as error:
        below = [f"  line {line}: {text}" for line, text in sorted(_mistakes(content.decode(), error.errors()))]
        count = f"{len(below)} mistake{'s' if len(below) > 1 else ''}"
        raise SettingsError(f"{path} has {count}:", below) from None


def _mistakes(text: str, errors: list[ErrorDetails]) -> Iterator[tuple[int, str]]:
    """What is said of each, with its line: of what is missing, that of what it belongs into."""
    lines = _lines(text)
    for each in errors:
        keys = tuple(str(key) for key in each["loc"] if key != "[key]")
        written = next(keys[:length] for length in range(len(keys), -1, -1) if keys[:length] in lines)
        yield lines[written], ": ".join(filter(None, (".".join(keys), _said(keys, each))))


def _said(keys: _Keys, error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "required, but missing"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(keys[-1], _KEYS, n=1)
        return f"unknown key, expected one of {', '.join(_KEYS)}" + (f"; did you mean {near[0]!r}?" if near else "")
    expected = _EXPECTED.get(error["type"], error["msg"]).format_map(error.get("ctx", {}))
    return f"found {_found(error['input'])}, expected {expected}"


def _found(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return json.dumps(value)


def _lines(text: str) -> Mapping[_Keys, int]:
    """By the keys that lead to it, the line of each value: JSON is YAML too, but for tabs between its words."""
    import yaml  # noqa: PLC0415  # only for a file that is wrong

    def below(node: yaml.Node, keys: _Keys) -> Iterator[tuple[_Keys, int]]:
        yield keys, node.start_mark.line + 1
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            yield from below(value, (*keys, key.value))

    root = yaml.compose(text.replace("\t", " "), yaml.SafeLoader)
    assert root is not None, "it is JSON, which is never empty"
    return dict(below(root, ()))
