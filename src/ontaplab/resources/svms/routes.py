"""`/svm/svms`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.aggregates.space import used_bytes
from ontaplab.resources.aggregates.state import Aggregate
from ontaplab.resources.svms.handlers import SvmChange, SvmCreate, create, modify, remove
from ontaplab.resources.svms.state import NSSWITCH, PROTOCOLS, Svm
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def fpolicy_resource(cluster: Cluster) -> Resource[Svm]:
    """FPolicies: there is none, and none can be made."""
    return Resource(
        path="/protocols/fpolicy/{svm.uuid}/policies",
        fields=Fields(
            {
                "svm.uuid": Field(lambda svm: svm.uuid, Level.KEY),
                "name": Field(lambda svm: None, Level.KEY),
                "enabled": Field(lambda svm: None),
                "priority": Field(lambda svm: None),
                "scope": Field(lambda svm: None),
            }
        ),
        rows=lambda request: (),
        keys=("name",),
    )


def resource(cluster: Cluster) -> Resource[Svm]:
    def usable(svm: Svm) -> list[Aggregate]:
        """Those that were assigned to it, else all."""
        return [cluster.aggregates[uuid] for uuid in svm.aggregates] or list(cluster.aggregates)

    def available(svm: Svm) -> list[int | None]:
        """Not told of aggregates that were not assigned: so says OpenStack's driver for shares."""
        return [
            aggregate.size_bytes - used_bytes(cluster, aggregate) if svm.aggregates else None
            for aggregate in usable(svm)
        ]

    def sources(name: str) -> Field[Svm]:
        return Field(lambda svm: list(svm.nsswitch[name]))

    def allowed(protocol: str) -> Field[Svm]:
        return Field(lambda svm: protocol in svm.allowed_protocols)

    def enabled(protocol: str) -> Field[Svm]:
        return Field(lambda svm: protocol in svm.protocols)

    fields: Fields[Svm] = Fields(
        {
            "uuid": Field(lambda svm: svm.uuid, Level.KEY),
            "name": Field(lambda svm: svm.name, Level.KEY),
            "state": Field(lambda svm: svm.state),
            "subtype": Field(lambda svm: svm.subtype),
            "comment": Field(lambda svm: svm.comment),
            "language": Field(lambda svm: svm.language),
            "ipspace.name": Field(lambda svm: svm.ipspace),
            "snapshot_policy.name": Field(lambda svm: svm.snapshot_policy),
            "max_volumes": Field(lambda svm: "unlimited"),
            "aggregates[].name": Field(lambda svm: [aggregate.name for aggregate in usable(svm)]),
            "aggregates[].uuid": Field(lambda svm: [aggregate.uuid for aggregate in usable(svm)]),
            "aggregates[].available_size": Field(available, Level.EXPENSIVE),
            "is_space_reporting_logical": Field(lambda svm: svm.is_space_reporting_logical),
            "is_space_enforcement_logical": Field(lambda svm: svm.is_space_enforcement_logical),
            **{f"nsswitch.{name}": sources(name) for name in NSSWITCH},
            "retention_period": Field(lambda svm: svm.retention_h, Level.NAMED),  # NetApp's own client does not know it
            "aggregates_delegated": Field(lambda svm: bool(svm.aggregates)),
            "auto_enable_analytics": Field(lambda svm: False),
            "auto_enable_activity_tracking": Field(lambda svm: False),
            "storage.limit": Field(lambda svm: 0),
            "storage.limit_threshold_alert": Field(lambda svm: 90),
            **{f"{protocol}.allowed": allowed(protocol) for protocol in PROTOCOLS},
            **{f"{protocol}.enabled": enabled(protocol) for protocol in PROTOCOLS if protocol != "ndmp"},
        }
    )
    return Resource(
        path="/svm/svms",
        fields=fields,
        rows=lambda request: cluster.svms,
        find=lambda request: cluster.svms.get(request.path["uuid"]),
        create=Create(SvmCreate, partial(create, cluster)),
        modify=Modify(SvmChange, partial(modify, cluster)),
        remove=partial(remove, cluster),
        tunnel="",
    )
