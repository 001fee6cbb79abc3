"""Who is who: SVMs, clusters and volumes are told by uuid and mark, and a name alone never says so."""

from __future__ import annotations

from dataclasses import replace

from datamotion.model.mirror_records import Endpoint
from datamotion.model.standing import CopyId, Foreign
from datamotion.model.volume_acts import CreateVolume, ModifyVolume
from datamotion.model.volume_records import Svm
from datamotion.model.words import MirrorState, Role
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_claim,
    a_cluster_view,
    a_mirror,
    a_peer,
    a_target_view,
    a_volume,
    acts,
    changes,
    kinds,
    notes_of,
    standing_of,
)
from tests.datamotion.policy.plans import (
    LOST,
    LYON_TOOK_OVER,
    a_broken,
    a_served,
    doubts,
    failed_over,
    failover,
    knowing,
    only_doubt,
    protect,
    refused,
    seen,
)

LOCAL = Svm(uuid="lyon/svm_gold", name="svm_gold", state="running")


def with_a_local_namesake(comment: str) -> object:
    """Lyon with an SVM of the home's name, whose own vol_1 is mirrored where the group's would be."""
    local = a_mirror(source_cluster=None, source_cluster_uuid=None, source_svm_uuid=LOCAL.uuid)
    view = a_cluster_view(LYON, [a_volume(backend=LYON, comment=comment)], [local])
    return replace(view, svms=(*view.svms, LOCAL))


def test_an_svm_of_the_homes_name_at_another_cluster_is_not_the_home() -> None:
    lyon = with_a_local_namesake("")
    view = seen(lyon=lyon)  # type: ignore[arg-type]
    assert CopyId("gold-lyon", "vol_1") not in standing_of(view).copies
    view["paris"] = LOST
    assert failover(view).backend == "gold-nice"
    assert "it holds no copy" in refused(failover(view, "gold-lyon")).text


def test_a_marked_volume_that_mirrors_another_one_is_named_and_never_served() -> None:
    lyon = with_a_local_namesake(a_volume().comment)
    view = seen(lyon=lyon)  # type: ignore[arg-type]
    copy = standing_of(view).copies[CopyId("gold-lyon", "vol_1")]
    assert copy.edge is not None
    assert copy.edge.source == Foreign(Endpoint("svm_gold", "vol_1"), "lyon")
    doubt = only_doubt(view)
    assert (doubt.kind, doubt.backend, doubt.volume) == ("foreign source", "gold-lyon", "vol_1")
    assert "svm_gold:vol_1 of lyon" in doubt.text
    refusal = refused(failover(seen(lyon=lyon, paris=LOST), "gold-lyon"))  # type: ignore[arg-type]
    assert "it is a mirror of svm_gold:vol_1 of lyon, which is no copy that is known here" in refusal.text


def test_a_source_svm_whose_uuid_is_not_told_is_known_by_its_peering() -> None:
    peers = [a_peer(name="gold.7")]
    mirror = a_mirror(source=replace(HOME, svm="gold.7"), source_svm_uuid=None)
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, comment="")], [mirror], peers=peers)
    copy = standing_of(seen(lyon=lyon)).copies[CopyId("gold-lyon", "vol_1")]
    assert copy.edge is not None
    assert copy.edge.source == CopyId("gold-paris", "vol_1")


def test_two_targets_of_equal_names_are_two() -> None:
    view = seen(lyon=a_cluster_view(LYON), nice=a_cluster_view(NICE))
    made = [(act.cluster, act.backend) for act in acts(protect(view)) if isinstance(act.change, CreateVolume)]
    assert made == [("lyon", "gold-lyon"), ("nice", "gold-nice")]


def test_a_source_that_was_renamed_before_the_next_transfer_gets_no_second_copy() -> None:
    view = seen(paris=a_cluster_view(HOME, [replace(a_volume(), name="vol_9")]))
    plan = protect(view)
    assert plan.holds == {(backend, "vol_1") for backend in ("gold-paris", "gold-lyon", "gold-nice")}
    assert (plan.steps, plan.refusals) == ((), ())
    assert "vol_1 is called vol_9 at gold-paris now" in notes_of(plan)[0]


