"""The use cases that decide which back end serves a group."""

from __future__ import annotations

from datamotion.model.group import Group
from datamotion.model.view import LETTING_IN, SERVING, Aspect
from datamotion.model.words import Operation
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import also_needed, failover_planner
from datamotion.policy.failover.settle import settle_planner
from datamotion.policy.failover.thaw import thaw_planner
from datamotion.service.intents import Intent, check_is_backend, glances_of

_SERVING_ANSWERS_S = 5.0
"""How long a failover waits for who serves, where it may do without: at a disaster every second is clients' time."""


def failover(group: Group, choice: FailoverChoice) -> Intent:
    """Serve the group from another back end.

    Its home is looked at where the targets alone cannot tell enough, and where the failover may be a planned one.
    Raises: ConfigError where `choice` names no back end of the group.
    """
    check_is_backend(group, choice.to)
    check_is_backend(group, choice.overrule)
    may_be_planned, earlier = choice.may_be_planned, choice.earlier
    asks_home = may_be_planned or earlier is not None or choice.leaves_working
    # Of one that is overruled, the last snapshot tells since when clients are kept away.
    aspects = SERVING | {Aspect.SNAPSHOTS} if may_be_planned or earlier or choice.overrule else SERVING
    if earlier is not None and earlier.keeps_newer is not False:  # not said: it may have been where it was begun
        aspects |= {Aspect.AGGREGATES, Aspect.LICENSES}
    glances = glances_of(group, aspects)
    needed = {target.backend.cluster for target in group.targets}
    if group.home.name == choice.to:
        needed.add(group.home.cluster)
    return Intent(
        operation=Operation.FAILOVER,
        group=group,
        planner=failover_planner(group, choice),
        glances={name: each for name, each in glances.items() if name in needed},
        more={name: each for name, each in glances.items() if name not in needed},
        # What is spoilt where it is served goes on being served, unless it is fenced there.
        also=(lambda _: frozenset({group.home.cluster})) if asks_home else also_needed,
        within_s=_SERVING_ANSWERS_S if choice.is_planned is None or earlier or choice.leaves_working else None,
        way_back=thaw_planner(group) if may_be_planned else None,
    )


def thaw(group: Group) -> Intent:
    """Let clients in again where a planned failover was not carried through."""
    glances = glances_of(group, LETTING_IN | {Aspect.SNAPSHOTS})  # the last one tells since when nobody could write
    return Intent(operation=Operation.THAW, group=group, planner=thaw_planner(group), glances=glances)


def settle(group: Group, keep: str) -> Intent:
    """Say that one back end serves the group, where nobody can tell. Raises ConfigError for one that is not its own."""
    check_is_backend(group, keep)
    glances = glances_of(group, SERVING | {Aspect.SNAPSHOTS})  # of a freeze that it ends, the last one tells its time
    return Intent(operation=Operation.SETTLE, group=group, planner=settle_planner(group, keep), glances=glances)
