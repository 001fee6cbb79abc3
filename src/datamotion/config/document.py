"""A YAML text as plain values, with the line of every key, for messages that point at it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import yaml

from datamotion.config.mistakes import Keys, Mistake
from datamotion.errors import ConfigError, Place


@dataclass(frozen=True, slots=True)
class Document:
    """`tree` is what the text says; where a key is given twice, the last one. `duplicates` tells of those."""

    tree: object
    lines: Mapping[Keys, int]
    duplicates: tuple[Mistake, ...]

    def line_of(self, keys: Keys) -> int:
        """The line of what `keys` lead to, else of the nearest thing around it that was written."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)


def read_document(text: str, name: str) -> Document:
    """The document in `text`. Raises: ConfigError, naming it as `name`, if it is not YAML."""
    loader = _loader(text, name)
    try:
        root = loader.get_single_node()
        if root is None:
            return Document(None, {}, ())
        _check_extent(root, name)
        entries = list(_entries(root, (), set()))
        tree = loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        place = Place(file=name, line=mark.line + 1 if mark else None, key=None, text=_problem(error))
        message = f"{name}{where}: not valid YAML: {place.text}"
        raise ConfigError(message, hint=_HINT, places=[place]) from None
    except (ValueError, LookupError, AttributeError, RecursionError):
        # What the library lets out for a value that does not fit its tag (`!!int x`), and for a bottomless nesting.
        raise ConfigError(f"{name}: not valid YAML: a value does not fit its tag, or is nested too deeply") from None
    finally:
        loader.dispose()
    return _document(tree, entries)


_MOST_VALUES = 100_000
_DEEPEST = 32


class _Extent(NamedTuple):
    values: float
    depth: float


def _check_extent(root: yaml.Node, name: str) -> None:
    """Raises: ConfigError for more than anybody writes, aliases counted as what they stand for, but not unfolded."""
    extent = _extent(root, {})
    if extent.values == math.inf:
        raise ConfigError(f"{name}: an alias stands within what it repeats")
    if extent.values > _MOST_VALUES:
        raise ConfigError(f"{name} holds more than {_MOST_VALUES} values, with what its aliases repeat")
    if extent.depth > _DEEPEST:
        raise ConfigError(f"{name} is nested deeper than {_DEEPEST} levels")


def _extent(node: yaml.Node, known: dict[int, _Extent]) -> _Extent:
    """What holds itself is endless."""
    if id(node) not in known:
        known[id(node)] = _Extent(math.inf, math.inf)
        below = [_extent(each, known) for each in _below(node)]
        known[id(node)] = _Extent(
            1 + sum(each.values for each in below), 1 + max((each.depth for each in below), default=0)
        )
    return known[id(node)]


def _below(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


_HINT = "Indent with spaces, and put text that holds any of : # { } [ ] & * ! % @ into quotes."


_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"


def _loader(text: str, name: str) -> yaml.SafeLoader:
    try:
        return yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        place = Place(file=name, line=line, key=None, text="a control character")
        raise ConfigError(f"{name}:{line}: not valid YAML: {place.text}", places=[place]) from None


def _problem(error: yaml.MarkedYAMLError) -> str:
    """What the library found wrong, without the words it quotes: a tag or an alias may be an unquoted password."""
    return re.sub(r"'(?!<|\\.')[^']{2,}'", "…", error.problem or "unreadable")


def _entries(node: yaml.Node, keys: Keys, seen: set[int]) -> Iterator[tuple[Keys, int]]:
    """Every value's place and line, in the order written; what an alias repeats only once, so that this ends."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag != _MERGE and isinstance(key, yaml.ScalarNode):
                key.tag = _TEXT  # a key is a name, also one that YAML would read as a number or as false (`no`)
            below = (*keys, str(key.value) if isinstance(key, yaml.ScalarNode) else "?")
            yield below, key.start_mark.line + 1
            yield from _entries(value, below, seen)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield (*keys, place), value.start_mark.line + 1
            yield from _entries(value, (*keys, place), seen)


def _document(tree: object, entries: list[tuple[Keys, int]]) -> Document:
    lines: dict[Keys, int] = {}
    duplicates = []
    for keys, line in entries:
        if keys in lines:
            duplicates.append(Mistake(keys, f"the key is given twice, first on line {lines[keys]}"))
        lines[keys] = line
    return Document(tree, lines, tuple(duplicates))
