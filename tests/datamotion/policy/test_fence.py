"""Keeping clients away from what was overtaken, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.acts import Change
from datamotion.model.mark import Mark, read_mark
from datamotion.model.serving_acts import CloseSessions, CreateExportPolicy, ModifyQtree
from datamotion.model.serving_records import CifsSession, ExportPolicy, Qtree
from datamotion.model.standing import FENCE
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.volume_records import Volume
from datamotion.policy.clients.fence import qtree_policies
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_claim,
    a_cluster_view,
    a_mark,
    a_target_view,
    a_volume,
    acts,
    changes,
)
from tests.datamotion.policy.plans import LYON_TOOK_OVER, failed_over, knowing, protect, refusals, seen, served_at

UUID = "gold-paris/vol_1"
READY: dict[str, Any] = {"export_policies": (ExportPolicy(name=FENCE, svm="svm_gold", rules=0),)}


def returned(volume: Volume | None = None, **changed: object) -> ClusterView:
    """The home, back with its old copy after lyon took over."""
    return replace(a_cluster_view(HOME, [volume or a_volume()], claims=LYON_TOOK_OVER), **changed)  # type: ignore[arg-type]


def fencing(home: ClusterView) -> list[Change]:
    return changes(protect(failed_over(paris=home)), backend=HOME)


def test_an_overtaken_copy_gets_the_policy_that_lets_nobody_in_and_is_unmounted() -> None:
    assert fencing(returned()) == [
        CreateExportPolicy(svm="svm_gold", name=FENCE),
        ModifyVolume(uuid=UUID, path="", export=FENCE),
    ]


def test_the_site_learns_who_serves_before_it_is_fenced() -> None:
    plan = protect(failed_over(paris=a_cluster_view(HOME, [a_volume()])))
    assert [act.title for act in acts(plan) if act.backend == "gold-paris"] == [
        "Take epoch 2",
        "Create the fence",
        "Fence the overtaken copies",
    ]


def test_the_home_is_fenced_when_it_comes_back_though_no_claim_is_left_that_it_served() -> None:
    lyon = served_at(LYON, "vol_1", claims=(a_claim(LYON, 2),))
    home = a_cluster_view(HOME, [a_volume()], claims=())
    nice = knowing(a_target_view(NICE, "vol_1"), NICE, a_claim(LYON, 2))
    titles = [act.title for act in acts(protect({"paris": home, "lyon": lyon, "nice": nice}))]
    assert titles[:3] == ["Take epoch 2", "Create the fence", "Fence the overtaken copies"]


def test_a_policy_of_that_name_in_another_svm_is_not_this_ones() -> None:
    other = (ExportPolicy(name=FENCE, svm="svm_silver", rules=4),)
    assert fencing(returned(export_policies=other))[0] == CreateExportPolicy(svm="svm_gold", name=FENCE)
    assert fencing(returned(**READY)) == [ModifyVolume(uuid=UUID, path="", export=FENCE)]


def test_a_fence_with_rules_is_refused_and_not_emptied() -> None:
    plan = protect(failed_over(paris=returned(export_policies=(ExportPolicy(name=FENCE, svm="svm_gold", rules=2),))))
    assert ("gold-paris" in {act.backend for act in acts(plan)}) is False
    (text,) = [each.text for each in plan.refusals if each.backend == "gold-paris"]
    assert f"{FENCE} of svm_gold has rules" in text


def test_qtrees_with_a_policy_of_their_own_are_noted_and_fenced_with_their_volume() -> None:
    qtrees = (
        Qtree(volume_uuid=UUID, id=1, name="q1", export="own"),
        Qtree(volume_uuid=UUID, id=2, name="q2", export=FENCE),
        Qtree(volume_uuid=UUID, id=3, name="q3", export="guests, all"),
        Qtree(volume_uuid=UUID, id=4, name="q4", export="default", is_own=False),
        Qtree(volume_uuid="another", id=1, name="q1", export="own"),
    )
    note, *rest = fencing(returned(qtrees=qtrees, **READY))
    assert isinstance(note, ModifyVolume)
    assert qtree_policies(read_mark(note.comment or "")) == {1: "own", 3: "guests, all"}
    assert rest == [
        ModifyQtree(volume_uuid=UUID, id=1, export=FENCE),
        ModifyQtree(volume_uuid=UUID, id=3, export=FENCE),
        ModifyVolume(uuid=UUID, path="", export=FENCE),
    ]
    plan = protect(failed_over(paris=returned(qtrees=qtrees, **READY)))
    assert len({act.id for act in acts(plan)}) == len(acts(plan)), "what is asked for is told apart"


def test_a_qtree_that_does_not_follow_its_fenced_volume_has_a_policy_of_its_own() -> None:
    """ONTAP does not tell it from an inherited one while both have one name."""
    shut = a_volume(path=None, export=FENCE, comment=a_mark(qtrees="1:own"))
    qtrees = (
        Qtree(volume_uuid=UUID, id=1, name="q1", export=FENCE, is_own=False),
        Qtree(volume_uuid=UUID, id=4, name="q4", export="default"),
    )
    note, *rest = fencing(returned(shut, qtrees=qtrees, **READY))
    assert isinstance(note, ModifyVolume)
    assert qtree_policies(read_mark(note.comment or "")) == {1: "own", 4: "default"}
    assert rest == [ModifyQtree(volume_uuid=UUID, id=4, export=FENCE)]


def test_policies_of_qtrees_that_cannot_be_noted_are_told_and_fenced_all_the_same() -> None:
    full = a_volume(comment="x" * 930 + a_mark())
    home = returned(full, qtrees=(Qtree(volume_uuid=UUID, id=1, name="q1", export="p" * 200),), **READY)
    assert fencing(home)[0] == ModifyQtree(volume_uuid=UUID, id=1, export=FENCE)
    (text,) = [each.text for each in protect(failed_over(paris=home)).refusals if each.volume == "vol_1"][:1]
    assert "no room to note their export policies: q1 had pppp" in text


def test_who_is_connected_by_smb_is_cut_off_after_the_volume_was_unmounted() -> None:
    sessions = (
        CifsSession(path="n/s/1/1", volumes=frozenset({UUID, "another"})),
        CifsSession(path="n/s/2/2", volumes=frozenset({"another"})),
    )
    close = CloseSessions(volume_uuid=UUID, sessions=("n/s/1/1",))
    shut = ModifyVolume(uuid=UUID, path="", export=FENCE)
    assert fencing(returned(cifs_sessions=sessions, **READY)) == [shut, close]
    assert fencing(returned(a_volume(path=None, export=FENCE), cifs_sessions=sessions, **READY)) == [close]


def marked(volume: Volume) -> Mark | None:
    note = fencing(returned(volume, **READY))[0]
    assert isinstance(note, ModifyVolume)
    return read_mark(note.comment or "")


def test_how_it_was_served_is_noted_first_where_the_mark_does_not_say_it() -> None:
    noted = marked(a_volume(path="/moved", export="clients", comment=a_mark(qos="gold")))
    assert noted == Mark(group="gold", volume="vol_1", origin=UUID, path="/moved", export="clients", qos="gold")


def test_a_fence_that_was_lifted_halfway_does_not_overwrite_what_was_noted() -> None:
    half = a_volume(path=None, export="default", comment=a_mark(path="/vol_1", export="default"))
    assert fencing(returned(half, **READY)) == [ModifyVolume(uuid=UUID, path=None, export=FENCE)]
    mounted = a_volume(export=FENCE, comment=a_mark(export="clients"))
    assert fencing(returned(mounted, **READY)) == [ModifyVolume(uuid=UUID, path="", export=FENCE)]


def test_a_comment_without_room_for_the_note_stops_no_fence() -> None:
    full = a_volume(path="/" + "p" * 300, comment="x" * 800 + a_mark())
    assert fencing(returned(full, **READY)) == [ModifyVolume(uuid=UUID, path="", export=FENCE)]


def test_a_copy_without_a_mark_is_fenced_without_a_note() -> None:
    assert fencing(returned(a_volume(comment=""), **READY)) == [ModifyVolume(uuid=UUID, path="", export=FENCE)]


@pytest.mark.parametrize("export", [FENCE, None])
def test_what_is_fenced_needs_no_step(export: str | None) -> None:
    assert fencing(returned(a_volume(path=None, export=export), **READY)) == []


def test_a_volume_of_an_svm_without_nfs_is_only_unmounted() -> None:
    assert fencing(returned(a_volume(export=None), **READY)) == [ModifyVolume(uuid=UUID, path="", export=None)]


def test_every_overtaken_back_end_is_fenced_and_not_only_the_home() -> None:
    claims = (*LYON_TOOK_OVER, replace(LYON_TOOK_OVER[1], epoch=3, backend="gold-nice", svm="nice/svm_gold_dr"))
    plan = protect(failed_over(claims=claims, nice=served_at(NICE, "vol_1", claims=claims)))
    assert {act.backend for act in acts(plan) if act.title == "Fence the overtaken copies"} == {
        "gold-paris",
        "gold-lyon",
    }


def test_nothing_is_fenced_that_was_not_provably_overtaken() -> None:
    unseen_copy = failed_over(lyon=a_cluster_view(LYON, claims=LYON_TOOK_OVER))
    begun = (LYON_TOOK_OVER[0], replace(LYON_TOOK_OVER[1], served=None))
    interrupted = failed_over(claims=begun, lyon=served_at(LYON, "vol_1", claims=begun))
    mirrors = seen(lyon=knowing(a_cluster_view(LYON, [a_volume(backend=LYON)]), LYON, LYON_TOOK_OVER[0]))
    for view in (unseen_copy, interrupted, mirrors):
        assert not any("Fence" in act.title or "fence" in act.title for act in acts(protect(view)))


def test_what_two_overtook_is_fenced_and_they_are_left_to_a_person() -> None:
    claims = (*LYON_TOOK_OVER, replace(LYON_TOOK_OVER[1], backend="gold-nice", svm="nice/svm_gold_dr"))
    plan = protect(
        failed_over(
            claims=claims,
            nice=served_at(NICE, "vol_1", claims=claims),
            lyon=served_at(LYON, "vol_1", claims=claims[:2]),
        )
    )
    assert {act.backend for act in acts(plan)} == {"gold-paris"}
    assert ("vol_1", None) in refusals(plan)
    assert (None, "gold-lyon") in refusals(plan)
