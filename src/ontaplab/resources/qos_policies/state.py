"""A QoS policy: limits for volumes. Recorded and returned; the lab's disks keep to no limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

NONE = "none"
"""What a volume's policy is set to where it shall have none."""
LIMITS = ("max_throughput_iops", "max_throughput_mbps", "min_throughput_iops", "min_throughput_mbps")


@dataclass(frozen=True, slots=True, kw_only=True)
class QosPolicy:
    """Either `fixed` or `adaptive` holds its limits, by the wire's names."""

    uuid: str
    name: str
    svm: str | None
    """uuid of its SVM; None: the cluster, which has presets only."""
    pgid: int
    fixed: Mapping[str, Any] = field(default_factory=dict)
    adaptive: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_preset(self) -> bool:
        return self.svm is None

    @property
    def kind(self) -> Literal["fixed", "adaptive"]:
        return "adaptive" if self.adaptive else "fixed"


ADAPTIVE_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"expected_iops_allocation": "allocated_space", "peak_iops_allocation": "used_space", "block_size": "any"}
)
FIXED_DEFAULTS: Mapping[str, Any] = MappingProxyType({"capacity_shared": False, **dict.fromkeys(LIMITS, 0)})

PRESETS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "extreme": {"expected_iops": 6144, "peak_iops": 12288, "absolute_min_iops": 1000},
        "performance": {"expected_iops": 2048, "peak_iops": 4096, "absolute_min_iops": 500},
        "value": {"expected_iops": 128, "peak_iops": 512, "absolute_min_iops": 75},
    }
)
"""The adaptive policies that every cluster has."""
