"""All commands, in the order that help shows them, and where each is: what is not called is not imported.

Help lists them by what is said here, which is how each begins its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from keyword import iskeyword
from typing import Any, NamedTuple

import typer


class _Listed(NamedTuple):
    """What help lists a command by, and the module that holds it."""

    module: str
    summary: str


_COMMANDS = {
    "check": _Listed("check", "Say whether all is ready for `apply`, and who or what mends what is not."),
    "plan": _Listed("plan", "Show what `apply` would do, and why."),
    "apply": _Listed(
        "protecting",
        "Mirror every volume as configured: create what is missing, adopt what is there, remove nothing.",
    ),
    "status": _Listed("status", "Show who serves, how old every copy is, and what is wrong."),
    "explain": _Listed(
        "explain",
        "Say what would become of a group if a site went now: who would serve, why, and what that would cost.",
    ),
    "update": _Listed("protecting", "Carry what the sources hold now to every mirror, and wait until it is there."),
    "pause": _Listed("mirrors", "Pause mirrors: no transfer starts, and `apply` leaves it so."),
    "resume": _Listed("mirrors", "Resume mirrors, whoever paused them."),
    "abort": _Listed("mirrors", "Abort the transfers that run."),
    "break": _Listed("mirrors", "Break mirrors off at one back end: each becomes writable at its last snapshot."),
    "resync": _Listed("mirrors", "Make copies that were broken off mirrors again."),
    "failover": _Listed("failover", "Serve a group from another back end."),
    "failback": _Listed(
        "serving", "Serve a group from its home again, without losing a write: a planned failover to it."
    ),
    "swap": _Listed(
        "serving",
        "Exchange who serves a group and who mirrors it, for good: a planned failover, and all others follow.",
    ),
    "settle": _Listed(
        "serving", "Say who serves a group, where the clusters do not tell: two claim it, or a claim was lost."
    ),
    "reprotect": _Listed(
        "mirrors",
        "Mirror what serves to every other back end again, from the newest common snapshots: after a failover, say.",
    ),
    "unprotect": _Listed("removal", "Take volumes out of a group: their mirrors end at both ends."),
    "forget": _Listed("removal", "Let a back end go that will not come back: the others end what they hold for it."),
    "gc": _Listed(
        "removal",
        "Remove what is left over: releases that are owed, claims that tell nothing any more, marks of no group.",
    ),
    "migrate": _Listed(
        "migrate",
        "Bring volumes to another aggregate, SVM or cluster, or a LUN or file to another volume, by the cheapest"
        " mechanism that the two places allow.",
    ),
    "migrations": _Listed(
        "migrate",
        "Tell which volumes, LUNs and files are on their way, how far they are and how long what is left takes.",
    ),
    "copy": _Listed(
        "copy",
        "Copy a file, a folder or a block device through this host, verified, and resumable after any interruption.",
    ),
    "history": _Listed("past", "Show what was done, by whom and why: the last runs, or everything about one."),
    "runs": _Listed("runs", "Show which runs go on, and which were left before they had come to their end."),
    "role": _Listed("role", "Print the least that an account needs at each cluster, as commands for there."),
    "import": _Listed("importing", "Write the configuration of the groups that OpenStack Cinder replicates."),
    "demo": _Listed(
        "demo",
        "Run the main job on two lab clusters: mirror, kill a site, fail over, come home; compare every file each"
        " time.",
    ),
}
_GROUPS = {
    "drill": _Listed("drill", "Serve clones of mirrors, beside them, to see that a failover would work."),
    "lab": _Listed("lab", "ONTAP clusters on this machine, with real bytes, to try everything on."),
}
"""Commands of two words."""
_BELOW = {"lab": (("lab_fault", "fault"), ("lab_pace", "pace"))}
"""What of them has a third one below it."""
_WITHOUT_CLUSTERS = frozenset({"copy", "import", "lab"})


def need_clusters() -> frozenset[str]:
    """Those that have to do with clusters, or a configuration of them."""
    return frozenset(listed()) - _WITHOUT_CLUSTERS


def listed() -> dict[str, str]:
    """All of them, with what each does."""
    return {name: each.summary for name, each in (_COMMANDS | _GROUPS).items()}


def commands(asked: str | None = None) -> Iterator[Callable[..., Any]]:
    """The command of that name; where it is none, all of them."""
    for name in _names(asked, _COMMANDS):
        yield getattr(_module(_COMMANDS[name].module), f"{name}_" if iskeyword(name) else name)


def groups(asked: str | None = None) -> Iterator[typer.Typer]:
    """The group of that name; where it is none, all of them."""
    yield from map(_group, _names(asked, _GROUPS))


def _names(asked: str | None, among: dict[str, _Listed]) -> list[str]:
    if asked in _COMMANDS or asked in _GROUPS:
        return [name for name in among if name == asked]
    return [*among]


@cache  # what is below it is added once
def _group(name: str) -> typer.Typer:
    group: typer.Typer = getattr(_module(_GROUPS[name].module), name)
    for module, below in _BELOW.get(name, ()):
        group.add_typer(getattr(_module(module), below))
    return group


def _module(name: str) -> Any:
    return import_module(f"datamotion.cli.{name}")
