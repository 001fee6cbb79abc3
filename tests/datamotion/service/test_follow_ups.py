"""What follows an operation in the same command: what it may leave, and what falls short of what was told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.model.plan import Plan, Refusal
from datamotion.model.view import Unseen
from datamotion.model.words import Operation
from datamotion.service.follow_ups import falls_short
from datamotion.service.operation_reports import OperationReport
from datamotion.service.plan_reports import plan_report

REFUSED = Refusal(text="lyon cannot reach paris", backend="gold-lyon")


@pytest.mark.parametrize(
    ("refusals", "is_short"),
    [
        ((), False),
        ((replace(REFUSED, unseen=Unseen(reason="no route to host")),), False),
        ((replace(REFUSED, volume="vol_1", needs_consent=True),), False),
        ((REFUSED,), True),
        ((replace(REFUSED, needs_consent=True), REFUSED), True),
    ],
)
def test_what_is_not_seen_and_what_takes_consent_is_left_as_told_and_all_else_falls_short(
    refusals: tuple[Refusal, ...], is_short: bool
) -> None:
    plan = Plan(operation=Operation.REPROTECT, group="gold", title="Mirror what serves", refusals=refusals)
    assert falls_short(plan, OperationReport.of(plan_report(plan))) is is_short
