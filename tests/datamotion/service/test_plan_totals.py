"""The totals of a plan, as they stand in its first line."""

from __future__ import annotations

import pytest

from datamotion.service.act_reports import ActReport
from datamotion.service.plan_totals import totals_text
from datamotion.service.reports import LossReport, PlanReport, StepReport
from datamotion.service.verdict import Verdict


def an_act(volume: str | None, kind: str | None, size: int | None) -> ActReport:
    return ActReport(backend="gold-lyon", volume=volume, kind=kind, bytes=size, text="")


def a_loss(seconds: float | None, given_up_at: str = "gold-paris") -> LossReport:
    return LossReport(volume="vol_1", text="", at_most_s=seconds, backend="gold-lyon", given_up_at=given_up_at)


def a_plan(*acts: ActReport, losses: tuple[LossReport, ...] = ()) -> PlanReport:
    steps = tuple(StepReport(cluster="lyon", title="", because="", acts=(act,)) for act in acts)
    return PlanReport(
        operation="protect",
        group="gold",
        title="Protect gold",
        changes=bool(steps),
        steps=steps,
        losses=losses,
        refusals=(),
        notes=(),
        verdict=Verdict.DONE,
    )


CREATE = an_act("vol_1", "create_volume", 0)
FIRST = an_act("vol_1", "initialize", 2**20)
UPDATE = an_act("vol_2", "start_transfer", None)
PEER = an_act(None, "peer_svms", 0)
PAST = an_act("vol_1", None, None)


@pytest.mark.parametrize(
    ("acts", "losses", "text"),
    [
        ((), (), None),
        ((PEER,), (), "1 step"),
        ((PEER, CREATE, FIRST), (), "1 volume, 1 MiB to carry, 3 steps"),
        ((FIRST, UPDATE), (), "2 volumes, at least 1 MiB to carry, 2 steps"),
        ((UPDATE,), (), "1 volume, 1 step"),
        ((PAST,), (), "1 volume, 1 step"),
        ((CREATE,), (a_loss(60.0), a_loss(7200.0)), "1 volume, 1 step, at worst the last 2 h lost"),
        ((CREATE,), (a_loss(0.0),), "1 volume, 1 step, at worst the last second lost"),
        ((CREATE,), (a_loss(60.0), a_loss(None)), "1 volume, 1 step, nobody can tell how much is lost"),
        ((CREATE,), (a_loss(60.0, "gold-lyon"),), "1 volume, 1 step"),
    ],
)
def test_totals(acts: tuple[ActReport, ...], losses: tuple[LossReport, ...], text: str | None) -> None:
    assert totals_text(a_plan(*acts, losses=losses)) == text
