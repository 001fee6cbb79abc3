"""A plan and an entry, as runs write them down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from datamotion.model.acts import Act
from datamotion.model.mirror_acts import Break
from datamotion.model.plan import Loss, Plan, Step
from datamotion.model.words import Operation
from datamotion.runs.journal import Entry, Note

NOON = datetime(2031, 5, 4, 12, 0, 0, 250, tzinfo=UTC)
ENTRY = Entry(
    at=NOON,
    note=Note.ANSWERED,
    cluster="lyon",
    change="Break",
    volumes=("vol_1", "vol_2"),
    jobs=("job-1",),
    detail="2 accepted",
)
BREAK = Act(
    cluster="lyon", backend="gold-lyon", volume="vol_1", change=Break(uuid="u"), title="Break", text="vol_1: break"
)


def a_plan(group: str = "gold") -> Plan:
    step = Step(cluster="lyon", title="Break", because="it is due", acts=(BREAK,))
    loss = Loss(
        volume="vol_1",
        backend="gold-lyon",
        given_up_at="gold-paris",
        kept="snapmirror.1",
        age=timedelta(minutes=5),
        text="the last 5 min",
    )
    return Plan(operation=Operation.FAILOVER, group=group, title="Fail over", steps=(step,), losses=(loss,))
