"""One operation of a group in one shape, whether it was only planned or carried out too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from datamotion.errors import DataMotionError
from datamotion.exit_status import ExitStatus
from datamotion.service.drill_reports import DrillReport
from datamotion.service.error_reports import ErrorReport, error_report
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.verdict import Verdict

_VERDICTS: Mapping[int, Verdict] = {ExitStatus.REFUSED: Verdict.REFUSED, ExitStatus.SILENT: Verdict.SILENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationReport:
    """What an operation of a group plans, and what it came to.

    `run` is None where nothing was carried out: that was not wanted, not needed, or refused; `verdict` is the run's,
    else the plan's. Where `follows` is not None the operation followed that one of the same group, and the exit status
    is about it only where it fell short of what was told of it. `error` says why it could not be planned, or ended in
    the middle while those of other groups went on.
    """

    operation: str
    group: str
    verdict: Verdict
    plan: PlanReport | None
    run: RunReport | None
    follows: str | None = None
    error: ErrorReport | None = None

    @classmethod
    def of(cls, plan: PlanReport, run: RunReport | None = None, follows: str | None = None) -> Self:
        verdict = plan.verdict if run is None else run.verdict
        return cls(operation=plan.operation, group=plan.group, verdict=verdict, plan=plan, run=run, follows=follows)

    @classmethod
    def failed(
        cls,
        operation: str,
        group: str,
        error: DataMotionError,
        *,
        follows: str | None = None,
        plan: PlanReport | None = None,
    ) -> Self:
        """It was to follow another one, or was one of many, and did not come to its end."""
        verdict = _VERDICTS.get(error.exit_status, Verdict.FAILED)
        return cls(
            operation=operation,
            group=group,
            verdict=verdict,
            plan=plan,
            run=None,
            follows=follows,
            error=error_report(error),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillStartReport:
    """The clones' plan and run, and the `evidence` of what they served; None where nothing was served."""

    operation: OperationReport
    evidence: DrillReport | None
