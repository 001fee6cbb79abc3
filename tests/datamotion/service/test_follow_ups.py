"""What follows an operation in the same command: what it may leave, and what falls short of what was told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.engine.result import Outcome
from datamotion.model.plan import Plan, Refusal
from datamotion.model.view import Unseen
from datamotion.model.words import Operation
from datamotion.service.follow_ups import falls_short
from datamotion.service.operation_reports import OperationReport
from datamotion.service.plan_reports import plan_report
from datamotion.service.reports import RunReport, VolumeReport
from datamotion.service.verdict import Verdict

REFUSED = Refusal(text="lyon cannot reach paris", backend="gold-lyon")


MAY_HOLD = replace(REFUSED, volume="vol_1", backend="gold-paris", needs_consent=True)


@pytest.mark.parametrize(
    ("refusals", "frozen_s", "is_short"),
    [
        ((), None, False),
        ((replace(REFUSED, unseen=Unseen(reason="no route to host")),), None, False),
        ((MAY_HOLD,), None, False),
        ((REFUSED,), None, True),
        ((replace(REFUSED, needs_consent=True), REFUSED), None, True),
        ((MAY_HOLD,), 2.0, True),  # nothing of it was to be given up
        ((replace(MAY_HOLD, backend="gold-oslo"),), 2.0, False),
        ((replace(MAY_HOLD, volume="vol_2"),), 2.0, False),
    ],
)
def test_what_is_not_seen_and_what_takes_consent_is_left_as_told_and_all_else_falls_short(
    refusals: tuple[Refusal, ...], frozen_s: float | None, is_short: bool
) -> None:
    plan = Plan(operation=Operation.REPROTECT, group="gold", title="Mirror what serves", refusals=refusals)
    before = OperationReport.of(plan_report(replace(plan, operation=Operation.FAILOVER)), a_failover(frozen_s))
    assert falls_short(plan, OperationReport.of(plan_report(plan)), before) is is_short


def a_failover(frozen_s: float | None) -> RunReport:
    left = VolumeReport(backend="gold-paris", volume="vol_1", outcome=Outcome.DONE, frozen_s=frozen_s)
    return RunReport(
        operation=Operation.FAILOVER,
        group="gold",
        title="Fail gold over",
        verdict=Verdict.DONE,
        run=1,
        went_on_from=None,
        volumes=(left,),
        refusals=(),
        notes=(),
        serving="gold-lyon",
        epoch=2,
        seconds=1,
        calls=1,
    )
