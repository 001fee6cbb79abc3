"""Gathering acts into steps: one step for each phase, cluster and back end, in the order they are carried out."""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.model.acts import Act, ActId, Change, Wait
from datamotion.model.group import Backend
from datamotion.model.plan import Gate, Step

GOES_ON = "end it (Ctrl-C): transfers go on by themselves, and the same command goes on waiting"
"""The way out of waiting for what needs nobody to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What acts of one kind are called together, why they are in the plan, and who may go on past them.

    `awaits` are the kinds of what is only waited for in it, `way_out` what a person can do who does not want to wait.
    """

    rank: int
    title: str
    because: str
    gate: Gate = Gate.EACH
    awaits: tuple[type[Wait], ...] = ()
    way_out: str = ""


class StepList:
    """Acts as a planner thinks of them, volume by volume; steps as they are carried out, phase by phase."""

    def __init__(self) -> None:
        self._due: dict[tuple[Phase, str, str], dict[ActId, Act]] = {}

    def add(
        self,
        phase: Phase,
        backend: Backend,
        volume: str | None,
        change: Change,
        text: str,
        *,
        asked_of: Backend | None = None,
        about: str = "",
    ) -> None:
        """`change` is due for a volume at a back end (None: for all its volumes).

        It is asked of the back end's own cluster, or of another one's that has to agree. What is due already stays so.
        """
        assert not isinstance(change, Wait) or isinstance(change, phase.awaits), f"{phase.title} has no way out"
        act = Act(
            cluster=(asked_of or backend).cluster,
            backend=backend.name,
            volume=volume,
            change=change,
            title=phase.title,
            text=text,
            about=about,
        )
        self._due.setdefault((phase, act.cluster, act.backend), {}).setdefault(act.id, act)

    def has(self, cluster: str, change: Change) -> bool:
        """Whether this very change is asked of a cluster already, for whatever back end."""
        by_cluster = (acts.values() for (_, asked, _), acts in self._due.items() if asked == cluster)
        return any(act.change == change for acts in by_cluster for act in acts)

    def count(self, cluster: str, kind: type[Change]) -> int:
        """How many acts of a kind are asked of a cluster."""
        by_cluster = (acts.values() for (_, asked, _), acts in self._due.items() if asked == cluster)
        return sum(isinstance(act.change, kind) for acts in by_cluster for act in acts)

    def titles(self) -> frozenset[str]:
        """Those of all phases of which anything is due."""
        return frozenset(phase.title for phase, _, _ in self._due)

    def steps(self) -> tuple[Step, ...]:
        """Steps by phase, then in the order of the clusters' names; the acts of each in the order they were added."""
        return tuple(
            Step(cluster=cluster, title=phase.title, because=phase.because, acts=tuple(acts.values()), gate=phase.gate)
            for (phase, cluster, _), acts in sorted(
                self._due.items(), key=lambda item: (item[0][0].rank, item[0][1], item[0][2])
            )
        )
