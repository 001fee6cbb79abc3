"""What a plan comes to in all: how many volumes, bytes and steps, and what is lost at worst."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from math import inf

from datamotion.model.names import counted
from datamotion.model.units import count_text, last_text, size_text
from datamotion.service.reports import LossReport, PlanReport


def totals_text(*plans: PlanReport) -> str | None:
    """In one line, of all of them; None where there is nothing to do."""
    due = [each for each in plans if each.steps]
    return ", ".join(_totals(due)) if due else None


def worst_first(plans: Iterable[PlanReport]) -> Sequence[PlanReport]:
    """What is refused before what gives something up, and that before all others; what is to do before what is not."""
    return sorted(
        plans, key=lambda plan: (-plan.verdict.exit_status, -_worst(written_since(plan.losses)), not plan.steps)
    )


def _totals(plans: Sequence[PlanReport]) -> Iterator[str]:
    acts = [act for plan in plans for step in plan.steps for act in step.acts]
    volumes = {
        (plan.group, act.volume) for plan in plans for step in plan.steps for act in step.acts if act.volume is not None
    }
    if volumes:
        yield things_text({volume for _, volume in volumes}, len(volumes))
    carried = [act.bytes for act in acts if act.kind is not None]  # of a past plan it is not remembered
    known = sum(filter(None, carried))
    if known:  # how much an update carries nobody can tell
        yield f"{'at least ' if None in carried else ''}{size_text(known)} to carry"
    yield count_text(sum(len(plan.steps) for plan in plans), "step")
    if given_up := written_since([loss for plan in plans for loss in plan.losses]):
        worst = _worst(given_up)
        if worst == inf:
            yield "nobody can tell how much is lost"
        else:
            yield f"at worst {last_text(timedelta(seconds=worst))} lost"


def things_text(names: Collection[str], count: int | None = None) -> str:
    """How many volumes these are; or LUNs and files, which are named by their paths in volumes.

    >>> things_text(["vol_1", "vol_2"]), things_text(["vol_1/disk"])
    ('2 volumes', '1 LUN or file')
    """
    kind = "LUN or file" if any("/" in each for each in names) else "volume"
    return count_text(len(names) if count is None else count, kind)


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


def _worst(losses: Sequence[LossReport]) -> float:
    return max(map(_age, losses), default=0.0)


def _age(loss: LossReport) -> float:
    return inf if loss.at_most_s is None else loss.at_most_s
