"""The reference page of the configuration, from its models."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from datamotion.config.clusters import SecretRef
from datamotion.config.durations import format_duration
from datamotion.config.keys import Key, in_line, walk
from datamotion.config.mistakes import Keys, key_path
from datamotion.config.models import Configuration

_INTRODUCTION = """\
<!-- Made from src/datamotion/config by `make docs`; changes here are overwritten. -->
# Configuration

One YAML file, named with `-c FILE`. It is checked whole before anything is contacted: an unknown key, a value that
cannot be read and a name that leads nowhere stop the command, all of them listed with line and key. Durations carry
their unit: `90s`, `15m`, `2h`, `1d12h`. Relative paths start at the configuration file's folder.
"""

_WORDS: Mapping[object, str] = {
    str: "text",
    bool: "`true` or `false`",
    int: "whole number",
    timedelta: "duration",
    Path: "path",
    SecretRef: "reference to a secret",
}


def configuration_page() -> str:
    """Markdown: a sample that uses every key, then a table for each part of the tree."""
    sample = resources.files("datamotion.config").joinpath("samples/everything.yaml").read_text(encoding="utf-8")
    sections = [_section("Top level", Configuration, ())]
    sections += [_section(f"`{_path(key.below)}`", key.branch, key.below) for key in walk() if key.branch]
    return "\n".join([_INTRODUCTION, f"```yaml\n{sample}```\n", *sections])


def _section(title: str, model: type[BaseModel], at: Keys) -> str:
    rows = [_row(key) for key in walk() if key.pattern[:-1] == at]
    head = ["| key | value | default | meaning | example |", "|---|---|---|---|---|"]
    return "\n".join([f"## {title}", "", _paragraph(model.__doc__ or ""), "", *head, *rows, ""])


def _row(key: Key) -> str:
    examples = " or ".join(f"`{example}`" for example in key.examples)
    cells = (f"`{_path(key.pattern)}`", in_words(key.field.annotation), _default(key), key.field.description, examples)
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _default(key: Key) -> str:
    if key.field.is_required():
        return "required"
    match key.field.get_default(call_default_factory=True):
        case None:
            return "none"
        case timedelta() as duration:
            return f"`{format_duration(duration)}`"
        case BaseModel():
            return "as below"
        case tuple() as entries:
            return f"`{in_line(list(entries))}`"
        case value:
            return f"`{in_line(value)}`"


def in_words(annotation: object) -> str:
    """The type of a field as people say it.

    >>> in_words(tuple[str, ...] | None)
    'list of text'
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return in_words(arguments[0])
    if origin in (Union, types.UnionType, Literal):
        return " or ".join(in_words(argument) for argument in arguments if argument is not type(None))
    if origin is tuple:
        return f"list of {in_words(arguments[0])}"
    if origin is Mapping:
        return f"mapping of {in_words(arguments[0])} to {in_words(arguments[1])}"
    if isinstance(annotation, type) and annotation not in _WORDS and issubclass(annotation, BaseModel):
        return "keys below"
    return f"`{annotation}`" if isinstance(annotation, str) else _WORDS[annotation]


def _path(keys: Keys) -> str:
    return key_path(keys).replace("[0]", "[]")


def _paragraph(docstring: str) -> str:
    return " ".join(docstring.split())
