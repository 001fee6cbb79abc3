"""What plans come to, as reports."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.plan import Plan
from datamotion.model.remark import Remark
from datamotion.model.standing import Standing
from datamotion.service.act_reports import act_report
from datamotion.service.concerns import concern_reports, forgotten
from datamotion.service.migration_reports import MechanismReport
from datamotion.service.reports import LossReport, PlanReport, RefusalReport, StepReport
from datamotion.service.verdict import Verdict


def plan_report(plan: Plan, standing: Standing | None = None) -> PlanReport:
    """A plan as faces show it, made from this standing; None: the store remembers it."""
    return PlanReport(
        operation=plan.operation,
        group=plan.group,
        title=plan.title,
        changes=bool(plan.steps),
        steps=tuple(
            StepReport(
                cluster=step.cluster,
                title=step.title,
                because=step.because,
                acts=tuple(act_report(act, standing) for act in step.acts),
            )
            for step in plan.steps
        ),
        losses=tuple(
            LossReport(
                volume=loss.volume,
                text=loss.text,
                at_most_s=loss.age.total_seconds() if loss.age is not None else None,
                backend=loss.backend,
                given_up_at=loss.given_up_at,
                kept=loss.kept,
                size_bytes=loss.size_bytes,
            )
            for loss in plan.losses
        ),
        refusals=refusal_reports(plan),
        notes=(*plan.notes, *plan.late, *map(Remark, plan.differences), *(_of_memory(standing) if standing else ())),
        verdict=refusal_verdict(plan),
        then=plan.then,
        holds=len(plan.holds),
        lacks=len(plan.lacks),
        mechanisms=tuple(
            MechanismReport(
                mechanism=each.mechanism,
                data=each.data,
                seconds=round(each.seconds, 1),
                interruption=each.interruption,
                needs=each.needs,
                is_taken=plan.offer is not None and each.mechanism == plan.offer.mechanism,
                why_not=each.why_not.text if each.why_not else None,
                hint=each.why_not.hint if each.why_not else None,
            )
            for each in plan.offers
        ),
    )


def _of_memory(standing: Standing) -> Iterator[Remark]:
    for each in concern_reports(forgotten(standing.group), ()):
        yield Remark(f"Who serves may not be known: {each.text}.", each.hint)


def refusal_reports(plan: Plan) -> tuple[RefusalReport, ...]:
    return tuple(
        RefusalReport(backend=each.backend, volume=each.volume, text=each.text, hint=each.hint)
        for each in plan.refusals
    )


def refusal_verdict(plan: Plan) -> Verdict:
    """What a plan's refusals come to before anything is done."""
    if not plan.refusals:
        return Verdict.DONE
    if plan.steps:
        return Verdict.PARTLY
    if any(each.because_silent for each in plan.refusals):
        return Verdict.SILENT
    return Verdict.FAILED if any(each.unseen for each in plan.refusals) else Verdict.REFUSED
