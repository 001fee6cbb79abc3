"""A mistake in the configuration: where, and what was expected there. All of them are listed at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

Keys = tuple[str | int, ...]
"""The way from the root to a value: names of keys and places in lists."""

_PLAIN = re.compile(r"[\w.<-]+")
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Mistake:
    keys: Keys
    text: str


def key_path(keys: Keys) -> str:
    """The way to a value, as people write it.

    >>> key_path(("groups", "gold", "targets", 0, "backend"))
    'groups.gold.targets[0].backend'
    """
    return "".join(_key(key) for key in keys).removeprefix(".")


def _key(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _PLAIN.fullmatch(key) else f".{key!r}"


def shown(value: object) -> str:
    """A value that was found, in words short enough for a message; what may be a password in a URL is left out.

    >>> shown("https://admin:secret@paris/?password=secret"), shown(None), shown({"a": 1})
    ("'https://…@paris/?…'", 'nothing', 'a mapping')
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case str():
            masked = re.sub(r"\?.*", "?…", re.sub(r"//.*@", "//…@", value, flags=re.DOTALL), flags=re.DOTALL)
            return repr(masked if len(masked) <= _LONGEST_SHOWN else f"{masked[:_LONGEST_SHOWN]}…")
        case _:
            return str(value)


def closest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence that offers the known word nearest to `word`; "" where none is near.

    >>> closest("ur", ["url", "user"])
    "; did you mean 'url'?"
    """
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
