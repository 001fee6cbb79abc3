"""What follows an operation in the same command: whether it came to what was told beforehand."""

from __future__ import annotations

from datamotion.engine.result import Outcome
from datamotion.model.plan import Plan
from datamotion.service.operation_reports import OperationReport


def falls_short(plan: Plan, report: OperationReport, before: OperationReport) -> bool:
    """Whether more was left than was told: what cannot be seen, and what takes consent. `plan` is its first one.

    `before` is the operation that it followed. Where that froze a volume, nothing of it was to be given up anywhere
    that it told of: what takes consent there was written by somebody whom others let in.
    """
    frozen = {(it.backend, it.volume) for it in before.run.volumes if it.frozen_s is not None} if before.run else set()
    told = [
        each
        for each in plan.refusals
        if each.unseen is not None or (each.needs_consent and (each.backend, each.volume) not in frozen)
    ]
    if len(told) < len(plan.refusals):
        return True
    if report.run is None:
        return False
    places = {(each.backend, each.volume) for each in told}
    left = {(it.backend, it.volume) for it in report.run.volumes if it.outcome in (Outcome.FAILED, Outcome.UNKNOWN)}
    is_left = any(not places & {(backend, volume), (backend, None)} for backend, volume in left)
    return is_left or any((each.backend, each.volume) not in places for each in report.run.refusals)
