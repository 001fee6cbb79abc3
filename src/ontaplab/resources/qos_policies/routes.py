"""`/storage/qos/policies`."""

from __future__ import annotations

from functools import partial

from ontaplab.cluster import Cluster
from ontaplab.resources.qos_policies.handlers import Adaptive, Fixed, QosPolicyBody, create, modify, remove
from ontaplab.resources.qos_policies.lookup import limited_by
from ontaplab.resources.qos_policies.state import QosPolicy
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Create, Modify, Resource


def _fixed_field(name: str) -> Field[QosPolicy]:
    return Field(lambda policy: policy.fixed.get(name))


def _adaptive_field(name: str) -> Field[QosPolicy]:
    return Field(lambda policy: policy.adaptive.get(name))


def resource(cluster: Cluster) -> Resource[QosPolicy]:
    fields: Fields[QosPolicy] = Fields(
        {
            "uuid": Field(lambda policy: policy.uuid, Level.KEY),
            "name": Field(lambda policy: policy.name, Level.KEY),
            "scope": Field(lambda policy: "svm" if policy.svm else "cluster"),
            "svm.name": Field(lambda policy: svm_name(cluster, policy.svm) or cluster.name),
            "svm.uuid": Field(lambda policy: policy.svm or cluster.uuid),
            "pgid": Field(lambda policy: policy.pgid),
            "policy_class": Field(lambda policy: "preset" if policy.is_preset else "user_defined"),
            "object_count": Field(lambda policy: len(limited_by(cluster, policy)), Level.EXPENSIVE),
            **{f"fixed.{name}": _fixed_field(name) for name in Fixed.model_fields},
            **{f"adaptive.{name}": _adaptive_field(name) for name in Adaptive.model_fields},
        }
    )
    return Resource(
        path="/storage/qos/policies",
        fields=fields,
        rows=lambda request: cluster.qos_policies,
        create=Create(QosPolicyBody, partial(create, cluster)),
        modify=Modify(QosPolicyBody, partial(modify, cluster)),
        remove=partial(remove, cluster),
        # Assumption: OpenStack Cinder's NetApp drivers clean up like this before they see to mirrors, most often with
        # nothing to clean up, and would never come to the mirrors if that were an error.
        removes_none=True,
    )
