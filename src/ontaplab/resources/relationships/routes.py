"""`/snapmirror/relationships`: at the destination the relationships, at the source the list of destinations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.resources.relationships.bodies import RelationshipChange, RelationshipCreate
from ontaplab.resources.relationships.creating import create
from ontaplab.resources.relationships.endpoints import path_of, svm_name_of
from ontaplab.resources.relationships.geometry import group_type
from ontaplab.resources.relationships.handlers import Modifying
from ontaplab.resources.relationships.removing import AT_SOURCE, FLAGS, remove
from ontaplab.resources.relationships.reversing import Reversing
from ontaplab.resources.relationships.state import SYNCHRONOUS, Endpoint, Listed, ListedDestination, Relationship, State
from ontaplab.resources.relationships.transitions import Transitions
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.state import Transfer
from ontaplab.store import Table
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Request, Resource


def resource(cluster: Cluster, engine: Engine, transitions: Transitions) -> Resource[Listed]:
    modifying = Modifying(cluster, engine, transitions, Reversing(cluster, engine))

    def rows(request: Request) -> Iterable[Listed]:
        """Those of the tunnelled SVM, if there is one, at whichever end is meant."""
        at_source = any(request.flag(name) for name in AT_SOURCE)
        table: Table[Any] = cluster.listed_destinations if at_source else cluster.relationships
        found: Iterable[Listed] = table.only(request.uuids)
        tunnel = request.tunnel
        for row in found:
            here = row.source if at_source else row.destination
            if tunnel is None or (tunnel.uuid in (None, here.svm_uuid) and _is_named(here, tunnel.name)):
                yield row

    def _is_named(endpoint: Endpoint, name: str | None) -> bool:
        return name is None or name == svm_name_of(cluster, endpoint)

    def find(request: Request) -> Listed | None:
        at_source = any(request.flag(name) for name in AT_SOURCE)
        uuid = request.path["uuid"]
        listed = cluster.listed_destinations.get(uuid) if at_source else None
        at_destination = not at_source or request.flag("source_info_only")
        return listed or (cluster.relationships.get(uuid) if at_destination else None)

    return Resource(
        path="/snapmirror/relationships",
        fields=Fields({**_common(cluster), **_at_destination(cluster), **_transfer(cluster, engine)}),
        rows=rows,
        find=find,
        create=Create(RelationshipCreate, partial(create, cluster, engine, transitions)),
        modify=Modify(RelationshipChange, modifying.modify),
        remove=partial(remove, cluster, engine),
        check_patch=lambda count: cluster.traits.now.check_patch("relationships", count),
        flags=FLAGS | {"force"},
        tunnel=None,
    )


def _common(cluster: Cluster) -> dict[str, Field[Listed]]:
    """What both ends know."""

    def policy_name(row: Listed) -> str | None:
        if isinstance(row, ListedDestination):
            return row.policy
        policy = cluster.policies.get(row.policy)
        return policy.name if policy else None

    fields: dict[str, Field[Listed]] = {
        "uuid": Field(lambda row: row.uuid, Level.KEY),
        **_endpoint(cluster, "source", lambda row: row.source),
        **_endpoint(cluster, "destination", lambda row: row.destination),
        "state": Field(lambda row: row.state.value, Level.DEFAULT),
        "healthy": Field(lambda row: isinstance(row, ListedDestination) or row.unhealthy is None, Level.DEFAULT),
        "policy.name": Field(policy_name),
        "policy.type": Field(lambda row: "sync" if row.kind in SYNCHRONOUS else "async"),
        "group_type": Field(lambda row: group_type(cluster, row)),
    }
    return fields


def _endpoint(cluster: Cluster, end: str, of: Callable[[Listed], Endpoint]) -> dict[str, Field[Listed]]:
    """Assumption: the cluster is called by its own name, whatever the cluster peer is called here."""

    def peer(row: Listed, part: str) -> object:
        found = cluster.cluster_peers.get(of(row).cluster_peer)
        return None if found is None else getattr(found, part)

    return {
        f"{end}.path": Field(lambda row: path_of(cluster, of(row)), Level.DEFAULT),
        f"{end}.svm.name": Field(lambda row: svm_name_of(cluster, of(row)), Level.DEFAULT),
        f"{end}.svm.uuid": Field(lambda row: of(row).svm_uuid),
        f"{end}.cluster.name": Field(lambda row: peer(row, "remote_name")),
        f"{end}.cluster.uuid": Field(lambda row: peer(row, "remote_uuid")),
    }


def _only(get: Callable[[Relationship], object], level: Level = Level.CHEAP) -> Field[Listed]:
    """A field that only the destination's cluster knows."""
    return Field(lambda row: get(row) if isinstance(row, Relationship) else None, level)


def _at_destination(cluster: Cluster) -> dict[str, Field[Listed]]:
    def schedule_name(relationship: Relationship) -> str | None:
        schedule = cluster.schedules.get(relationship.transfer_schedule)
        return schedule.name if schedule else None

    def lag(relationship: Relationship) -> timedelta | None:
        """Assumption: what is in sync has none."""
        if relationship.state is State.IN_SYNC:
            return timedelta(0)
        exported = relationship.exported_created
        return None if exported is None else max(timedelta(0), cluster.clock.now() - exported)

    return {
        "policy.uuid": _only(lambda row: row.policy),
        "transfer_schedule.name": _only(schedule_name),
        "transfer_schedule.uuid": _only(lambda row: row.transfer_schedule),
        "throttle": _only(lambda row: row.throttle),
        "backoff_level": _only(lambda row: row.backoff_level),
        "restore": _only(lambda row: row.kind == "restore"),
        "unhealthy_reason[].code": _only(lambda row: (row.unhealthy.code,) if row.unhealthy else None),
        "unhealthy_reason[].message": _only(lambda row: (row.unhealthy.message,) if row.unhealthy else None),
        "lag_time": _only(lag),
        "exported_snapshot": _only(lambda row: row.exported_snapshot),
        "last_transfer_type": _only(lambda row: row.last_transfer_type),
        "total_transfer_bytes": _only(lambda row: row.total_transfer_bytes),
        "total_transfer_duration": _only(lambda row: row.total_transfer_duration),
    }


def _transfer(cluster: Cluster, engine: Engine) -> dict[str, Field[Listed]]:
    """The transfer that runs, else the last one; bytes and duration are those of the last that succeeded."""

    def of(get: Callable[[Transfer], object]) -> Field[Listed]:
        def value(relationship: Relationship) -> object:
            transfer = cluster.transfers.get(relationship.transfer)
            return None if transfer is None else get(transfer)

        return _only(value)

    def moved(relationship: Relationship) -> int | None:
        transfer = cluster.transfers.get(relationship.transfer)
        if transfer is not None and transfer.is_active:
            return engine.received_bytes(transfer)
        return relationship.last_transfer_bytes

    def duration(relationship: Relationship) -> timedelta | None:
        transfer = cluster.transfers.get(relationship.transfer)
        if transfer is not None and transfer.is_active:
            return transfer.duration(cluster.clock.now())
        return relationship.last_transfer_duration

    return {
        "transfer.uuid": of(lambda transfer: transfer.uuid if transfer.is_active else None),
        "transfer.state": of(lambda transfer: transfer.state),
        "transfer.type": of(lambda transfer: transfer.type),
        "transfer.last_updated_time": of(lambda transfer: transfer.updated),
        "transfer.end_time": of(lambda transfer: transfer.ended),
        "transfer.bytes_transferred": _only(moved),
        "transfer.total_duration": _only(duration),
    }
