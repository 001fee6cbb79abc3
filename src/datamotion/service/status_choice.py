"""A status in another order, or with some of its volumes alone. What it says of the group as a whole stays."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from fnmatch import fnmatchcase
from math import inf

from datamotion.model.names import counted
from datamotion.model.words import Role
from datamotion.service.status_reports import CopyReport, ProtectedVolumeReport, StatusReport

LATE = "late"
BROKEN = "broken"


class Order(StrEnum):
    """In which volumes are shown."""

    NAME = "name"
    LAG = "lag"  # the oldest mirror first, and before it who lacks one
    STATE = "state"  # what is broken first, then what is late, then what moves


def chosen(status: StatusReport, order: Order = Order.NAME, only: str | None = None) -> StatusReport:
    """`only`: those that are late, those that are broken, or those whose name matches a pattern."""
    return replace(
        status,
        groups=tuple(
            replace(
                group,
                volumes=tuple(
                    sorted(
                        (each for each in group.volumes if only is None or _is_chosen(each, only)),
                        key=lambda each: (_rank(each, order), counted(each.volume)),
                    )
                ),
            )
            for group in status.groups
        ),
    )


def is_late(copy: CopyReport) -> bool:
    """Whether it is a mirror that is older than it may be, or not of what is served."""
    return copy.within_rpo is False or copy.is_fresh is False


def is_broken(copy: CopyReport) -> bool:
    """Whether there is something to see to beside its age."""
    return copy.role == Role.UNCLEAR or (copy.trouble is not None and not is_late(copy))


def _is_chosen(volume: ProtectedVolumeReport, only: str) -> bool:
    if only == LATE:
        return any(map(is_late, volume.copies))
    if only == BROKEN:
        return volume.active is None or any(map(is_broken, volume.copies))
    return fnmatchcase(volume.volume, only)


def _rank(volume: ProtectedVolumeReport, order: Order) -> float:
    if order is Order.NAME:
        return 0
    if order is Order.LAG:
        return -max((_lag(copy) for copy in volume.copies), default=0)
    if volume.active is None or any(map(is_broken, volume.copies)):
        return 0
    if any(map(is_late, volume.copies)):
        return 1
    return 2 if any(copy.is_transferring for copy in volume.copies) else 3


def _lag(copy: CopyReport) -> float:
    return copy.lag_s if copy.lag_s is not None else inf if copy.trouble and copy.role != Role.ACTIVE else 0
