"""QoS policies: create, change, remove."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field as Limits

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field
from ontaplab.resources.qos_policies.errors import (
    adaptive_zero,
    cannot_become,
    expected_above_peak,
    fixed_and_adaptive,
    is_preset,
    minimum_above_maximum,
    name_taken,
)
from ontaplab.resources.qos_policies.lookup import limited_by, qos_policy_named
from ontaplab.resources.qos_policies.state import ADAPTIVE_DEFAULTS, FIXED_DEFAULTS, PRESETS, QosPolicy
from ontaplab.resources.svms.lookup import svm_of
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Reply, Request, Started

_Number = Annotated[int, Limits(ge=0)]
_Space = Literal["used_space", "allocated_space"]


class Fixed(Body):
    capacity_shared: bool | None = None
    max_throughput_iops: _Number | None = None
    max_throughput_mbps: _Number | None = None
    min_throughput_iops: _Number | None = None
    min_throughput_mbps: _Number | None = None


class Adaptive(Body):
    absolute_min_iops: _Number | None = None
    expected_iops: _Number | None = None
    expected_iops_allocation: _Space | None = None
    peak_iops: _Number | None = None
    peak_iops_allocation: _Space | None = None
    block_size: Literal["any", "4k", "8k", "16k", "32k", "64k", "128k"] | None = None


class QosPolicyBody(Body):
    name: str | None = None
    svm: Reference | None = None
    fixed: Fixed | None = None
    adaptive: Adaptive | None = None


def install_built_in(cluster: Cluster) -> None:
    """The presets that every cluster has are there."""
    for number, (name, limits) in enumerate(PRESETS.items(), start=1):
        uuid = cluster.new_uuid("qos_policy", name)
        adaptive = {**ADAPTIVE_DEFAULTS, **limits}
        cluster.qos_policies.put(QosPolicy(uuid=uuid, name=name, svm=None, pgid=number, adaptive=adaptive))


def create(cluster: Cluster, request: Request, body: QosPolicyBody) -> Reply[QosPolicy]:
    svm = svm_of(cluster, body.svm, request.tunnel)
    if body.name is None:
        raise missing_field("name")
    if body.fixed is None and body.adaptive is None:
        raise missing_field("fixed")
    name = body.name
    policy = QosPolicy(
        uuid=cluster.new_uuid("qos_policy", f"{svm.uuid}/{name}"),
        name=name,
        svm=svm.uuid,
        pgid=max(each.pgid for each in cluster.qos_policies) + 1,
        fixed=FIXED_DEFAULTS if body.fixed is not None else {},
        adaptive=ADAPTIVE_DEFAULTS if body.adaptive is not None else {},
    )
    policy = _changed(policy, body)
    _check_name(cluster, policy)

    async def work() -> None:
        _check_name(cluster, policy)
        cluster.qos_policies.put(policy)

    return Started(cluster.start_job("POST /api/storage/qos/policies", work, svm=svm.uuid), policy)


def modify(cluster: Cluster, request: Request, policy: QosPolicy, body: QosPolicyBody) -> Reply[QosPolicy]:
    """Volumes that refer to the policy refer to it by its new name."""
    if policy.is_preset:
        raise is_preset(policy.name)
    changed = _changed(policy, body)
    if body.name is not None and body.name != policy.name:
        changed = replace(changed, name=body.name)
        _check_name(cluster, changed)

    async def work() -> None:
        with cluster.together():
            _refer_to(cluster, policy, changed.name)
            cluster.qos_policies.put(changed)

    job = cluster.start_job(f"PATCH /api/storage/qos/policies/{policy.uuid}", work, svm=policy.svm)
    return Started(job, changed)


def remove(cluster: Cluster, request: Request, policy: QosPolicy) -> Reply[QosPolicy]:
    """Volumes that referred to it have none any more."""
    if policy.is_preset:
        raise is_preset(policy.name)

    async def work() -> None:
        with cluster.together():
            _refer_to(cluster, policy, None)
            cluster.qos_policies.remove(policy.uuid)

    return Started(cluster.start_job(f"DELETE /api/storage/qos/policies/{policy.uuid}", work, svm=policy.svm))


def _refer_to(cluster: Cluster, policy: QosPolicy, name: str | None) -> None:
    """What refers to the policy refers to that name now; None: to none."""
    for volume in limited_by(cluster, policy):
        properties = {key: value for key, value in volume.properties.items() if key != "qos.policy.name"}
        if name is not None:
            properties["qos.policy.name"] = name
        cluster.volumes.put(replace(volume, properties=properties))


def _check_name(cluster: Cluster, policy: QosPolicy) -> None:
    other = qos_policy_named(cluster, policy.name, policy.svm)
    if other is not None and other.uuid != policy.uuid:
        raise name_taken(policy.name, wanted=policy.kind, present=other.kind)


def _changed(policy: QosPolicy, body: QosPolicyBody) -> QosPolicy:
    """With the body's limits. Raises: OntapError for limits that contradict each other."""
    if body.fixed is not None and body.adaptive is not None:
        raise fixed_and_adaptive()
    if body.fixed is not None and policy.adaptive:
        raise cannot_become("fixed")
    if body.adaptive is not None and policy.fixed:
        raise cannot_become("adaptive")
    if body.fixed is not None:
        fixed = {**policy.fixed, **_given(body.fixed)}
        _check_fixed(fixed)
        return replace(policy, fixed=fixed)
    if body.adaptive is not None:
        adaptive = {**policy.adaptive, **_given(body.adaptive)}
        _check_adaptive(adaptive)
        return replace(policy, adaptive=adaptive)
    return policy


def _given(limits: Body) -> dict[str, object]:
    return {name: value for name, value in limits.given().items() if value is not None}


def _check_fixed(limits: dict[str, Any]) -> None:
    for unit in ("iops", "mbps"):
        least, most = limits[f"min_throughput_{unit}"], limits[f"max_throughput_{unit}"]
        if most and least > most:
            raise minimum_above_maximum()


def _check_adaptive(limits: dict[str, Any]) -> None:
    for name in ("expected_iops", "peak_iops"):
        if name not in limits:
            raise missing_field(f"adaptive.{name}")
    for name in ("expected_iops", "peak_iops", "absolute_min_iops"):
        if limits.get(name) == 0:
            raise adaptive_zero(f"adaptive.{name}")
    if limits["expected_iops"] > limits["peak_iops"]:
        raise expected_above_peak()
