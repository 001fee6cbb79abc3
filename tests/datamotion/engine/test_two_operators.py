"""Two failovers at once, by operators who share neither a store nor a view of all sites.

Exhaustive where sites are few: every order in which single calls of both can go through, as far as it makes a
difference. Beyond that at random, with operators that die, answers that are lost, and other commands.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product

import pytest

from datamotion.model.standing import CopyId, DoubtKind
from datamotion.model.words import Role
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.failover.settle import settle_planner
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.situation import Planner
from tests.datamotion.building import HOME, LYON, NICE, a_claim, a_claim_policy
from tests.datamotion.engine.interleavings import Exploration
from tests.datamotion.engine.memory import World
from tests.datamotion.engine.operators import (
    GROUP,
    Call,
    Given,
    Luck,
    Operator,
    Story,
    Turn,
    a_world,
    as_seen_by_all,
    reaches,
    served_at,
)
from tests.profile import some

Reach = frozenset[str]
History = tuple[Given, ...]

NOTHING: History = ()
# Lyon took over and gave back. Who was there knows; the third site may have heard of either.
THERE_AND_BACK = [
    (
        Given(LYON, frozenset({"lyon", "paris", *(("nice",) if first else ())})),
        Given(HOME, frozenset({"paris", *(("lyon",) if lyon else ()), *(("nice",) if nice else ())})),
    )
    for first, lyon, nice in product((False, True), repeat=3)
]
NICE_HEARD_NOTHING = THERE_AND_BACK[2]


def a_failover(to: str, reach: Reach) -> Operator:
    return Operator(lambda: failover_planner(GROUP, FailoverChoice(to=to)), reach)


def both_serve(world: World) -> bool:
    return {"lyon", "nice"} <= set(served_at(world))


def is_told(world: World) -> bool:
    """Whether somebody who sees all sites reads that two serve, or that one of them was overtaken."""
    standing = as_seen_by_all(world)
    roles = {standing.copies[CopyId(backend.name, "vol_1")].role for backend in (LYON, NICE)}
    return Role.OVERTAKEN in roles or any(doubt.kind is DoubtKind.TWO_SERVE for doubt in standing.doubts)


def are_rivals(world: World) -> bool:
    """Whether neither claim was made in the knowledge of the other: such a failover would be one from there."""
    claims = [each.claim for each in as_seen_by_all(world).claims if each.backend != HOME.name]
    return not any(a.key in b.after and a.backend != b.backend for a in claims for b in claims)


def explore(lyon: Reach, nice: Reach, history: History) -> Exploration:
    def on_turn(story: Story) -> None:
        if lyon & nice and both_serve(story.world):
            assert not are_rivals(story.world), story.turns

    def at_end(story: Story) -> None:
        on_turn(story)
        if both_serve(story.world):
            assert is_told(story.world), story.turns

    exploration = Exploration(
        world=lambda: a_world(*history),
        operators=(a_failover("gold-lyon", lyon), a_failover("gold-nice", nice)),
        on_turn=on_turn,
        at_end=at_end,
    )
    exploration.explore()
    return exploration


@pytest.mark.parametrize(
    ("lyon", "nice", "history"),
    some(
        [
            ("lyon", "nice lyon", NOTHING),
            ("lyon", "nice", NOTHING),
            ("lyon", "nice paris", NICE_HEARD_NOTHING),
            ("lyon nice", "lyon nice", NOTHING),
            ("lyon paris", "nice paris", NOTHING),
        ],
        2,
    ),
)
@pytest.mark.sweep
def test_of_two_that_can_reach_a_common_site_one_serves_and_otherwise_both_are_shown(
    lyon: str, nice: str, history: History
) -> None:
    found = explore(frozenset(lyon.split()), frozenset(nice.split()), history)
    assert found.ends > 1, "there is more than one way to end"


def test_so_it_is_whatever_either_can_reach_and_whoever_knows_of_earlier_epochs(soaking: int | None) -> None:
    if soaking is None:
        pytest.skip("it takes minutes: make soak")
    for lyon, nice in product(reaches(LYON), reaches(NICE)):  # ten thousand states each where both reach nearly all
        is_small = len(lyon) + len(nice) <= 4
        for history in (NOTHING, *(THERE_AND_BACK if is_small else ())):
            found = explore(lyon, nice, history)
            print(sorted(lyon), sorted(nice), [sorted(each.known_at) for each in history], f"{found.states} states")


def begun(world: World) -> World:
    """A failover to lyon took its epoch everywhere, and died."""
    claim = a_claim(LYON, 2, served=False, after=frozenset({a_claim().key}))
    for backend in (HOME, LYON, NICE):
        view = world.views[backend.cluster]
        world.views[backend.cluster] = replace(view, policies=(*view.policies, a_claim_policy(claim, backend)))
    return world


def test_one_that_is_overruled_while_it_goes_on_does_not_serve_as_well(soaking: int | None) -> None:
    """In `make test` one story of it stands: test_overruled.py."""
    if soaking is None:
        pytest.skip("it takes minutes: make soak")
    reach = frozenset({"lyon", "nice"})
    overruling = FailoverChoice(to="gold-nice", overrule="gold-lyon")

    def check(story: Story) -> None:
        assert not both_serve(story.world), story.turns

    exploration = Exploration(
        world=lambda: begun(a_world()),
        operators=(a_failover("gold-lyon", reach), Operator(lambda: failover_planner(GROUP, overruling), reach)),
        on_turn=check,
        at_end=check,
    )
    exploration.explore()
    assert exploration.ends > 1


def have_met(story: Story) -> bool:
    """Whether there is a site that each of both saw at first, and did not lose sight of."""
    met = [
        {cluster for cluster in each.reach if story.sees(number, cluster)}
        for number, each in enumerate(story.operators)
    ]
    return bool(met[0] & met[1])


COMMANDS: Sequence[Callable[[], Planner]] = (
    *(lambda to=to: failover_planner(GROUP, FailoverChoice(to=to)) for to in ("gold-lyon", "gold-nice", None)),
    lambda: failover_planner(GROUP, FailoverChoice(to="gold-nice", overrule="gold-lyon")),
    lambda: settle_planner(GROUP, "gold-lyon"),
    lambda: settle_planner(GROUP, "gold-paris"),
    lambda: protect_planner(GROUP),
)


def random_story(seed: int) -> None:
    """Two commands under bad luck; then both again, one after the other, without it."""
    luck = random.Random(seed)
    sites = tuple(luck.choice(list(reaches(each))) for each in (LYON, NICE))
    planners = [COMMANDS[0], COMMANDS[1]] if luck.random() < 0.6 else luck.choices(COMMANDS, k=2)
    operators = (Operator(planners[0], sites[0]), Operator(planners[1], sites[1]))
    overrules = any(planner in COMMANDS[3:6] for planner in planners)
    world = a_world(*luck.choice((NOTHING, *THERE_AND_BACK)))

    def check(story: Story) -> None:
        if not overrules and both_serve(story.world) and have_met(story):
            assert are_rivals(story.world) is False, f"seed {seed}: {story.turns}"

    def choose(story: Story, waiting: Sequence[Call]) -> Turn:
        check(story)
        fate = luck.choices(list(Luck), weights=(90, 4, 4, 2))[0]
        return luck.choice(waiting), fate

    story = Story(world, operators, choose)
    story.tell()
    check(story)
    for operator in operators:
        Story(world, (operator,), in_order).tell()
    if both_serve(world):
        assert is_told(world), f"seed {seed}: {story.turns}"


def in_order(story: Story, waiting: Sequence[Call]) -> Turn:
    return waiting[0], Luck.GOES


def seeds(soaking: int | None) -> Iterator[int]:
    first, number = (soaking, 2000) if soaking is not None else (random.randrange(2**32), 50)
    yield from range(first, first + number)


@pytest.mark.sweep
def test_so_it_is_with_bad_luck_too(soaking: int | None) -> None:
    for seed in seeds(soaking):
        random_story(seed)
