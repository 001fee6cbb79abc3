"""The kinds of value that the configuration holds. A validator's ValueError says what was expected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sized
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo

_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_LONGEST_NAME = 256  # that ONTAP takes of a policy
_HTTPS = re.compile(r"https://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?/?", re.ASCII | re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+]*:", re.ASCII | re.IGNORECASE)
_WORDS = re.compile(r"\w+\s*=\s*\S+\s+\w+\s*=|passw\w*\s*=", re.ASCII | re.IGNORECASE)
"""A connection in libpq's other spelling, `host=db password=…`."""
_SERVER = re.compile(r"[\w.,:\[\]-]*(/[\w.-]*)?", re.ASCII)
_DATABASE = re.compile(r"postgresql(\+\w+)?://", re.ASCII)
_Entries = TypeVar("_Entries", bound=Sized)
_HARMLESS = frozenset({"host", "port", "user", "service", "passfile", "application_name", "target_session_attrs"}) | {
    *("connect_timeout", "tcp_user_timeout", "sslmode", "sslrootcert", "sslcert", "sslkey"),
}
"""Of libpq's parameters those that hold no secret; any other may be one in some spelling."""


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a name of letters, digits, '_', '-' and '.'")
    return name


def _policy_name(name: str) -> str:
    if len(_name(name)) > _LONGEST_NAME or name.startswith("datamotion_"):
        raise ValueError(f"up to {_LONGEST_NAME} characters, and not datamotion_…: claims of who serves are called so")
    return name


def _https_url(url: str) -> str:
    if url.lower().startswith("http:"):
        raise ValueError("https: over http the password and all answers could be read and changed on the way")
    if "@" in url:
        raise ValueError("a URL without user and password, which have keys of their own")
    found = _HTTPS.fullmatch(url)
    if found is None or int(found[2] or 443) not in range(1, 65536):
        raise ValueError("https, a host and maybe a port, such as https://paris.example.com")
    return url.rstrip("/")


def _in_folder(path: Path, info: ValidationInfo) -> Path:
    """Relative paths start at the `folder` of the context, which is the configuration file's."""
    if str(path).startswith("~"):
        raise ValueError("a path without '~': either absolute or relative to the configuration file's folder")
    if not path.name or "\0" in str(path):
        raise ValueError("the path of a file")
    return Path((info.context or {}).get("folder", "")) / path


def _store(location: str, info: ValidationInfo) -> str:
    if not _SCHEME.match(location) and not _WORDS.search(unquote(location)):
        return str(_in_folder(Path(location), info))
    if not _DATABASE.match(location):
        raise ValueError("a path, or a URL that starts with postgresql://")
    if _may_hold_a_secret(location):
        raise ValueError("a URL without a password: PostgreSQL's client takes it from PGPASSFILE or PGPASSWORD")
    return location


def _may_hold_a_secret(url: str) -> bool:
    """A password before the host, a parameter that is none of the harmless ones, or what is none of these.

    Percent-encoded or not.
    """
    address, _, query = url.partition("://")[2].partition("?")
    user, _, place = unquote(address).rpartition("@")
    names = {unquote(each.partition("=")[0]) for each in re.split("[&;]", query) if each}
    return ":" in user or not _SERVER.fullmatch(place) or not names <= _HARMLESS


def _junction(path: str) -> str:
    if not path.startswith("/") or path.endswith("/") or "//" in path:
        raise ValueError("a junction path, such as /drill or /tests/drill")
    return path


def _aggregates(given: object) -> object:
    names = [*given, *given.values()] if isinstance(given, Mapping) else given
    if not isinstance(names, list | tuple) or not names or not all(isinstance(n, str) and n for n in names):
        raise ValueError("a mapping of source to destination aggregates, or a list of destination aggregates")
    return given


def _not_empty(entries: _Entries) -> _Entries:
    if not entries:
        raise ValueError("at least one entry")
    return entries


NotEmpty = AfterValidator(_not_empty)
Text = Annotated[str, StringConstraints(min_length=1)]
Name = Annotated[str, AfterValidator(_name)]
PolicyName = Annotated[str, AfterValidator(_policy_name)]
HttpsUrl = Annotated[str, AfterValidator(_https_url)]
FilePath = Annotated[Path, AfterValidator(_in_folder)]
StoreLocation = Annotated[str, AfterValidator(_store)]
JunctionPath = Annotated[str, AfterValidator(_junction)]
Aggregates = Annotated[Mapping[str, str] | tuple[str, ...], BeforeValidator(_aggregates)]
Texts = Annotated[tuple[Text, ...], NotEmpty]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
