"""Which volumes belong: those that were marked so, and those that are selected where the group is served."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.model.group import Backend, Group
from datamotion.model.migration import Migration
from datamotion.model.plan import Plan
from datamotion.model.standing import CopyId
from datamotion.model.words import Role, VolumeType
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_target_view,
    a_volume,
    changes,
    notes_of,
    standing_of,
)
from tests.datamotion.policy.plans import (
    BOTH,
    LOST,
    a_served,
    doubts,
    failed_over,
    failover,
    only_doubt,
    protect,
    refusals,
    refused,
    seen,
    served_at,
)


def selecting(*patterns: str) -> Group:
    return replace(BOTH, home=replace(HOME, volumes=patterns))


def test_volumes_count_as_people_do() -> None:
    assert standing_of(seen("vol_10", "vol_2")).volumes == ("vol_2", "vol_10")


def test_what_a_pattern_selects_at_the_home_is_a_member_at_once() -> None:
    view = seen(paris=a_cluster_view(HOME, [a_volume(comment=""), a_volume("root", comment="")], claims=()))
    view |= {"lyon": a_cluster_view(LYON, claims=()), "nice": a_cluster_view(NICE, claims=())}
    standing = standing_of(view)
    assert (standing.volumes, standing.is_fresh, doubts(standing)) == (("vol_1",), True, [])
    assert standing.active == {"vol_1": CopyId("gold-paris", "vol_1")}


def test_what_a_pattern_selects_at_a_target_is_no_member_while_the_home_serves() -> None:
    lyon = replace(a_target_view(LYON, "vol_1"), volumes=(a_volume(backend=LYON), a_volume("own", LYON, comment="")))
    assert standing_of(seen(lyon=lyon)).volumes == ("vol_1",)


def test_where_the_group_was_taken_over_its_pattern_selects() -> None:
    served = served_at(LYON, "vol_1")
    lyon = replace(served, volumes=(*served.volumes, a_served("new", comment="")))
    assert standing_of(failed_over(lyon=lyon)).volumes == ("new", "vol_1")


def test_another_groups_mark_makes_no_member() -> None:
    lyon = a_cluster_view(LYON, [a_volume("x", LYON, comment=a_mark("x", group="silver"))])
    assert standing_of(seen(lyon=lyon)).volumes == ("vol_1",)


def test_a_volume_whose_relationship_was_deleted_is_still_a_member_and_needs_consent_to_be_left() -> None:
    lyon = a_cluster_view(LYON, [a_volume(name, LYON) for name in ("vol_1", "vol_2")], [a_mirror("vol_1")])
    view = seen("vol_1", "vol_2", paris=LOST, lyon=lyon, nice=LOST)
    assert standing_of(view).copies[CopyId("gold-lyon", "vol_2")].role is Role.DETACHED
    refusal = refused(failover(view))
    assert "vol_2: vol_2 is read-only and its relationship is gone" in refusal.text
    assert "--allow-partial" in (refusal.hint or "")


@pytest.mark.parametrize("knows", ["nice", "paris"])
def test_a_volume_of_which_a_target_holds_nothing_is_named_by_whoever_knows_it(knows: str) -> None:
    clusters = {
        "nice": seen("vol_1", "vol_2")["nice"] if knows == "nice" else a_target_view(NICE, "vol_1"),
        "paris": seen("vol_1", "vol_2")["paris"] if knows == "paris" else LOST,
    }
    view = seen(lyon=a_target_view(LYON, "vol_1"), **clusters)
    assert "vol_2: it has no copy there" in refused(failover(view, "gold-lyon")).text


@pytest.mark.parametrize("patterns", [("vol_1",), ("volumes_*",)])
def test_a_member_that_no_pattern_selects_any_more_is_named_and_goes_on(patterns: tuple[str, ...]) -> None:
    group = selecting(*patterns)
    standing = standing_of(seen("vol_1", "vol_2"), group)
    assert standing.volumes == ("vol_1", "vol_2")
    assert ("left out", "gold-paris", "vol_2") in doubts(standing)
    plan = protect(seen("vol_1", "vol_2"), group)
    assert ("vol_2", "gold-paris") in refusals(plan)
    assert ("gold-lyon", "vol_2") in plan.holds
    taken = failover(seen("vol_1", "vol_2", paris=LOST))
    assert {each.volume for each in taken.losses} == {"vol_1", "vol_2"}


def test_a_pattern_that_matches_nothing_is_found() -> None:
    standing = standing_of(seen("vol_1"), selecting("volumes_*"))
    assert [each for each in doubts(standing) if each[0] == "nothing selected"] == [
        ("nothing selected", "gold-paris", None)
    ]
    (text,) = [each.text for each in standing.doubts if each.kind == "nothing selected"]
    assert text == "no volume at gold-paris matches volumes_*"


def test_a_comment_that_was_lost_at_home_is_made_up_for_by_the_uuid() -> None:
    doubt = only_doubt(seen(paris=a_cluster_view(HOME, [a_volume(comment="nightly trees")])))
    assert (doubt.kind, doubt.backend, doubt.volume) == ("unmarked", "gold-paris", "vol_1")
    assert "its uuid gold-paris/vol_1 says so" in doubt.text


def test_a_comment_that_was_lost_at_both_ends_is_made_up_for_by_the_relationship() -> None:
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, comment="")], [a_mirror()])
    view = seen(paris=a_cluster_view(HOME, [a_volume("other", uuid="other", comment="")]), lyon=lyon)
    standing = standing_of(view)
    assert standing.copies[CopyId("gold-lyon", "vol_1")].edge is not None


def test_a_volume_made_anew_under_a_members_name_is_not_that_member_whatever_mirrors_it() -> None:
    home = seen(paris=a_cluster_view(HOME, [a_volume(uuid="made anew", comment="")]))
    home["lyon"] = a_target_view(LYON, "vol_1")
    standing = standing_of(home)
    assert {"replaced", "vanished"} <= {doubt.kind for doubt in standing.doubts}
    assert standing.copy("gold-paris", "vol_1") is None


def test_a_clone_is_not_the_copy_that_its_parent_is() -> None:
    clone = a_volume("drill", LYON, uuid="clone", type=VolumeType.RW, is_clone=True, comment=a_mark(), path="/vol_1")
    lyon = a_target_view(LYON, "vol_1")
    for volumes in ((clone, *lyon.volumes), (*lyon.volumes, clone)):
        standing = standing_of(seen(lyon=replace(lyon, volumes=volumes)))
        assert standing.copies[CopyId("gold-lyon", "vol_1")].volume.name == "vol_1"
        assert doubts(standing) == []


@pytest.mark.parametrize("backend", [HOME, LYON])
def test_a_clone_stays_one_though_its_parent_lost_the_comment(backend: Backend) -> None:
    clone = a_volume("aaa", backend, uuid="clone", type=VolumeType.RW, is_clone=True, comment=a_mark())
    whole = a_target_view(LYON, "vol_1") if backend is LYON else a_cluster_view(HOME)
    parent = a_volume(backend=backend, comment="somebody's")
    view = seen() | {backend.cluster: replace(whole, volumes=(clone, parent))}
    standing = standing_of(view)
    assert standing.copies[CopyId(backend.name, "vol_1")].volume.name == "vol_1"
    assert doubts(standing) == [("unmarked", backend.name, "vol_1")]


def test_the_volume_that_was_protected_first_is_known_by_its_uuid_though_another_has_its_comment() -> None:
    thief = a_volume("copied", uuid="another", comment=a_mark())
    view = seen(paris=a_cluster_view(HOME, [thief, a_volume(comment="")]))
    standing = standing_of(view)
    assert standing.copies[CopyId("gold-paris", "vol_1")].volume.name == "vol_1"
    assert ("ambiguous", "gold-paris", "vol_1") in doubts(standing)


def test_a_clone_alone_makes_nobody_a_member() -> None:
    clone = a_volume("aaa", LYON, uuid="clone", is_clone=True, type=VolumeType.RW, comment=a_mark("gone"))
    lyon = a_target_view(LYON, "vol_1")
    assert standing_of(seen(lyon=replace(lyon, volumes=(*lyon.volumes, clone)))).volumes == ("vol_1",)


def test_two_volumes_with_the_mark_of_one_copy_are_named_and_none_is_guessed() -> None:
    twins = [a_volume(name, LYON, uuid=name) for name in ("one", "two")]
    twins = [replace(each, comment=a_mark()) for each in twins]
    standing = standing_of(seen(lyon=a_cluster_view(LYON, twins)))
    assert CopyId("gold-lyon", "vol_1") not in standing.copies
    assert [(each.kind, each.text) for each in standing.doubts] == [
        ("ambiguous", f"{name} at gold-lyon is marked as a copy of vol_1, and so is another volume there")
        for name in ("one", "two")
    ]


def test_a_volume_that_was_made_anew_under_a_members_name_is_not_that_member() -> None:
    view = seen(paris=a_cluster_view(HOME, [a_volume(uuid="new", comment="")]), lyon=a_cluster_view(LYON, [], []))
    view["nice"] = a_cluster_view(NICE, [a_volume(backend=NICE)], [a_mirror(backend=NICE, source_svm_uuid="lost")])
    standing = standing_of(view)
    replaced = next(each for each in standing.doubts if each.kind == "replaced")
    assert "uuid new" in replaced.text
    assert "uuid gold-paris/vol_1" in replaced.text
    assert CopyId("gold-paris", "vol_1") not in standing.copies


def test_copies_of_two_volumes_that_go_by_one_name_are_never_mixed() -> None:
    view = seen(lyon=a_cluster_view(LYON, [a_volume(backend=LYON, comment=a_mark(origin="another"))]))
    standing = standing_of(view)
    assert CopyId("gold-lyon", "vol_1") not in standing.copies
    (text,) = [each.text for each in standing.doubts]
    assert "uuid another" in text
    assert "uuid gold-paris/vol_1" in text


def test_one_comment_that_lies_does_not_outweigh_what_the_others_say() -> None:
    """Whichever site it is at, and with as many against it, the uuid of a volume that is there counts."""
    lie = a_mark(origin="another")
    lying = [
        seen(paris=a_cluster_view(HOME, [a_volume(comment=lie)])),
        seen(paris=a_cluster_view(HOME, [a_volume(comment=lie)]), nice=a_cluster_view(NICE, [], [])),
    ]
    for view in lying:
        standing = standing_of(view)
        assert standing.copies[CopyId("gold-lyon", "vol_1")].mark is not None
        assert "another" not in "".join(asked_for(protect(view)))


def asked_for(plan: Plan) -> list[str]:
    return [str(change) for change in changes(plan)]


def test_a_relationship_alone_makes_nobody_a_member_and_is_named() -> None:
    paris = a_cluster_view(HOME, [a_volume(), a_volume("own", comment="")])
    lyon = a_target_view(LYON, "vol_1")
    own = a_volume("own", LYON, comment="")
    lyon = replace(lyon, volumes=(*lyon.volumes, own), relationships=(*lyon.relationships, a_mirror("own")))
    doubt = only_doubt(seen(paris=paris, lyon=lyon))
    assert (doubt.kind, doubt.backend) == ("not a member", "gold-lyon")
    assert doubt.text == "own at gold-lyon is a mirror of own at gold-paris, which is no member of gold"


def test_of_many_that_are_no_members_a_failover_names_a_few_and_a_migration_none() -> None:
    names = [f"own_{number}" for number in range(1, 6)]
    paris = a_cluster_view(HOME, [a_volume(), *(a_volume(name, comment="") for name in names)])
    lyon = a_target_view(LYON, "vol_1")
    owns = [a_volume(name, LYON, comment="") for name in names]
    mirrors = (*lyon.relationships, *map(a_mirror, names))
    lyon = replace(lyon, volumes=(*lyon.volumes, *owns), relationships=mirrors)
    view = seen(paris=paris, lyon=lyon)
    notes = [each for each in notes_of(failover(view, "gold-lyon")) if "own_" in each or "other mirror" in each]
    assert [each.split()[0] for each in notes] == ["own_1", "own_2", "own_3", "So"]
    assert "2 other mirrors. datamotion status gold names them" in notes[-1]
    migration = Migration(source=HOME, volumes=("own_1",), to=LYON).group
    assert standing_of({"paris": paris, "lyon": lyon}, migration).doubts == ()


def test_a_second_mirror_of_a_member_is_called_one() -> None:
    lyon = a_target_view(LYON, "vol_1")
    second = a_volume("again", LYON, comment="")
    mirrors = (*lyon.relationships, a_mirror(destination="again", uuid="second"))
    doubt = only_doubt(seen(lyon=replace(lyon, volumes=(*lyon.volumes, second), relationships=mirrors)))
    assert doubt.text == "again at gold-lyon is another mirror of vol_1, beside vol_1 there"


def test_a_group_of_one_target_sees_that_ones_copies_only() -> None:
    standing = standing_of(seen(), a_group(LYON))
    assert [copy.id.backend for copy in standing.copies_of("vol_1")] == ["gold-paris", "gold-lyon"]


def test_a_clone_that_was_protected_itself_is_a_member() -> None:
    view = seen(paris=a_cluster_view(HOME, [a_volume(is_clone=True)]))
    assert standing_of(view).copies[CopyId("gold-paris", "vol_1")].mark is not None
    assert doubts(standing_of(view)) == []
