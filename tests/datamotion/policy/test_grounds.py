"""What every two targets share, what that would cost, and the snapshots that are kept common to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from datamotion.model.common import common_name
from datamotion.model.group import Backend, Group
from datamotion.model.plan import Plan
from datamotion.model.view import ClusterView, Unseen
from datamotion.model.volume_acts import DeleteSnapshot, TakeCommonSnapshot
from datamotion.model.volume_records import Snapshot
from datamotion.policy.copies.grounds import Sharing, grounds
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_common_snapshot,
    a_group,
    a_mirror,
    a_volume,
    acts,
    notes_of,
    rules,
    standing_of,
)
from tests.datamotion.policy.plans import LOST, protect, seen

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OURS: Mapping[str, object] = {"rules": rules("sm_created", "datamotion")}
ALL: Mapping[str, object] = {"copies_all": True}


def held(backend: Backend, *taken: datetime, volume: str = "vol_1", label: str = "datamotion") -> tuple[Snapshot, ...]:
    """Snapshots of ours that a copy holds, taken at these times."""
    uuid = a_volume(volume, backend).uuid
    names = [common_name("gold", 1, at) for at in taken]
    return tuple(a_common_snapshot(name, uuid, label=label) for name in names)


def clusters(
    lyon: Mapping[str, object],
    nice: Mapping[str, object],
    *snapshots: tuple[Snapshot, ...],
    names: tuple[str, ...] = ("vol_1",),
) -> dict[str, ClusterView | Unseen]:
    """Mirrors at both, by policies that are like this; and what is held at paris, lyon and nice."""
    view = seen(*names)
    of = {"lyon": lyon, "nice": nice}
    for (name, each), kept in zip(view.items(), snapshots or ((), (), ()), strict=True):
        assert isinstance(each, ClusterView)
        policies = tuple(
            replace(policy, **of.get(name, {})) if policy.name == "Asynchronous" else policy  # type: ignore[arg-type]
            for policy in each.policies
        )
        view[name] = replace(each, policies=policies, common_snapshots=kept)
    return view


def told(view: Mapping[str, ClusterView | Unseen], group: Group | None = None) -> tuple[Sharing, bool, str]:
    (ground,) = grounds(standing_of(view, group))
    assert {ground.one, ground.other} == {"gold-lyon", "gold-nice"}
    return ground.sharing, ground.is_there, ground.text


def test_where_both_copy_all_snapshots_the_newest_of_the_older_is_shared() -> None:
    view = clusters(ALL, ALL)
    nice = view["nice"]
    assert isinstance(nice, ClusterView)
    view["nice"] = replace(nice, relationships=(a_mirror("vol_1", NICE, lag=timedelta(minutes=52)),))
    assert told(view)[:2] == (Sharing.ALL, True)
    assert "52 min old at most" in told(view)[2]


@pytest.mark.parametrize(
    ("lyon", "nice", "sharing", "text"),
    [
        ({}, ALL, Sharing.NONE, "costs the other all of it again: 2 GiB of 2 volumes"),
        ({"rules": rules("sm_created")}, {"rules": rules("sm_created")}, Sharing.NONE, "no snapshot"),
        (
            {"rules": rules("sm_created", "daily", "weekly")},
            {"rules": rules("sm_created", "daily")},
            Sharing.UNSURE,
            "at most snapshots labelled daily, if any are made and both still hold one; without one a failover",
        ),
        ({"rules": rules("daily")}, ALL, Sharing.UNSURE, "labelled daily"),
        (OURS, ALL, Sharing.LABELLED, "share no snapshot yet of 2 volumes"),
    ],
)
def test_what_policies_leave_in_common_and_what_nothing_costs(
    lyon: Mapping[str, object], nice: Mapping[str, object], sharing: Sharing, text: str
) -> None:
    view = clusters(lyon, nice, names=("vol_1", "vol_2"))
    assert told(view)[:2] == (sharing, False)
    assert text in told(view)[2]
    assert any(text in note for note in notes_of(protect(view)))


def test_a_snapshot_that_both_hold_is_told_with_its_age_and_one_that_only_one_holds_is_none() -> None:
    old, new = NOON - 3 * HOUR, NOON - HOUR
    view = clusters(OURS, OURS, held(HOME, old, new), held(LYON, old, new), held(NICE, old))
    assert told(view)[:2] == (Sharing.LABELLED, True)
    assert "share a snapshot of every volume, 3 h old" in told(view)[2]
    assert not told(clusters(OURS, OURS, held(HOME, new), held(LYON, new), ()))[1]


def test_what_cannot_be_seen_is_never_told_as_shared() -> None:
    assert told({**clusters(ALL, ALL), "nice": LOST})[0] is Sharing.UNTOLD
    view = clusters(OURS, OURS)
    lyon = view["lyon"]
    assert isinstance(lyon, ClusterView)
    assert told({**view, "lyon": replace(lyon, common_snapshots=None)})[0] is Sharing.UNTOLD
    group = a_group(LYON, NICE)
    other = replace(group, targets=tuple(replace(each, policy="nowhere") for each in group.targets))
    assert told(view, other)[0] is Sharing.UNTOLD


def test_a_group_with_one_target_has_nobody_to_share_with() -> None:
    assert grounds(standing_of(seen(), a_group(LYON))) == []


# -- keeping one


RPO = a_group(LYON, NICE, rpo=2 * HOUR)


def kept(plan: Plan) -> tuple[list[str], list[str]]:
    """What is taken and what is deleted, by names and uuids."""
    changes = [act.change for act in acts(plan)]
    taken = [each.name for each in changes if isinstance(each, TakeCommonSnapshot)]
    return taken, [each.uuid for each in changes if isinstance(each, DeleteSnapshot)]


def test_one_is_taken_where_the_volume_is_served_under_the_label_that_the_policies_carry() -> None:
    (act,) = acts(protect(clusters(OURS, OURS), RPO))
    name = "datamotion_common_gold_1_20310504_120000"
    assert act.change == TakeCommonSnapshot(volume_uuid="gold-paris/vol_1", name=name, label="datamotion")
    assert (act.cluster, act.backend) == ("paris", "gold-paris")


@pytest.mark.parametrize(
    ("lyon", "nice"), [(ALL, ALL), ({}, OURS), ({"rules": rules("daily")}, OURS)], ids=["all", "none", "other"]
)
def test_none_is_taken_that_would_not_be_carried_or_is_not_needed(
    lyon: Mapping[str, object], nice: Mapping[str, object]
) -> None:
    assert protect(clusters(lyon, nice), RPO).steps == ()


def test_the_groups_own_label_is_what_counts() -> None:
    weekly = {"rules": rules("weekly")}
    assert kept(protect(clusters(weekly, weekly), replace(RPO, common_label="weekly")))[0]
    assert not kept(protect(clusters(weekly, weekly), RPO))[0]


def test_a_new_one_is_taken_when_the_newest_is_older_than_the_rpo() -> None:
    young, old = NOON - HOUR, NOON - 3 * HOUR
    assert protect(clusters(OURS, OURS, *(held(each, young) for each in (HOME, LYON, NICE))), RPO).steps == ()
    assert len(kept(protect(clusters(OURS, OURS, held(HOME, old), (), ()), RPO))[0]) == 1
    aged = clusters(OURS, OURS, held(HOME, NOON - DAY / 2), (), ())
    assert kept(protect(aged, a_group(LYON, NICE))) == ([], []), "without an RPO it is a day"


def test_old_ones_go_and_the_newest_of_every_two_targets_never() -> None:
    first, second, third, fourth = (NOON - hours * HOUR for hours in (9, 7, 5, 1))
    source = held(HOME, first, second, third, fourth)
    view = clusters(OURS, OURS, source, held(LYON, first, second, fourth), held(NICE, first, second, third))
    assert kept(protect(view, RPO)) == ([], [source[0].uuid, source[2].uuid])
    nobody = clusters(OURS, OURS, source, held(LYON, fourth), held(NICE, third))
    assert kept(protect(nobody, RPO)) == ([], []), "nothing is common yet"


def test_snapshots_of_other_groups_and_of_people_are_not_ours() -> None:
    others = tuple(
        replace(held(HOME, NOON - 9 * HOUR)[0], uuid=name, name=name)
        for name in ("datamotion_common_golden_1_20310504_010000", "datamotion_common_gold_by_hand", "daily.1")
    )
    young = NOON - HOUR
    source = (*others, *held(HOME, young))
    assert kept(protect(clusters(OURS, OURS, source, held(LYON, young), held(NICE, young)), RPO)) == ([], [])


def test_nothing_is_taken_or_deleted_while_a_target_is_not_seen() -> None:
    old = NOON - 9 * HOUR
    view = {**clusters(OURS, OURS, *(held(each, old) for each in (HOME, LYON, NICE))), "nice": LOST}
    assert kept(protect(view, RPO)) == ([], [])
