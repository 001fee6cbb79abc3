"""What a plan comes to in all: how many volumes, bytes and steps, and what is lost at worst."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import inf

from datamotion.model.names import counted
from datamotion.model.units import count_text, duration_text, size_text
from datamotion.service.reports import LossReport, PlanReport


def totals_text(plan: PlanReport) -> str | None:
    """In one line; None where there is nothing to do."""
    return ", ".join(_totals(plan)) if plan.steps else None


def _totals(plan: PlanReport) -> Iterator[str]:
    acts = [act for step in plan.steps for act in step.acts]
    volumes = {act.volume for act in acts if act.volume is not None}
    if volumes:
        yield count_text(len(volumes), "volume")
    carried = [act.bytes for act in acts if act.kind is not None]  # of a past plan it is not remembered
    known = sum(filter(None, carried))
    if known:  # how much an update carries nobody can tell
        yield f"{'at least ' if None in carried else ''}{size_text(known)} to carry"
    yield count_text(len(plan.steps), "step")
    if given_up := written_since(plan.losses):
        worst = max(_age(each) for each in given_up)
        if worst == inf:
            yield "nobody can tell how much is lost"
        else:
            yield f"at worst the last {duration_text(timedelta(seconds=worst))} lost"


def written_since(losses: Sequence[LossReport]) -> Sequence[LossReport]:
    """Those that give up what was written, the greatest first: one of which nobody knows how great it is, is that.

    Others are copies that are deleted, while what they are copies of stays.
    """
    return sorted(
        (each for each in losses if not is_deleted(each)), key=lambda each: (-_age(each), counted(each.volume))
    )


def is_deleted(loss: LossReport) -> bool:
    """Whether it is a copy that is deleted."""
    return loss.kept is None and loss.backend is not None and loss.backend == loss.given_up_at


def _age(loss: LossReport) -> float:
    return inf if loss.at_most_s is None else loss.at_most_s
