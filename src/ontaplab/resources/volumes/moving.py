"""A volume moved to another aggregate: replicated, then cut over. Its files stay where they are, its uuid too."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, missing_field
from ontaplab.resources.aggregates.space import aggregate_of, check_room
from ontaplab.resources.aggregates.state import Aggregate
from ontaplab.resources.volumes import bodies
from ontaplab.resources.volumes.effort import Effort, effort_for
from ontaplab.resources.volumes.errors import not_online
from ontaplab.resources.volumes.move_errors import (
    flexgroups_cannot_be_moved,
    same_aggregate,
    source_not_initialized,
    state_with_destination,
    unknown_destination,
    wrong_movement_state,
)
from ontaplab.resources.volumes.rules import check_is_idle
from ontaplab.resources.volumes.space import content_bytes, footprint_bytes
from ontaplab.resources.volumes.state import Movement, Volume
from ontaplab.wire.body import Reference

CUTOVER_S = 1.0
"""Assumption: a cutover of a lab's volume takes a second."""
_AT_START = {None: False, "cutover_wait": True, "wait": True, "abort_on_failure": False, "force": False}
"""States that may come with an aggregate, and whether the cutover then waits to be asked for.

The last three are cutover actions of the command line, which one client sends.
"""
_ASKABLE = ("aborted", "cutover", "cutover_wait", "paused", "replicating")


def moved(cluster: Cluster, volume: Volume, body: bodies.Movement, *, encrypted: bool | None) -> Volume:
    """The volume whose move has begun, or goes on as the body says.

    Raises: OntapError 918265, 918266, 918267, 918786, 9437885, 13107371, 13107405; 917536 where it may not be moved.
    """
    if body.destination_aggregate is not None:
        return replace(volume, movement=_begun(cluster, volume, body, encrypted))
    if body.state is None:
        raise missing_field("movement.destination_aggregate")
    return replace(volume, movement=_steered(cluster, volume.movement, body.state))


def _begun(cluster: Cluster, volume: Volume, body: bodies.Movement, encrypted: bool | None) -> Movement:
    aggregate = _destination(cluster, body.destination_aggregate or Reference())
    if body.state not in _AT_START:
        raise state_with_destination(body.state or "")
    _check_may_be_moved(cluster, volume, aggregate)
    now = cluster.clock.now()
    return Movement(
        aggregate=aggregate.uuid,
        state="replicating",
        started=now,
        effort=effort_for(content_bytes(cluster, volume), now),
        waits_for_cutover=_AT_START[body.state],
        cutover_window_s=body.cutover_window or 30,
        tiering_policy=body.tiering_policy,
        encrypted=encrypted,
    )


def _destination(cluster: Cluster, reference: Reference) -> Aggregate:
    try:
        return aggregate_of(cluster, reference)
    except OntapError:
        raise unknown_destination(str(reference.name or reference.uuid)) from None


def _check_may_be_moved(cluster: Cluster, volume: Volume, aggregate: Aggregate) -> None:
    if volume.constituents:
        raise flexgroups_cannot_be_moved(volume.name)
    check_is_idle(volume)
    if volume.aggregate == aggregate.uuid:
        raise same_aggregate(aggregate.name)
    if volume.state != "online":
        raise not_online(volume.name)
    if any(each.base is None for each in cluster.listed_destinations_by_volume[volume.uuid]):
        raise source_not_initialized(volume.name)
    check_room(cluster, aggregate, footprint_bytes(cluster, volume))


def _steered(cluster: Cluster, movement: Movement | None, state: str) -> Movement:
    """Going on as was asked for. What it does already is no error."""
    if state not in _ASKABLE:
        raise wrong_movement_state(state, "it can be set to " + ", ".join(_ASKABLE))
    if movement is None or not movement.is_going_on:
        raise wrong_movement_state(state, "the volume is not being moved")
    now = cluster.clock.now()
    match state:
        case "aborted" if movement.state != "cutover":
            return replace(movement, state="aborted", effort=movement.effort.paused(now))
        case "paused" if movement.state in ("replicating", "paused"):
            return replace(movement, state="paused", effort=movement.effort.paused(now))
        case "replicating" if movement.state in ("replicating", "paused"):
            return replace(movement, state="replicating", effort=movement.effort.resumed(now))
        case "cutover_wait" if movement.state != "cutover":
            return replace(movement, waits_for_cutover=True)
        case "cutover" if movement.state == "cutover_pending":
            return replace(movement, state="cutover", effort=Effort(needs_s=CUTOVER_S, since=now))
        case "cutover":
            return replace(movement, waits_for_cutover=False)
    raise wrong_movement_state(state, f'its state is "{movement.state}"')


def after_effort(cluster: Cluster, volume: Volume) -> Volume:
    """What becomes of the volume when its movement's present state has taken its time.

    Transfers from a volume that has arrived fail until one that was asked for has succeeded.
    """
    movement, now = volume.movement, cluster.clock.now()
    assert movement is not None, "only a volume that is moved gets so far"
    if movement.state == "replicating" and movement.waits_for_cutover:
        return replace(volume, movement=replace(movement, state="cutover_pending", effort=movement.effort.paused(now)))
    if movement.state == "replicating":
        cutover = Effort(needs_s=CUTOVER_S, since=now)
        return replace(volume, movement=replace(movement, state="cutover", effort=cutover))
    for each in cluster.listed_destinations_by_volume[volume.uuid]:
        cluster.listed_destinations.put(replace(each, moved=True, asked_since=False))
    return _arrived(volume, replace(movement, state="success", effort=movement.effort.paused(now)))


def _arrived(volume: Volume, movement: Movement) -> Volume:
    properties = dict(volume.properties)
    if movement.encrypted is not None:
        properties["encryption.enabled"] = movement.encrypted
    if movement.tiering_policy is not None:
        properties["tiering.policy"] = movement.tiering_policy
    return replace(volume, aggregate=movement.aggregate, movement=movement, properties=properties)


def percent_complete(cluster: Cluster, movement: Movement) -> int:
    """Of the replication; a cutover comes after all of it."""
    if movement.state in ("replicating", "paused", "aborted", "failed"):
        return movement.effort.percent(cluster.clock.now())
    return 100
