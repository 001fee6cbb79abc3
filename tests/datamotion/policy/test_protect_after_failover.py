"""Planning protection where a target serves: the home is fenced, and nothing else happens."""

from __future__ import annotations

from datetime import timedelta

from datamotion.model.acts import (
    ModifyVolume,
)
from datamotion.model.mark import read_mark
from datamotion.model.records import Relationship
from datamotion.model.view import ClusterView
from datamotion.model.words import MirrorState, Role, VolumeType
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_volume,
    acts,
    kinds,
)
from tests.datamotion.policy.plans import (
    only_refusal,
    protect,
    seen,
)
from tests.datamotion.simulation import after_all


def served_at_lyon(*, epoch: int = 2, mirror: Relationship | None = None, mirrored: bool = True) -> ClusterView:
    active = a_volume(backend=LYON, type=VolumeType.RW, path="/vol_1", comment=a_mark(Role.ACTIVE, epoch))
    broken = mirror or a_mirror(state=MirrorState.BROKEN_OFF)
    return a_cluster_view(LYON, [active], [broken] if mirrored else [])


def test_an_overtaken_home_is_fenced_and_nothing_else_happens() -> None:
    nice = a_cluster_view(NICE, peers=())
    view = {**seen(served_at_lyon(), a_volume(), a_volume("vol_2")), "nice": nice}
    plan = protect(view, a_group(LYON, NICE))
    (fence,) = acts(plan)
    assert (fence.cluster, fence.volume) == ("paris", "vol_1")
    assert isinstance(fence.change, ModifyVolume)
    assert (fence.change.uuid, fence.change.path) == ("gold-paris/vol_1", "")
    mark = read_mark(fence.change.comment or "")
    assert mark is not None
    assert (mark.role, mark.epoch, mark.path) == (Role.FENCED, 1, "/vol_1")
    assert "gold-lyon serves gold since epoch 2" in plan.notes[0]


def test_a_fenced_home_stays_fenced_without_another_step() -> None:
    clusters: dict[str, ClusterView] = {"paris": a_cluster_view(HOME, [a_volume()]), "lyon": served_at_lyon()}
    fenced = after_all(clusters, *acts(protect(clusters)))
    assert protect(fenced).steps == ()


def test_a_fenced_copy_that_somebody_mounted_is_unmounted_again() -> None:
    home = a_volume(comment=a_mark(Role.FENCED))
    assert kinds(protect(seen(served_at_lyon(), home))) == ["ModifyVolume"]


def test_a_fenced_home_is_not_mirrored_while_nobody_is_seen_to_serve() -> None:
    plan = protect(seen(a_cluster_view(LYON), a_volume(path=None, comment=a_mark(Role.FENCED))))
    assert only_refusal(plan).volume == "vol_1"


def test_the_home_is_fenced_though_the_relationship_was_deleted_after_the_failover() -> None:
    plan = protect(seen(served_at_lyon(mirrored=False)))
    (fence,) = acts(plan)
    assert (fence.cluster, kinds(plan)) == ("paris", ["ModifyVolume"])


def test_a_copy_that_receives_again_does_not_get_the_home_fenced() -> None:
    view = seen(served_at_lyon(mirror=a_mirror()))
    refusal = only_refusal(protect(view))
    assert "not certain that it serves" in refusal.text


def test_of_two_claims_with_one_epoch_the_later_one_counts() -> None:
    early = a_volume(
        backend=LYON, type=VolumeType.RW, path="/vol_1", comment=a_mark(Role.ACTIVE, 2, since=NOON - timedelta(days=1))
    )
    late = a_volume(backend=NICE, type=VolumeType.RW, path="/vol_1", comment=a_mark(Role.ACTIVE, 2, since=NOON))
    lyon = a_cluster_view(LYON, [early], [a_mirror(state=MirrorState.BROKEN_OFF)])
    nice = a_cluster_view(NICE, [late], [a_mirror(backend=NICE, state=MirrorState.BROKEN_OFF)])
    plan = protect({**seen(lyon), "nice": nice}, a_group(LYON, NICE))
    assert "gold-nice serves" in plan.notes[0]
