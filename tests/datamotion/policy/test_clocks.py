"""Ages by clocks that differ: what they differ by is taken out, and beyond its limit nothing that they tell counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.view import ClusterClock, ClusterView
from tests.datamotion.building import HOME, LYON, NICE, a_claim, a_cluster_view, a_target_view, a_volume, standing_of
from tests.datamotion.policy.plans import HOUR, LOST, failover, seen
from tests.datamotion.policy.test_evidence import FORGED, claiming

MINUTE = timedelta(minutes=1)
PARIS = a_cluster_view(HOME, [a_volume()])


def with_clock(view: ClusterView, ahead: timedelta | None) -> ClusterView:
    return replace(view, clock=ClusterClock(ahead=ahead))


@pytest.mark.parametrize(
    ("here", "source", "age"),
    [
        (timedelta(), timedelta(), HOUR),
        (4 * MINUTE, timedelta(), HOUR - 4 * MINUTE),
        (-4 * MINUTE, timedelta(), HOUR + 4 * MINUTE),
        (timedelta(), 3 * MINUTE, HOUR + 3 * MINUTE),
        (4 * MINUTE, 4 * MINUTE, HOUR),
        (6 * MINUTE, timedelta(), None),
        (6 * MINUTE, 6 * MINUTE, None),
        (timedelta(), 6 * MINUTE, None),
        (None, timedelta(), None),
        (timedelta(), None, None),
    ],
)
def test_a_lag_is_the_destinations_clock_less_the_sources(
    here: timedelta | None, source: timedelta | None, age: timedelta | None
) -> None:
    lyon = a_target_view(LYON, "vol_1", lag=HOUR)
    copy = standing_of(seen(paris=with_clock(PARIS, source), lyon=with_clock(lyon, here))).copy("gold-lyon", "vol_1")
    assert copy is not None
    assert copy.lag == age


def test_no_age_is_below_zero() -> None:
    lyon = with_clock(a_target_view(LYON, "vol_1", lag=MINUTE), 4 * MINUTE)
    copy = standing_of(seen(lyon=lyon)).copy("gold-lyon", "vol_1")
    assert copy is not None
    assert copy.lag == timedelta()


@pytest.mark.parametrize("ahead", [-6 * MINUTE, None])
def test_an_age_by_a_clock_that_is_not_believed_never_wins(ahead: timedelta | None) -> None:
    """However small, and wherever it stands in the configuration."""
    lyon = with_clock(a_target_view(LYON, "vol_1", lag=timedelta()), ahead)
    plan = failover(seen(paris=LOST, lyon=lyon, nice=a_target_view(NICE, "vol_1", lag=9 * HOUR)))
    assert plan.backend == "gold-nice"


def test_a_slow_clock_does_not_make_a_mirror_the_freshest() -> None:
    lyon = with_clock(a_target_view(LYON, "vol_1", lag=HOUR), -4 * MINUTE)
    plan = failover(seen(paris=LOST, lyon=lyon, nice=a_target_view(NICE, "vol_1", lag=HOUR + 2 * MINUTE)))
    assert plan.backend == "gold-nice"


def test_it_can_be_failed_over_to_all_the_same_and_what_is_lost_is_not_known() -> None:
    plan = failover(seen(paris=LOST, lyon=with_clock(a_target_view(LYON, "vol_1"), None)), "gold-lyon")
    assert plan.backend == "gold-lyon"
    assert [loss.age for loss in plan.losses] == [None]


@pytest.mark.parametrize(("ahead", "is_set_aside"), [(timedelta(), True), (4 * MINUTE, True), (9 * MINUTE, False)])
def test_a_claim_is_set_aside_only_where_it_is_known_how_long_ago_it_was_served(
    ahead: timedelta, is_set_aside: bool
) -> None:
    """A clock that is wrong may be ours: then a takeover that has just been made would look old."""
    standing = standing_of(seen(lyon=with_clock(claiming(FORGED), ahead)))
    assert ("contradicted" in {each.kind for each in standing.doubts}) is is_set_aside
    assert [each.epoch for each in standing.contenders] == [1 if is_set_aside else 7]
    assert standing.claims[-1].claim.is_same(a_claim())


def test_a_claim_of_a_moment_ago_by_that_clock_is_not_set_aside() -> None:
    now = a_cluster_view(LYON).observed_at
    view = claiming(replace(FORGED, since=now, served=now - 12 * MINUTE))
    for ahead, epochs in ((timedelta(), [1]), (-4 * MINUTE, [7])):
        standing = standing_of(seen(lyon=with_clock(view, ahead)))
        assert [each.epoch for each in standing.contenders] == epochs
