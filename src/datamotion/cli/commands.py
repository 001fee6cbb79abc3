"""All commands, in the order that help shows them, and where each is: what is not called is not imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from keyword import iskeyword
from typing import Any

import typer

_MODULES = {
    **dict.fromkeys(("check", "plan"), "looking"),
    "apply": "changing",
    **dict.fromkeys(("status", "explain"), "looking"),
    "update": "changing",
    **dict.fromkeys(("pause", "resume", "abort", "break", "resync"), "mirrors"),
    **dict.fromkeys(("failover", "failback", "swap", "settle"), "serving"),
    "reprotect": "mirrors",
    **dict.fromkeys(("unprotect", "forget", "gc"), "removal"),
    **dict.fromkeys(("migrate", "migrations"), "migrate"),
    "copy": "copy",
    "history": "past",
    "role": "role",
    "import": "importing",
    "demo": "demo",
}
_GROUPS = {"drill": (), "lab": (("lab_fault", "fault"), ("lab_pace", "pace"))}
"""Commands of two words, and what has a third one below them."""
WITHOUT_CLUSTERS = frozenset({"copy", "import"})


def commands(asked: str | None = None) -> Iterator[Callable[..., Any]]:
    """The command of that name; where it is none, all of them."""
    for name in _names(asked, _MODULES):
        yield getattr(_module(_MODULES[name]), f"{name}_" if iskeyword(name) else name)


def groups(asked: str | None = None) -> Iterator[typer.Typer]:
    """The group of that name; where it is none, all of them."""
    yield from map(_group, _names(asked, _GROUPS))


def _names(asked: str | None, among: dict[str, Any]) -> list[str]:
    if asked in _MODULES or asked in _GROUPS:
        return [name for name in among if name == asked]
    return [*among]


@cache  # what is below it is added once
def _group(name: str) -> typer.Typer:
    group: typer.Typer = getattr(_module(name), name)
    for module, below in _GROUPS[name]:
        group.add_typer(getattr(_module(module), below))
    return group


def _module(name: str) -> Any:
    return import_module(f"datamotion.cli.{name}")
