"""The keys that the configuration knows, walked from its models: for messages and for the reference page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from datamotion.config.clusters import SecretRef
from datamotion.config.mistakes import Keys
from datamotion.config.models import Configuration

NAME = "NAME"
"""Stands for a name that people choose."""


@dataclass(frozen=True, slots=True)
class Key:
    """`pattern` is the way to it, with `NAME` for a chosen name and 0 for any place in a list.

    `branch` is the model of what is below it, None for a leaf, and `below` the pattern of the keys in there.
    """

    pattern: Keys
    field: FieldInfo
    branch: type[BaseModel] | None
    below: Keys

    @property
    def is_secret(self) -> bool:
        return self.branch is SecretRef

    @property
    def examples(self) -> tuple[str, ...]:
        """What may be written after the key and a colon."""
        return tuple(in_line(example) for example in self.field.examples or ())


def in_line(value: object) -> str:
    """A value as YAML on one line.

    >>> in_line({"env": "PARIS_PASSWORD"}), in_line("2h")
    ('{env: PARIS_PASSWORD}', '2h')
    """
    text: str = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10_000)
    return text.removesuffix("...\n").rstrip()


def matches(pattern: Keys, keys: Keys) -> bool:
    """Whether `keys` is one of the ways that `pattern` stands for."""
    return len(pattern) == len(keys) and all(
        isinstance(key, int) if expected == 0 else expected in (NAME, key)
        for expected, key in zip(pattern, keys, strict=True)
    )


def walk(model: type[BaseModel] = Configuration, at: Keys = ()) -> Iterator[Key]:
    """Every key in `model`, each followed by those below it."""
    for name, field in model.model_fields.items():
        steps, branch = _branch(field.annotation)
        key = Key((*at, name), field, branch, (*at, name, *steps))
        yield key
        if branch is not None:
            yield from walk(branch, key.below)


def _branch(annotation: object) -> tuple[Keys, type[BaseModel] | None]:
    """The model that an annotation leads to, and the steps to it: a name, a place in a list, or none."""
    if _is_model(annotation):
        return (), annotation
    arguments = get_args(annotation)
    if get_origin(annotation) is Mapping and _is_model(arguments[1]):
        return (NAME,), arguments[1]
    if get_origin(annotation) is tuple and _is_model(arguments[0]):
        return (0,), arguments[0]
    return (), None


def _is_model(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
