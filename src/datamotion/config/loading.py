"""From a file to the configuration: checked whole before anything is contacted, all mistakes listed at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from datamotion.config.document import Document, read_document
from datamotion.config.files import weakness
from datamotion.config.keys import Key, matches, walk
from datamotion.config.mistakes import Keys, Mistake, closest, key_path, shown
from datamotion.config.models import Configuration
from datamotion.config.references import dangling_references
from datamotion.errors import ConfigError, Place

_MOST_BYTES = 1024 * 1024
_TRY = "Name one with -c FILE; `datamotion lab up --dir lab` writes one to try."
_REFERENCE = "Every key is described in docs/reference/configuration.md."

_EXPECTED: Mapping[str, str] = {
    "model_type": "a mapping of keys to values",
    "dict_type": "a mapping of names to what they stand for",
    "string_type": "text",
    "string_unicode": "text",
    "invalid_key": "keys that are text",
    "path_type": "the path of a file",
    "tuple_type": "a list",
    "int_type": "a whole number",
    "greater_than_equal": "a number from {ge} on",
    "less_than_equal": "a number up to {le}",
    "string_too_short": "some text",
    "literal_error": "{expected}",
    "bool_type": "true or false",
    "string_pattern_mismatch": "the name of an environment variable: letters, digits and '_'",
}
"""What was expected, by pydantic's word for what is wrong. What is absent here keeps pydantic's own sentence."""


def load(path: Path) -> Configuration:
    """The configuration in the file `path`, its paths absolute. Nothing is contacted, no secret is looked up.

    Raises: ConfigError, listing every mistake with line, key and what was expected.
    """
    text, status = _read(path)
    document = read_document(text, str(path))
    if document.tree is None:
        raise _wrong(path, f"{path} is empty", _TRY)
    if not isinstance(document.tree, dict):
        found = shown(document.tree) if isinstance(document.tree, list) else "a single value"
        raise _wrong(path, f"{path}: found {found}, expected keys: {', '.join(Configuration.model_fields)}", _TRY)
    mistakes = [*document.duplicates, *dangling_references(document.tree)]
    try:
        configuration = Configuration.model_validate(document.tree, context={"folder": path.absolute().parent})
    except ValidationError as error:
        # The root's own value_error is the model's list of dangling references, which we have.
        mistakes += [_mistake(each) for each in error.errors() if each["loc"] or each["type"] != "value_error"]
    else:
        if not mistakes:
            _check_commands(path, status, configuration)
            return configuration
    count = f"{len(mistakes)} mistake{'s' if len(mistakes) > 1 else ''}"
    places = sorted(
        (_place(path, each, document) for each in mistakes), key=lambda each: (each.line, each.key, each.text)
    )
    below = [f"  line {each.line}: {each.key}: {each.text}" for each in places]
    raise ConfigError(f"{path} has {count}:", hint=_REFERENCE, below=below, places=places)


def place_in(path: Path, keys: Keys, text: str) -> Place:
    """Where `keys` lead in the configuration, for what turned out to be wrong only when it was used.

    The line is None where it cannot be read again: a pipe gives what it holds only once.
    """
    mistake = Mistake(keys, text)
    with suppress(ConfigError):
        if path.is_file():
            return _place(path, mistake, read_document(_read(path)[0], str(path)))
    return Place(file=str(path), line=None, key=key_path(keys), text=text)


def _place(path: Path, mistake: Mistake, document: Document) -> Place:
    line, key = document.line_of(mistake.keys), key_path(mistake.keys)
    return Place(file=str(path), line=line, key=key, text=mistake.text)


def _wrong(path: Path, message: str, hint: str | None = None, line: int | None = None) -> ConfigError:
    """The file as a whole is what is wrong."""
    return ConfigError(message, hint=hint, places=[Place(file=str(path), line=line, key=None, text=message)])


def _check_commands(path: Path, status: os.stat_result, configuration: Configuration) -> None:
    """Who can change what the file says runs programs as whoever uses it. Raises: ConfigError where others can."""
    named = [
        f"the secret of {name}"
        for name, each in configuration.clusters.items()
        if each.password.command or (each.peer_passphrase and each.peer_passphrase.command)
    ]
    groups = configuration.groups.items()
    named += [f"the secret of {name}" for name, each in groups if each.shared_secret and each.shared_secret.command]
    named += [f"drills of {name}" for name, each in groups if each.drill.checks]
    found = weakness(path, status, os.geteuid()) if named else None
    if found is not None:
        message = f"{path} names a program to run for {', '.join(named)}, and {found.why}"
        raise _wrong(path, message, found.remedy)


def _read(path: Path) -> tuple[str, os.stat_result]:
    """The text, and what the file was that it was read from: a pipe is none that others could write."""
    try:
        with path.open("rb") as file:
            content, status = file.read(_MOST_BYTES + 1), os.fstat(file.fileno())
    except FileNotFoundError:
        raise _wrong(path, f"there is no configuration file {path}", _TRY) from None
    except IsADirectoryError:
        raise _wrong(path, f"{path} is a folder, expected a configuration file", _TRY) from None
    except OSError as error:
        raise _wrong(path, f"{path} cannot be read: {error.strerror}") from None
    if len(content) > _MOST_BYTES:
        raise _wrong(path, f"{path} holds more than {_MOST_BYTES} bytes, expected a configuration", _TRY)
    try:
        return content.decode("utf-8-sig"), status
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    raise _wrong(path, f"{path}:{line}: not UTF-8", "Save the file as UTF-8.", line)


def _mistake(details: ErrorDetails) -> Mistake:
    keys = tuple(key for key in details["loc"] if key != "[key]")
    if details["type"] == "missing":
        return Mistake(keys, f"required, but missing{_example(keys)}")
    if details["type"] == "extra_forbidden":
        known = [str(key.pattern[-1]) for key in walk() if matches(key.pattern[:-1], keys[:-1])]
        return Mistake(keys, f"unknown key, expected one of {', '.join(known)}{closest(str(keys[-1]), known)}")
    found = "" if _is_secret(keys) else f"found {_found(keys, details)}, "
    return Mistake(keys, f"{found}expected {_expected(details)}")


def _found(keys: Keys, details: ErrorDetails) -> str:
    found = details["input"]
    if details["type"] in ("model_type", "dict_type") and isinstance(found, str):
        return "text"  # where a mapping belongs, text may be anything, a password too
    if keys == ("store",) and isinstance(found, str) and (begin := re.match("[^:=]*[:=]", found)):
        return f"{begin[0]}…"  # the rest may hold one in any spelling
    return shown(found)


def _expected(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    if details["type"] == "value_error":
        return str(context["error"])
    expected = _EXPECTED.get(details["type"], details["msg"]).format_map(context)
    if details["type"] == "string_type" and isinstance(details["input"], int | float):
        return f"{expected}: put it into quotes"
    return expected


def _example(keys: Keys) -> str:
    known = _key_at(keys)
    return f", for example {keys[-1]}: {known.examples[0]}" if known else ""


def _key_at(keys: Keys) -> Key | None:
    return next((key for key in walk() if matches(key.pattern, keys)), None)


def _is_secret(keys: Keys) -> bool:
    """Whether `keys` lead to a reference to a secret or into one."""
    above = (_key_at(keys[:length]) for length in range(1, len(keys) + 1))
    return any(key.is_secret for key in above if key)
