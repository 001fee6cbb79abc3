"""A FlexGroup and its mirror of another shape: expanded by an update where that can be, else left, and why."""

from __future__ import annotations

from typing import Any

import pytest

from datamotion.model.acts import AwaitIdle, AwaitTransfer, ModifyVolume, StartTransfer
from datamotion.model.plan import Plan
from datamotion.model.view import Aspect, View
from datamotion.model.words import MirrorState, TransferState
from datamotion.policy.kinds import aspects_of
from datamotion.policy.protect import protect_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    GIB,
    HOME,
    LYON,
    NOON,
    a_cluster_view,
    a_group,
    a_mirror,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    planned,
    standing_of,
)

ALONE = a_group(LYON)
UUID = a_mirror().uuid


def shaped(source: int, destination: int, *, related: bool = True, **mirror: Any) -> View:
    """Constituents of a FlexGroup, and of its destination, which is smaller."""
    served = a_volume(style="flexgroup", constituents=source, size_bytes=8 * GIB)
    copy = a_volume(backend=LYON, style="flexgroup", constituents=destination, size_bytes=4 * GIB)
    relationships = [a_mirror(**mirror)] if related else []
    return {"paris": a_cluster_view(HOME, [served]), "lyon": a_cluster_view(LYON, [copy], relationships)}


def protect(view: View) -> Plan:
    return planned(protect_planner(ALONE), standing_of(view, ALONE))


def once_accepted(now: View) -> Plan:
    before = standing_of(shaped(4, 2), ALONE)
    (start,) = [act for act in acts(protect(shaped(4, 2))) if isinstance(act.change, StartTransfer)]
    situation = Situation(now=standing_of(now, ALONE), first=before, accepted={start.id: before})
    return protect_planner(ALONE)(situation)


def test_a_source_that_grew_expands_its_mirror_and_is_looked_at_for_that() -> None:
    plan = protect(shaped(4, 2))
    (start,) = [act for act in acts(plan) if isinstance(act.change, StartTransfer)]
    assert Aspect.VOLUMES in aspects_of(start)
    assert start.text == "vol_1: vol_1 has 2 constituents, its source 4"
    assert ("gold-lyon", "vol_1") not in plan.holds
    assert not [change for change in changes(plan) if isinstance(change, ModifyVolume) and change.size_bytes]


def test_a_transfer_that_runs_may_be_too_old_and_is_waited_for() -> None:
    found = changes(protect(shaped(4, 2, transfer=a_transfer(TransferState.TRANSFERRING))))
    assert [type(change) for change in found if not isinstance(change, ModifyVolume)] == [AwaitIdle, StartTransfer]


def test_the_update_that_expands_is_waited_for_and_not_asked_for_again() -> None:
    found = changes(once_accepted(shaped(4, 2)))
    assert AwaitTransfer(uuid=UUID, exported="snap.1", expands=True) in found
    assert not [change for change in found if isinstance(change, StartTransfer)]


def test_an_update_that_expanded_nothing_is_told_and_one_that_did_leaves_the_size() -> None:
    ended = a_transfer(TransferState.SUCCESS, ended_at=NOON)
    (refusal,) = once_accepted(shaped(4, 2, exported_snapshot="snap.2", transfer=ended)).refusals
    assert "has 2 constituents, its source 4: an update has ended and added none" in refusal.text
    plan = once_accepted(shaped(4, 4, exported_snapshot="snap.2"))
    assert [change.size_bytes for change in changes(plan) if isinstance(change, ModifyVolume)] == [8 * GIB]


@pytest.mark.parametrize(
    ("view", "why", "hint"),
    [
        (
            shaped(2, 4),
            "no FlexGroup loses constituents",
            "snapmirror delete -destination-path svm_gold_dr:vol_1; vol",
        ),
        (
            shaped(4, 2, state=MirrorState.UNINITIALIZED, lag=None, exported_snapshot=None, transfer=None),
            "only an initialized mirror is",
            "snapmirror delete",
        ),
        (shaped(4, 2, related=False), "only an initialized mirror is", "at lyon: volume delete -vserver"),
    ],
)
def test_what_no_update_mends_is_left_with_what_would_and_its_price(view: View, why: str, hint: str) -> None:
    plan = protect(view)
    (refusal,) = plan.refusals
    assert why in refusal.text
    assert hint in (refusal.hint or "")
    assert "gold-lyon holds no copy meanwhile" in (refusal.hint or "")
    assert {type(change) for change in changes(plan)} <= {ModifyVolume}


def test_flexvols_have_no_geometry() -> None:
    plan = protect({"paris": a_cluster_view(HOME, [a_volume()]), "lyon": a_target_view(LYON, "vol_1")})
    assert ("gold-lyon", "vol_1") in plan.holds
