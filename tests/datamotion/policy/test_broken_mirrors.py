"""Whether a copy that can be written was a mirror of what overtook it, as far as claims and snapshots tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from datamotion.model.claim import Claim
from datamotion.model.standing import CopyId
from datamotion.policy.copies.broken_mirrors import was_mirror
from tests.datamotion.building import HOME, LYON, NICE, NOON, a_claim, a_cluster_view, a_volume, standing_of
from tests.datamotion.policy.plans import HOUR, a_broken, failed_over

DAY = timedelta(days=1)
SWAPPED = (a_claim(since=NOON - 9 * DAY), a_claim(LYON, 2, since=NOON - DAY))
THERE_AND_BACK = (a_claim(LYON, 2, since=NOON - 9 * DAY), a_claim(HOME, 3, since=NOON - 8 * DAY), a_claim(LYON, 4))


@pytest.mark.parametrize(
    ("claims", "age", "expected"),
    [
        (SWAPPED, HOUR, True),
        (SWAPPED, DAY, False),  # no newer than what overtook it
        (SWAPPED, None, False),
        (SWAPPED[1:], HOUR, True),  # the first one was collected
        (THERE_AND_BACK, 8 * DAY + HOUR, False),  # the mirror that the failover back has broken off
        (THERE_AND_BACK, HOUR, True),
        ((*SWAPPED, a_claim(HOME, 3, served=False, partial=True)), HOUR, False),  # it goes on, and may have done it
        ((*SWAPPED, a_claim(HOME, 3, served=False), a_claim(LYON, 4)), HOUR, False),  # or did, and was overruled
    ],
)
@pytest.mark.parametrize("is_open", [False, True])
def test_a_copy_was_a_mirror_where_it_holds_something_newer_than_what_overtook_it(
    claims: Sequence[Claim], age: timedelta | None, expected: bool, is_open: bool
) -> None:
    volume = a_volume() if is_open else a_volume(path=None, export="datamotion_fence")
    paris = a_cluster_view(HOME, [volume], [a_broken(backend=HOME, source=LYON, lag=age)], claims=claims)
    standing = standing_of(failed_over(claims=claims, paris=paris))
    copy = standing.copies[CopyId("gold-paris", "vol_1")]
    assert was_mirror(standing, copy) is expected


def test_nor_is_one_whose_relationship_comes_from_elsewhere() -> None:
    paris = a_cluster_view(HOME, [a_volume()], [a_broken(backend=HOME, source=NICE, lag=HOUR)], claims=SWAPPED)
    standing = standing_of(failed_over(claims=SWAPPED, paris=paris))
    assert not was_mirror(standing, standing.copies[CopyId("gold-paris", "vol_1")])
