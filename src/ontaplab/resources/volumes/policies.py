"""The policies that a volume refers to: for snapshots, for exports, for QoS.

A volume keeps their names, in its properties. Of a snapshot policy the name never changes; renaming one of the others
renames it in every volume. A mirror gets none of its source's: what SnapMirror carries of a volume are its snapshots,
with their labels and comments.
"""

from __future__ import annotations

from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.resources.export_policies.lookup import export_policy_named, export_policy_of
from ontaplab.resources.export_policies.state import DEFAULT
from ontaplab.resources.qos_policies.errors import name_and_limits
from ontaplab.resources.qos_policies.lookup import qos_policy_named, qos_policy_of
from ontaplab.resources.qos_policies.state import LIMITS, NONE
from ontaplab.resources.snapshot_policies.lookup import snapshot_policy_named, snapshot_policy_of
from ontaplab.resources.snapshot_policies.state import NONE as NO_SNAPSHOTS
from ontaplab.resources.svms.state import Svm
from ontaplab.resources.volumes.bodies import QosPolicy, VolumeBody
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.fields import Field, Level

REFERENCES = ("snapshot_policy.", "nas.export_policy.", "qos.policy.")
"""How the names of all these properties begin."""


def policies_at_creation(svm: Svm, volume_type: str) -> dict[str, Any]:
    """What a new volume of that SVM refers to, and has of it, where nothing was said."""
    return {
        "snapshot_policy.name": NO_SNAPSHOTS if volume_type == "dp" else svm.snapshot_policy,
        "nas.export_policy.name": DEFAULT,
        "space.logical_space.reporting": svm.is_space_reporting_logical,
        "space.logical_space.enforcement": svm.is_space_enforcement_logical,
    }


def referred_policies(cluster: Cluster, svm: str, body: VolumeBody) -> dict[str, Any]:
    """The properties that the body's references become; None: the property is no more.

    Raises: OntapError 917551, 1638587, 918271, 4 for policies that do not exist in that SVM (its uuid).
    """
    properties: dict[str, Any] = {}
    if body.snapshot_policy is not None:
        properties["snapshot_policy.name"] = snapshot_policy_of(cluster, body.snapshot_policy, svm).name
    if body.nas is not None and body.nas.export_policy is not None:
        wanted = body.nas.export_policy
        properties["nas.export_policy.name"] = export_policy_of(cluster, wanted.name, wanted.id, svm).name
    if body.qos is not None and "policy" in body.qos.model_fields_set:
        properties |= _qos(cluster, svm, body.qos.policy or QosPolicy(name=NONE))
    return properties


def _qos(cluster: Cluster, svm: str, wanted: QosPolicy) -> dict[str, Any]:
    """A policy by name or uuid, or limits of the volume's own.

    Assumption: limits without a policy stay the volume's; ONTAP makes a policy of an invented name for them.
    """
    limits = {name: getattr(wanted, name) for name in LIMITS if getattr(wanted, name) is not None}
    is_named = wanted.name is not None or wanted.uuid is not None
    if limits and is_named:
        raise name_and_limits()
    named: str | None = None
    if is_named and wanted.name != NONE:
        named = qos_policy_of(cluster, wanted.name, wanted.uuid, svm).name
    return {"qos.policy.name": named, **{f"qos.policy.{name}": limits.get(name) for name in LIMITS}}


def policy_fields(cluster: Cluster) -> dict[str, Field[Volume]]:
    """What is shown of a volume's policies."""

    def snapshot_policy_uuid(volume: Volume) -> str | None:
        found = snapshot_policy_named(cluster, volume.property_of("snapshot_policy.name"), volume.svm)
        return found.uuid if found else None

    def export_policy_id(volume: Volume) -> int | None:
        found = export_policy_named(cluster, volume.property_of("nas.export_policy.name"), volume.svm)
        return found.id if found else None

    def qos_policy_uuid(volume: Volume) -> str | None:
        found = qos_policy_named(cluster, volume.property_of("qos.policy.name"), volume.svm)
        return found.uuid if found else None

    def limit_field(name: str) -> Field[Volume]:
        def limit(volume: Volume) -> int | None:
            found = qos_policy_named(cluster, volume.property_of("qos.policy.name"), volume.svm)
            value: int | None = found.fixed.get(name) if found else volume.property_of(f"qos.policy.{name}")
            return value

        return Field(limit, Level.NAMED)  # NetApp's own client does not know it

    return {
        "snapshot_policy.name": Field(lambda volume: volume.property_of("snapshot_policy.name")),
        "snapshot_policy.uuid": Field(snapshot_policy_uuid),
        "nas.export_policy.name": Field(lambda volume: volume.property_of("nas.export_policy.name"), Level.EXPENSIVE),
        "nas.export_policy.id": Field(export_policy_id, Level.EXPENSIVE),
        "qos.policy.name": Field(lambda volume: volume.property_of("qos.policy.name"), Level.EXPENSIVE),
        "qos.policy.uuid": Field(qos_policy_uuid, Level.EXPENSIVE),
        **{f"qos.policy.{name}": limit_field(name) for name in LIMITS},
    }
