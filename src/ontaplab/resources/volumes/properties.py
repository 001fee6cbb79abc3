"""What a body says about a volume that the lab stores and tells again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ontaplab.resources.volumes.bodies import VolumeBody
from ontaplab.resources.volumes.errors import not_for_dp, reserve_too_large
from ontaplab.resources.volumes.policies import REFERENCES

_CORE = {
    *("name", "comment", "state", "size", "svm", "aggregates", "style", "type", "language", "tags", "nvfail"),
    *("clone", "movement", "restore_to", "encryption", "constituents_per_aggregate", "constituent_count"),
    *("sizing_method", "validate_only"),
}
_SPECIAL = {"space.size", "nas.path", "quota.enabled", "space.snapshot.autodelete_enabled"}
_RW_ONLY = (
    *(
        "snapshot_policy",
        "nas.path",
        "nas.security_style",
        "nas.uid",
        "nas.gid",
        "nas.unix",
        "access_time_enabled",
        "snapshot_directory_access_enabled",
        "files.",
    ),
    *("space.snapshot.autodelete", "analytics.", "activity_tracking.", "quota."),
)
"""Assumption: these; of them the snapshot policy and what clients are told about access are in the sources.

An export policy is what a mirror, too, has of its own: OpenStack's driver for shares changes it.
"""


def properties_of(body: VolumeBody) -> dict[str, Any]:
    """By dotted name, what refers to policies not among it. Raises: OntapError 917835."""
    given = body.given()
    percent = given.get("space.snapshot.reserve_percent")
    if isinstance(percent, int) and not 0 <= percent <= 90:
        raise reserve_too_large(percent)
    stored = {
        name: value
        for name, value in given.items()
        if not (name.partition(".")[0] in _CORE or name in _SPECIAL or name.startswith(REFERENCES) or value is None)
    }
    if given.get("quota.enabled") is not None:
        stored["quota.state"] = "on" if given["quota.enabled"] else "off"
    if given.get("space.snapshot.autodelete_enabled") is not None:
        stored["space.snapshot.autodelete.enabled"] = given["space.snapshot.autodelete_enabled"]
    return stored


def merged(*properties: Mapping[str, Any]) -> dict[str, Any]:
    """All of them; where they differ the last one counts, and None takes a property away."""
    found = {name: value for each in properties for name, value in each.items()}
    return {name: value for name, value in found.items() if value is not None}


def check_dp_fields(body: VolumeBody, allowed: tuple[str, ...] = ()) -> None:
    """Raises: OntapError 917617 for a snapshot policy, 917628 for another field that a mirror does not take."""
    for name in body.given():
        if name.startswith(_RW_ONLY) and name not in allowed:
            raise not_for_dp(name)
