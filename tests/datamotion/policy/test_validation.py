"""Which acts of a plan clusters are asked about beforehand: only what ONTAP documents `validate_only` for."""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.mirror_acts import CreateRelationship, Initialize, ModifyRelationship, Resume
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, VolumeState
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.validation import questions
from tests.datamotion.building import (
    LYON,
    a_cluster_view,
    a_group,
    a_mirror,
    a_volume,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import seen

GROUP = a_group(LYON)


def asked(lyon: ClusterView, schedule: str | None = None) -> tuple[list[tuple[type, bool]], dict[str, str]]:
    """The kinds of change that are asked about, each with whether its volume is too; why others are not, by step."""
    (target,) = GROUP.targets
    group = replace(GROUP, targets=(replace(target, schedule=schedule),))
    found, unasked = questions(planned(protect_planner(group), standing_of(seen(lyon=lyon), group)))
    return [(type(each.act.change), each.creates) for each in found], {each.act.title: each.why for each in unasked}


def test_a_new_mirror_is_asked_about_together_with_its_volume() -> None:
    found, why = asked(a_cluster_view(LYON))
    assert (found, why) == (
        [(CreateRelationship, True)],
        {"Initialize": "its relationship has to be there first"},
    )


def test_before_the_svms_are_peers_nothing_can_be_asked_about() -> None:
    found, why = asked(a_cluster_view(LYON, peers=[]))
    assert found == []
    assert set(why.values()) == {
        "ONTAP takes no `validate_only` for it",
        "its SVMs have to be peered first",
        "its relationship has to be there first",
    }
    assert why["Create destination volumes"] == "its SVMs have to be peered first"


def test_a_mirror_into_a_volume_that_is_there_is_asked_about_by_itself() -> None:
    assert asked(a_cluster_view(LYON, [a_volume(backend=LYON)]))[0] == [(CreateRelationship, False)]
    found, why = asked(a_cluster_view(LYON, [a_volume(backend=LYON, state=VolumeState.OFFLINE)]))
    assert (found, why["Create relationships"]) == ([], "its volume has to be online first")


def test_changes_of_relationships_are_asked_about_and_changes_of_volumes_never() -> None:
    paused = a_mirror(state=MirrorState.PAUSED)
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, size_bytes=2**30)], [paused])
    found, why = asked(lyon, schedule="hourly")
    assert found == [(ModifyRelationship, False), (Resume, False)]
    assert why == {"Adjust destination volumes": "ONTAP takes no `validate_only` for it"}
    uninitialized = a_mirror(state=MirrorState.UNINITIALIZED, exported_snapshot=None, lag=None)
    assert asked(a_cluster_view(LYON, [a_volume(backend=LYON)], [uninitialized]))[0] == [(Initialize, False)]
