"""Events: logged by applications."""

from __future__ import annotations

from ontaplab.cluster import Cluster
from ontaplab.resources.ems.state import MOST, NAMES, Event, Severity
from ontaplab.wire.body import Body


class ApplicationLog(Body):
    computer_name: str
    event_source: str
    app_version: str
    event_id: int
    category: str
    event_description: str
    severity: Severity
    autosupport_required: bool


def log(cluster: Cluster, entry: ApplicationLog) -> Event:
    """The entry is an event."""
    name = NAMES[entry.severity]
    index = max((event.index for event in cluster.events), default=0) + 1
    source = f"{entry.computer_name}: {entry.event_source} {entry.app_version}"
    event = Event(
        uuid=cluster.new_uuid("event", str(index)),
        index=index,
        time=cluster.clock.now(),
        name=name,
        severity=entry.severity,
        message=f"{name}: {source}: ({entry.event_id}) {entry.category}: {entry.event_description}",
    )
    with cluster.together():
        for old in cluster.events.where(lambda event: event.index <= index - MOST):
            cluster.events.remove(old.uuid)
        return cluster.events.put(event)