def test_a_source_that_was_renamed_and_lost_its_mark_is_known_by_its_uuid() -> None:
    view = seen(paris=a_cluster_view(HOME, [replace(a_volume(comment="trees"), name="vol_9")]))
    standing = standing_of(view)
    assert standing.volumes == ("vol_1",)
    assert standing.active == {"vol_1": CopyId("gold-paris", "vol_1")}
    assert doubts(standing) == [("unmarked", "gold-paris", "vol_1"), ("renamed", "gold-paris", "vol_1")]
    assert kinds(protect(view)) == ["ModifyVolume"]


def test_a_served_copy_that_was_renamed_and_lost_its_relationship_is_known_by_its_mark() -> None:
    lyon = a_cluster_view(LYON, [replace(a_served(), name="vol_9")], claims=LYON_TOOK_OVER)
    view = failed_over(lyon=lyon)
    assert standing_of(view).active["vol_1"] == CopyId("gold-lyon", "vol_1")
    assert standing_of(view).copies[CopyId("gold-paris", "vol_1")].role is Role.OVERTAKEN
    fences = [each for each in changes(protect(view), "vol_1", HOME) if isinstance(each, ModifyVolume)]
    assert [(each.uuid, each.path) for each in fences] == [("gold-paris/vol_1", "")]


def test_a_mirror_of_a_volume_of_another_name_is_that_members() -> None:
    lyon = a_cluster_view(LYON, [a_volume("copy_of_1", LYON, comment="")], [a_mirror(destination="copy_of_1")])
    standing = standing_of(seen(lyon=lyon))
    copy = standing.copies[CopyId("gold-lyon", "vol_1")]
    assert (copy.volume.name, copy.role) == ("copy_of_1", Role.MIRROR)
    doubt = only_doubt(seen(lyon=lyon))
    assert doubt.kind == "unmarked"
    assert "copy_of_1 at gold-lyon is a copy of vol_1 (its relationship with svm_gold:vol_1 says so)" in doubt.text


def test_a_claim_gives_the_group_to_an_svm_whatever_its_back_end_is_called() -> None:
    theirs = replace(a_claim(LYON, 2), backend="lyon-in-their-configuration")
    standing = standing_of(failed_over(claims=(a_claim(), theirs)))
    assert [(each.epoch, each.backend) for each in standing.claims] == [(2, "gold-lyon"), (1, "gold-paris")]
    assert standing.active["vol_1"] == CopyId("gold-lyon", "vol_1")


def test_an_svm_of_a_back_ends_name_that_was_made_anew_did_not_claim_anything() -> None:
    lyon = knowing(a_target_view(LYON, "vol_1"), LYON, a_claim(), a_claim(LYON, 2, svm="an older one"))
    standing = standing_of(seen(lyon=lyon))
    assert doubts(standing) == [("unreadable claim", "gold-lyon", None)]
    assert "SVM an older one" in standing.doubts[0].text
    assert standing.next_epoch == 3


def test_the_mirror_state_of_a_namesake_in_another_svm_of_the_cluster_does_not_count() -> None:
    elsewhere = a_broken(destination="vol_1", uuid="other")
    elsewhere = replace(elsewhere, destination=Endpoint("svm_other", "vol_1"), state=MirrorState.BROKEN_OFF)
    lyon = a_target_view(LYON, "vol_1")
    standing = standing_of(seen(lyon=replace(lyon, relationships=(*lyon.relationships, elsewhere))))
    copy = standing.copies[CopyId("gold-lyon", "vol_1")]
    assert copy.edge is not None
    assert copy.edge.relationship.uuid == "gold-lyon/vol_1/mirror"


def test_a_home_that_no_claim_tells_and_that_is_not_seen_is_known_by_its_peering_alone() -> None:
    lyon, nice = (knowing(a_target_view(each, "vol_1"), each) for each in (LYON, NICE))
    copy = standing_of(seen(paris=LOST, lyon=lyon, nice=nice)).copies[CopyId("gold-lyon", "vol_1")]
    assert copy.edge is not None
    assert copy.edge.source == CopyId("gold-paris", "vol_1")
    namesake = replace(nice, svm_peers=(*nice.svm_peers, a_peer(NICE, name="other", peer_svm_uuid="oslo/svm_gold")))
    copy = standing_of(seen(paris=LOST, lyon=lyon, nice=namesake)).copies[CopyId("gold-lyon", "vol_1")]
    assert copy.edge is not None
    assert isinstance(copy.edge.source, Foreign), "there are two of that name"
