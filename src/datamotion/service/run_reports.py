"""What plans and runs come to, as reports."""

from __future__ import annotations

from datamotion.engine.patience import Failure, Subject
from datamotion.engine.run import RunResult
from datamotion.model.plan import Plan, Refusal
from datamotion.service.reports import (
    LossReport,
    Outcome,
    PlanReport,
    RefusalReport,
    RunReport,
    StepReport,
    Verdict,
    VolumeReport,
)


def plan_report(plan: Plan) -> PlanReport:
    """A plan as faces show it."""
    return PlanReport(
        operation=plan.operation,
        group=plan.group,
        title=plan.title,
        changes=bool(plan.steps),
        steps=tuple(
            StepReport(
                cluster=step.cluster, title=step.title, because=step.because, acts=tuple(act.text for act in step.acts)
            )
            for step in plan.steps
        ),
        losses=tuple(
            LossReport(
                volume=loss.volume, text=loss.text, at_most_s=loss.age.total_seconds() if loss.age is not None else None
            )
            for loss in plan.losses
        ),
        refusals=_refusal_reports(plan),
        notes=plan.notes,
        verdict=_refusal_verdict(plan),
    )


def run_report(
    plan: Plan, result: RunResult, *, run: int, went_on_from: int | None, seconds: float, calls: int
) -> RunReport:
    """How the run of a plan ended. `seconds` and `calls` are those of carrying it out."""
    volumes = _volume_reports(plan, result)
    return RunReport(
        operation=plan.operation,
        group=plan.group,
        title=plan.title,
        verdict=_verdict(result, volumes),
        run=run,
        went_on_from=went_on_from,
        volumes=volumes,
        refusals=_refusal_reports(result.plan),
        notes=plan.notes,
        serving=plan.backend,
        epoch=plan.epoch,
        seconds=round(seconds, 3),
        calls=calls,
    )


def _refusal_reports(plan: Plan) -> tuple[RefusalReport, ...]:
    return tuple(
        RefusalReport(backend=each.backend, volume=each.volume, text=each.text, hint=each.hint)
        for each in plan.refusals
    )


def _refusal_verdict(plan: Plan) -> Verdict:
    """What a plan's refusals come to before anything is done."""
    if not plan.refusals:
        return Verdict.DONE
    if plan.steps:
        return Verdict.PARTLY
    if any(each.because_silent for each in plan.refusals):
        return Verdict.SILENT
    return Verdict.FAILED if any(each.unseen for each in plan.refusals) else Verdict.REFUSED


def _verdict(result: RunResult, volumes: tuple[VolumeReport, ...]) -> Verdict:
    if not result.given_up and not result.plan.refusals:
        return Verdict.DONE
    if any(each.outcome is Outcome.DONE for each in volumes):
        return Verdict.PARTLY
    if result.given_up:
        silent = all(each.silent for each in result.given_up.values())
        return Verdict.SILENT if silent else Verdict.FAILED
    return _refusal_verdict(result.plan)


def _volume_reports(first: Plan, result: RunResult) -> tuple[VolumeReport, ...]:
    """Every volume that the first plan or a refusal spoke of, at the back end concerned."""
    points = {point.volume: point for point in first.recovery_points}
    spoken = [act.subject for step in first.steps for act in step.acts]
    spoken += [(first.backend, point.volume) for point in first.recovery_points if first.backend]
    spoken += [(each.backend, each.volume) for each in result.plan.refusals if each.backend]
    reports = []
    for backend, volume in sorted({subject for subject in spoken if subject[1] is not None}, key=str):
        assert volume is not None
        failure = _failure(result, (backend, volume))
        point = points.get(volume)
        reports.append(
            VolumeReport(
                backend=backend,
                volume=volume,
                outcome=_outcome(result, (backend, volume), failure),
                detail=failure.text if failure else None,
                hint=failure.hint if failure else None,
                recovery_point=point.snapshot if point else None,
                recovery_age_s=point.age.total_seconds() if point and point.age is not None else None,
            )
        )
    return tuple(reports)


def _failure(result: RunResult, subject: Subject) -> Failure | None:
    """Why a volume is not as planned: its own failure, that of its back end, or a refusal that was in the plan."""
    if failure := result.given_up.get(subject) or result.given_up.get((subject[0], None)):
        return failure
    refusal = next((each for each in result.plan.refusals if _speaks_of(each, subject)), None)
    return Failure(text=refusal.text, hint=refusal.hint, silent=refusal.because_silent) if refusal else None


def _speaks_of(refusal: Refusal, subject: Subject) -> bool:
    backend, volume = subject
    return refusal.backend in (None, backend) and refusal.volume in (None, volume)


def _outcome(result: RunResult, subject: Subject, failure: Failure | None) -> Outcome:
    if failure is not None:
        return Outcome.UNKNOWN if failure.silent else Outcome.FAILED
    return Outcome.DONE if subject in result.reached else Outcome.UNCHANGED
