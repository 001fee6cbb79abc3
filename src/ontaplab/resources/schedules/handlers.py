"""Schedules: find, create, change, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cronsim import CronSimError
from pydantic import Field as Limits

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.schedules.errors import (
    is_built_in,
    is_used,
    name_taken,
    no_such_instant,
    not_found,
    only_cron,
)
from ontaplab.resources.schedules.state import BUILT_IN, Cron, Schedule
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Done, Reply, Request


class CronBody(Body):
    minutes: tuple[Annotated[int, Limits(ge=0, le=59)], ...]
    hours: tuple[Annotated[int, Limits(ge=0, le=23)], ...] = ()
    days: tuple[Annotated[int, Limits(ge=1, le=31)], ...] = ()
    months: tuple[Annotated[int, Limits(ge=1, le=12)], ...] = ()
    weekdays: tuple[Annotated[int, Limits(ge=0, le=6)], ...] = ()


class ScheduleBody(Body):
    name: str | None = None
    cron: CronBody | None = None
    interval: str | None = None


def install_built_in(cluster: Cluster) -> None:
    """The schedules that every cluster has are there."""
    for name, cron in BUILT_IN.items():
        uuid = cluster.new_uuid("schedule", name)
        cluster.schedules.put(Schedule(uuid=uuid, name=name, cron=cron, is_built_in=True))


def schedule_of(cluster: Cluster, reference: Reference) -> Schedule:
    """The schedule that is meant. Raises: OntapError 6619699."""
    found = cluster.schedules.first(
        lambda schedule: reference.name in (None, schedule.name) and reference.uuid in (None, schedule.uuid)
    )
    if found is None or (reference.name is None and reference.uuid is None):
        raise not_found(str(reference.name or reference.uuid))
    return found


def create(cluster: Cluster, request: Request, body: ScheduleBody) -> Reply[Schedule]:
    if body.name is None:
        raise missing_field("name")
    if cluster.schedules.first(lambda schedule: schedule.name == body.name):
        raise name_taken(body.name)
    schedule = Schedule(uuid=cluster.new_uuid("schedule", body.name), name=body.name, cron=_cron(cluster, body))
    cluster.schedules.put(schedule)
    cluster.firings.schedules_changed()
    return Done(schedule)


def modify(cluster: Cluster, request: Request, schedule: Schedule, body: ScheduleBody) -> Reply[Schedule]:
    if not body.model_fields_set:
        return Done(schedule)
    if schedule.is_built_in:
        raise is_built_in()
    changed = cluster.schedules.put(replace(schedule, cron=_cron(cluster, body)))
    cluster.firings.schedules_changed()
    return Done(changed)


def remove(cluster: Cluster, request: Request, schedule: Schedule) -> Reply[Schedule]:
    if schedule.is_built_in:
        raise is_built_in()
    user = cluster.policies.first(lambda policy: policy.transfer_schedule == schedule.uuid)
    if user is not None:
        raise is_used(f'SnapMirror policy "{user.name}"')
    updated = cluster.relationships.first(lambda each: each.transfer_schedule == schedule.uuid)
    if updated is not None:
        raise is_used(f"SnapMirror relationship {updated.uuid}")
    taken_by = cluster.snapshot_policies.first(
        lambda policy: any(copies.schedule == schedule.uuid for copies in policy.copies)
    )
    if taken_by is not None:
        raise is_used(f'snapshot policy "{taken_by.name}"')
    cluster.schedules.remove(schedule.uuid)
    cluster.firings.schedules_changed()
    return Done()


def _cron(cluster: Cluster, body: ScheduleBody) -> Cron:
    if body.interval is not None:
        raise only_cron()
    if body.cron is None:
        raise missing_field("cron")
    cron = Cron(**{name: tuple(values) for name, values in body.cron.model_dump().items()})
    try:
        Schedule(uuid="", name="", cron=cron).next_firing(cluster.clock.now())
    except (CronSimError, StopIteration):
        raise no_such_instant(cron.expression) from None
    return cron
