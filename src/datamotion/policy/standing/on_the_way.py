"""What helps with volumes that are on their way elsewhere: commands that keep mirrors refuse the group they stand for.

Whoever finds what is wrong with a mirror names the command that mends it for any group. Of a migration it is its own.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from datamotion.model.migration import is_migration
from datamotion.model.standing import Standing

if TYPE_CHECKING:
    from datamotion.model.plan import Plan, Refusal
    from datamotion.policy.situation import Planner, Situation

_REFUSED = re.compile(
    r"datamotion (?:apply|plan|reprotect|failback|swap|failover(?! migrate\.\S+ --abort\b))"
    r"(?: migrate\.|`| takes| carries)"
)


def own_hint(standing: Standing, hint: str | None) -> str | None:
    """The hint for a group, where it is a migration: one that names what refuses it names the way on or back."""
    group = standing.group
    if hint is None or not (is_migration(group.name) and group.targets) or _REFUSED.search(hint) is None:
        return hint
    if not standing.volumes:
        return "datamotion migrations lists what is under way"
    to = group.targets[0].backend.name
    command = f"datamotion migrate {group.home.name}:{','.join(standing.volumes)} --to {to}"
    if any(each.backend == to for each in standing.claims[:1]):  # from the epoch on there is no way back
        return f"look at it at {to}; `{command}` goes on then"
    return f"`{command} --abort` goes back to what {group.home.name} serves; then it can be begun anew"


def with_own_hints(planner: Planner) -> Planner:
    """Its plans, with such hints where their group is a migration."""

    def plan(situation: Situation) -> Plan:
        planned, now = planner(situation), situation.now
        if not is_migration(now.group.name):
            return planned

        def of(refusal: Refusal) -> Refusal:
            return replace(refusal, hint=own_hint(now, refusal.hint))

        return replace(
            planned,
            refusals=tuple(map(of, planned.refusals)),
            notes=tuple(replace(each, hint=own_hint(now, each.hint)) for each in planned.notes),
            offers=tuple(replace(each, why_not=each.why_not and of(each.why_not)) for each in planned.offers),
        )

    return plan
