"""SnapMirror policies as the configuration defines them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Snapshots with this SnapMirror label are carried, and `count` of them kept at the destination.

    `is_more`: it also has properties that the configuration cannot tell, as a schedule of its own or a lock.
    """

    label: str
    count: int
    is_more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDefinition:
    """A policy of type async that an SVM is to have. `schedule` None: none of its own.

    `takes_snapshots`, `copies_all` and `copies_latest` say the same as of a policy that is seen.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    takes_snapshots: bool = True
    copies_all: bool = False
    copies_latest: bool = False
    schedule: str | None = None
