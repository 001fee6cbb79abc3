"""Gathering acts into steps: one step for each stage, cluster and kind of change, in the order they are carried out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from datamotion.model.acts import Act, Change
from datamotion.model.group import Backend
from datamotion.model.plan import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What acts of one kind are called together, and why they are in the plan."""

    rank: int
    title: str
    because: str


class _Due(NamedTuple):
    stage: Stage
    act: Act


class StepList:
    """Acts as a planner thinks of them, volume by volume; steps as they are carried out, stage by stage."""

    def __init__(self) -> None:
        self._due: list[_Due] = []

    def add(
        self,
        stage: Stage,
        backend: Backend,
        volume: str | None,
        change: Change,
        text: str,
        *,
        asked_of: Backend | None = None,
    ) -> None:
        """`change` is due for a volume at a back end (None: for all its volumes).

        It is asked of the back end's own cluster, or of another one's that has to agree.
        """
        cluster = (asked_of or backend).cluster
        self._due.append(
            _Due(
                stage,
                Act(cluster=cluster, backend=backend.name, volume=volume, change=change, title=stage.title, text=text),
            )
        )

    def steps(self) -> tuple[Step, ...]:
        """Steps by stage; the acts of each in the order they were added."""
        return tuple(
            Step(stage=stage.rank, cluster=cluster, title=stage.title, because=stage.because, acts=tuple(acts))
            for (stage, cluster, _), acts in sorted(
                _grouped(self._due).items(), key=lambda item: (item[0][0].rank, item[0][1])
            )
        )


def _grouped(due: Iterable[_Due]) -> dict[tuple[Stage, str, str], list[Act]]:
    grouped: dict[tuple[Stage, str, str], list[Act]] = {}
    for stage, act in due:
        grouped.setdefault((stage, act.cluster, act.backend), []).append(act)
    return grouped
