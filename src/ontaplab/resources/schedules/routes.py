"""`/cluster/schedules`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.schedules.handlers import ScheduleBody, create, modify, remove
from ontaplab.resources.schedules.state import Schedule
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def _cron_field(part: str) -> Field[Schedule]:
    """A part of the cron specification; an empty one is left out."""
    return Field(lambda schedule: getattr(schedule.cron, part) or None if schedule.cron else None)


def resource(cluster: Cluster) -> Resource[Schedule]:
    fields: Fields[Schedule] = Fields(
        {
            "uuid": Field(lambda schedule: schedule.uuid, Level.KEY),
            "name": Field(lambda schedule: schedule.name, Level.KEY),
            "type": Field(lambda schedule: "interval" if schedule.cron is None else "cron"),
            "scope": Field(lambda schedule: "svm" if schedule.svm else "cluster"),
            "svm.name": Field(lambda schedule: svm_name(cluster, schedule.svm)),
            "svm.uuid": Field(lambda schedule: schedule.svm),
            "cluster.name": Field(lambda schedule: cluster.name),
            "cluster.uuid": Field(lambda schedule: cluster.uuid),
            **{f"cron.{part}": _cron_field(part) for part in ("minutes", "hours", "days", "months", "weekdays")},
            "interval": Field(lambda schedule: schedule.interval),
        }
    )
    return Resource(
        path="/cluster/schedules",
        fields=fields,
        rows=lambda request: cluster.schedules,
        create=Create(ScheduleBody, partial(create, cluster)),
        modify=Modify(ScheduleBody, partial(modify, cluster)),
        remove=partial(remove, cluster),
        tunnel=None,
    )
