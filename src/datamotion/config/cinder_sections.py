"""The sections of a cinder.conf, read as OpenStack's oslo.config reads them, without it.

An option that stands twice has both values, of which most options take the last. What a back end's section leaves out
is looked for in `[backend_defaults]`. Values that refer to others (`$name`) are not put together: they are refused.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datamotion.errors import ConfigError

_SHARED = "backend_defaults"
_MOST_BYTES = 4 * 1024 * 1024
_REFERENCE = re.compile(r"\$[A-Za-z_{]")
_TRUE, _FALSE = frozenset({"true", "1", "on", "yes"}), frozenset({"false", "0", "off", "no"})


class _Values(dict[str, Any]):
    """Values of an option that stands more than once come one after the other; the parser makes a text of that list."""

    def __setitem__(self, key: str, value: Any) -> None:
        former = self.get(key)
        if isinstance(former, list) and isinstance(value, list):
            former.extend(value)
        else:
            super().__setitem__(key, value)


class CinderConf:
    """The file, by section and option."""

    def __init__(self, path: Path) -> None:
        """Raises: ConfigError where it cannot be read. No line of it is in the message: that may hold a password."""
        self.path = path
        self._parser = configparser.RawConfigParser(
            dict_type=_Values,
            strict=False,
            empty_lines_in_values=False,
            default_section="",  # DEFAULT is a section like others: it gives nothing to them
        )
        self._parser.optionxform = str  # type: ignore[method-assign,assignment]  # as the library says it is done
        try:
            self._parser.read_string(_text(path))
        except configparser.MissingSectionHeaderError as error:
            raise ConfigError(f"{path}:{error.lineno}: an option before any section") from None
        except configparser.ParsingError as error:
            raise ConfigError(f"{path}:{error.errors[0][0]}: neither a section nor an option") from None

    def __contains__(self, section: str) -> bool:
        return self._parser.has_section(section)

    def values(self, section: str, option: str) -> Sequence[str]:
        """All values, in their order; none where it is not set."""
        for place in (section, _SHARED):
            if self._parser.has_option(place, option):
                return [_bare(each) for each in self._parser.get(place, option).split("\n")]
        return []

    def text(self, section: str, option: str) -> str | None:
        """The last value; None where it is not set, or to nothing. Raises: ValueError for one that refers to others."""
        value = next(reversed(self.values(section, option)), None) or None
        if value is not None and _REFERENCE.search(value):
            raise ValueError("refers to another option, expected the value itself")
        return value

    def is_on(self, section: str, option: str, *, default: bool) -> bool:
        """Raises: ValueError for what is neither true nor false."""
        value = (self.text(section, option) or str(default)).lower()
        if value not in _TRUE | _FALSE:
            raise ValueError("expected true or false")
        return value in _TRUE


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{path} holds more than {_MOST_BYTES} bytes, expected a cinder.conf")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}:{content.count(10, 0, error.start) + 1}: not UTF-8") from None


def _bare(value: str) -> str:
    """Without the quotes around it."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
