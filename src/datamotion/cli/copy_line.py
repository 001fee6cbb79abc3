"""The line of a copy, where it is plain what it says. Typer, which reads all lines, takes as long as a small copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class CopyLine(NamedTuple):
    """What was typed, each by the name that the command has for it."""

    source: str
    destination: str
    verify: str = "fast"
    bwlimit: str | None = None
    force: bool = False
    delta: bool = False
    in_place: bool = False
    sync: bool = False
    output: str = "text"


_FLAGS = {"--force": "force", "--delta": "delta", "--inplace": "in_place", "--sync": "sync"}
_VALUES = {"--verify": "verify", "--bwlimit": "bwlimit", "--output": "output", "-o": "output"}
_CHOICES = {"verify": {"fast", "full", "none"}, "output": {"text", "json", "jsonl"}}


def read(arguments: Sequence[str]) -> CopyLine | None:
    """None for whatever else it may be, a mistake or a call for help: whoever reads all lines says what."""
    paths: list[str] = []
    asked: dict[str, Any] = {}
    left = iter(arguments)
    for each in left:
        option, is_joined, value = each.partition("=")
        if each in _FLAGS:
            asked[_FLAGS[each]] = True
        elif option in _VALUES and (not is_joined or option.startswith("--")):
            value = value if is_joined else next(left, "")
            name = _VALUES[option]
            if not value or value.startswith("-") or value not in _CHOICES.get(name, {value}):
                return None
            asked[name] = value
        elif each.startswith("-") or not each:
            return None
        else:
            paths.append(each)
    return CopyLine(paths[0], paths[1], **asked) if len(paths) == 2 else None
