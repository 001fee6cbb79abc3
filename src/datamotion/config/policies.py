"""SnapMirror policies that the configuration defines, checked as ONTAP would check them.

What may go with what is from ONTAP's REST reference, POST of `/snapmirror/policies`.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from datamotion.config.branch import Branch
from datamotion.config.fields import Text

_MOST_RULES = 10
_MOST_SNAPSHOTS = 1019
"""Of all rules together. Assumed: ONTAP documents that there are such limits (13303887, 13304126), not which."""


class PolicyRule(Branch):
    """Which snapshots of the source are carried, and how many of them are kept."""

    label: Text = Field(description="The SnapMirror label of the snapshots.", examples=["daily"])
    count: int = Field(
        strict=True,
        ge=1,
        le=_MOST_SNAPSHOTS,
        description="How many of them the destination keeps; the oldest goes first.",
        examples=[7],
    )


class Policy(Branch):
    """A SnapMirror policy that a target names. It is made in the SVM of the target where that has none of the name."""

    type: Literal["async"] = Field(
        default="async", description="Mirrors are kept asynchronously here.", examples=["async"]
    )
    retention: tuple[PolicyRule, ...] = Field(
        default=(),
        description="The rules by which snapshots are carried and kept, beside those that the policy makes itself. Not "
        "for one that copies all or the latest.",
        examples=[[{"label": "daily", "count": 7}]],
    )
    create_snapshot_on_source: bool = Field(
        default=True,
        strict=True,
        description="Whether an update carries what the source holds at that moment. `false` makes it a vault's, which "
        "carries labelled snapshots alone.",
        examples=[False],
    )
    copy_all_source_snapshots: bool = Field(
        default=False, strict=True, description="Whether all snapshots of the source are carried.", examples=[True]
    )
    copy_latest_source_snapshot: bool = Field(
        default=False,
        strict=True,
        description="Whether none but the newest state of the source is carried.",
        examples=[True],
    )
    schedule: Text | None = Field(
        default=None,
        description="The schedule, by its name at the destination cluster, that transfers follow where the target "
        "names none.",
        examples=["hourly"],
    )

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        copies = self.copy_all_source_snapshots, self.copy_latest_source_snapshot
        if sum(copies) + (not self.create_snapshot_on_source) > 1:
            raise ValueError(
                "one of copy_all_source_snapshots: true, copy_latest_source_snapshot: true and"
                " create_snapshot_on_source: false, at most"
            )
        if any(copies) and self.retention:
            raise ValueError("no retention beside copy_all_source_snapshots or copy_latest_source_snapshot")
        if not self.create_snapshot_on_source and not self.retention:
            raise ValueError("retention, where create_snapshot_on_source is false")
        labels = [rule.label for rule in self.retention]
        if twice := {label for label in labels if labels.count(label) > 1}:
            raise ValueError(f"one rule for each label; {', '.join(sorted(twice))} has several")
        if len(labels) > _MOST_RULES or sum(rule.count for rule in self.retention) > _MOST_SNAPSHOTS:
            raise ValueError(f"{_MOST_RULES} rules at most, which keep {_MOST_SNAPSHOTS} snapshots together")
        return self
