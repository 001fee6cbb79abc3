"""Who serves, since when: by claims, the newest first, and by what was seen of the copies that they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.standing import FENCE, CopyId, DoubtKind
from datamotion.model.volume_records import Svm
from datamotion.model.words import MirrorState, Role, VolumeType
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_claim,
    a_claim_policy,
    a_cluster_view,
    a_mark,
    a_mirror,
    a_target_view,
    a_volume,
    standing_of,
)
from tests.datamotion.policy.plans import (
    LOST,
    LYON_TOOK_OVER,
    a_broken,
    a_served,
    doubts,
    failed_over,
    knowing,
    only_doubt,
    seen,
    served_at,
)

AT_HOME, AT_LYON, AT_NICE = (CopyId(backend.name, "vol_1") for backend in (HOME, LYON, NICE))
BEGUN = (a_claim(), a_claim(LYON, 2, served=False))
PARTIAL = (a_claim(), a_claim(LYON, 2, partial=True))
TWICE = (a_claim(LYON, 2), a_claim(NICE, 2))

# -- which copy


def test_the_newest_claim_counts_wherever_it_was_seen() -> None:
    view = failed_over(lyon=served_at(LYON, "vol_1", claims=()), paris=seen()["paris"])
    standing = standing_of(view)
    assert standing.active == {"vol_1": AT_LYON}
    assert [(each.epoch, each.backend, set(each.at)) for each in standing.claims] == [
        (2, "gold-lyon", {"gold-nice"}),
        (1, "gold-paris", {"gold-paris", "gold-nice"}),
    ]
    assert standing.next_epoch == 3


def test_a_site_that_comes_back_counts_as_much_as_any_other() -> None:
    paris = a_cluster_view(HOME, [a_volume()], claims=(*LYON_TOOK_OVER, a_claim(NICE, 7)))
    assert standing_of(failed_over(paris=paris)).next_epoch == 8


def test_a_claim_is_served_once_one_site_says_so_and_partial_once_one_does() -> None:
    lyon, nice = a_claim(LYON, 2, served=False), a_claim(LYON, 2, partial=True)
    view = failed_over(lyon=served_at(LYON, "vol_1", claims=(lyon,)), nice=knowing(a_cluster_view(NICE), NICE, nice))
    claim = standing_of(view).claims[0]
    assert (claim.served, claim.claim.partial) == (NOON - timedelta(days=1), True)


def test_what_a_claim_was_not_carried_out_for_is_served_as_before() -> None:
    lyon = knowing(a_target_view(LYON, "vol_1", state=MirrorState.PAUSED), LYON, *BEGUN)
    standing = standing_of(seen(lyon=lyon))
    assert standing.active == {"vol_1": AT_HOME}
    assert doubts(standing) == [("unfinished claim", "gold-lyon", None)]
    assert "claimed in epoch 2 by process 7 on host, at 2031-05-03 12:00:00 UTC" in standing.doubts[0].text


def test_an_unfinished_claim_serves_what_it_was_carried_out_for() -> None:
    lyon = a_cluster_view(LYON, [a_served(), a_volume("vol_2", LYON)], [a_broken(), a_mirror("vol_2")], claims=BEGUN)
    standing = standing_of(seen("vol_1", "vol_2", lyon=lyon))
    assert standing.active == {"vol_1": AT_LYON, "vol_2": CopyId("gold-paris", "vol_2")}


def test_a_partial_claim_is_about_what_its_epoch_is_marked_in() -> None:
    names = ("vol_1", "vol_2", "vol_3")
    volumes = [
        a_served(comment=a_mark(epoch=2)),
        a_served("vol_2", comment=a_mark("vol_2", epoch=1)),
        a_served("vol_3"),
    ]
    lyon = a_cluster_view(LYON, volumes, [a_broken(name) for name in names], claims=PARTIAL)
    standing = standing_of(seen(*names, lyon=lyon))
    assert [standing.active[name] for name in names] == [
        AT_LYON,
        CopyId("gold-paris", "vol_2"),
        CopyId("gold-paris", "vol_3"),
    ]
    assert [standing.copies[CopyId("gold-lyon", name)].role for name in names] == [
        Role.ACTIVE,
        Role.BROKEN,
        Role.BROKEN,
    ]


def test_a_back_end_that_is_not_seen_is_believed_if_it_was_seen_to_serve() -> None:
    assert standing_of(failed_over(lyon=LOST)).active == {"vol_1": AT_LYON}
    assert standing_of(failed_over(lyon=LOST, claims=BEGUN)).active == {"vol_1": None}


def test_an_svm_that_is_gone_is_not_seen_either() -> None:
    assert standing_of(failed_over(lyon=a_cluster_view(LYON, svms=()))).active == {"vol_1": AT_LYON}


def test_which_part_a_back_end_serves_that_is_not_seen_nobody_can_tell() -> None:
    view = failed_over(lyon=LOST, claims=PARTIAL)
    assert standing_of(view).active == {"vol_1": None}
    doubt = only_doubt(view)
    assert (doubt.kind, doubt.backend, doubt.volume) == ("unseen claim", "gold-lyon", "vol_1")
    assert "no route to host" in doubt.text


@pytest.mark.parametrize(
    ("lyon", "kind", "evidence"),
    [
        (a_cluster_view(LYON, claims=LYON_TOOK_OVER), "vanished", "has no copy of it"),
        (
            a_cluster_view(LYON, [a_volume(backend=LYON)], [a_mirror()], claims=LYON_TOOK_OVER),
            "serves and receives",
            "has a copy that cannot be written (its relationship is snapmirrored)",
        ),
        (
            a_cluster_view(LYON, [a_volume(backend=LYON)], claims=LYON_TOOK_OVER),
            "serves and receives",
            "has a copy that cannot be written (it is of type dp)",
        ),
        (
            a_cluster_view(LYON, [a_served()], [a_mirror()], claims=LYON_TOOK_OVER),
            "serves and receives",
            "has a copy that cannot be written (its relationship is snapmirrored)",
        ),
    ],
)
def test_a_served_copy_that_is_gone_or_receives_leaves_it_open_who_serves(
    lyon: object, kind: str, evidence: str
) -> None:
    paris = a_cluster_view(HOME, [a_volume(path=None, export=FENCE)], claims=LYON_TOOK_OVER)
    view = failed_over(lyon=lyon, paris=paris)  # type: ignore[arg-type]
    assert standing_of(view).active == {"vol_1": None}
    doubt = next(each for each in standing_of(view).doubts if each.kind != "nothing selected")
    assert (doubt.kind, doubt.backend, doubt.volume) == (kind, "gold-lyon", "vol_1")
    assert f"serves gold since 2031-05-03 12:00 UTC (epoch 2) and {evidence}" in doubt.text
    assert "settle gold --keep" in (doubt.hint or "")


def test_a_volume_that_a_partial_claim_was_not_about_is_served_as_before_though_it_is_not_there() -> None:
    view = failed_over(lyon=a_cluster_view(LYON, claims=PARTIAL))
    assert standing_of(view).active == {"vol_1": AT_HOME}


# -- two


def test_two_of_one_epoch_that_both_hold_a_writable_copy_are_told_with_evidence() -> None:
    view = failed_over(claims=(a_claim(), *TWICE), nice=served_at(NICE, "vol_1", claims=(a_claim(), *TWICE)))
    standing = standing_of(view)
    assert standing.active == {"vol_1": None}
    assert doubts(standing) == [("two serve", "gold-lyon", None), ("two serve", None, "vol_1")]
    assert (
        "gold was taken over for gold-lyon (epoch 2, by process 7 on host) and for gold-nice" in standing.doubts[0].text
    )
    assert (
        "vol_1 is served twice in epoch 2: gold-lyon, since 2031-05-03 12:00:00 UTC, holds" in standing.doubts[1].text
    )


# Lyon took over and gave back; nice, which had heard of neither, took over from the first epoch.
_BACK = (a_claim(LYON, 2, after=frozenset({a_claim().key})), a_claim(HOME, 3, after=frozenset({a_claim(LYON, 2).key})))
_APART = a_claim(NICE, 2, after=frozenset({a_claim().key}))


def test_a_lower_epoch_whose_taker_was_not_seen_by_the_newest_is_its_rival() -> None:
    nice = served_at(NICE, "vol_1", claims=(a_claim(), _APART))
    paris = a_cluster_view(HOME, [a_volume()], claims=(a_claim(), *_BACK))
    standing = standing_of(seen(paris=paris, nice=nice))
    assert [(each.epoch, each.backend) for each in standing.contenders] == [(3, "gold-paris"), (2, "gold-nice")]
    assert standing.active == {"vol_1": None}
    assert "vol_1 is served twice in epochs 2 and 3" in standing.doubts[1].text
    assert [standing.copies[each].role for each in (AT_HOME, AT_NICE)] == [Role.UNCLEAR, Role.UNCLEAR]


def test_who_took_over_in_the_knowledge_of_both_has_overtaken_both() -> None:
    known = (a_claim(), *_BACK, _APART)
    settled = a_claim(LYON, 4, after=frozenset({_BACK[1].key, _APART.key}))
    nice = served_at(NICE, "vol_1", claims=(*known, settled))
    view = failed_over(lyon=served_at(LYON, "vol_1", claims=(*known, settled)), nice=nice)
    standing = standing_of(view)
    assert standing.active == {"vol_1": AT_LYON}
    assert [standing.copies[each].role for each in (AT_HOME, AT_NICE)] == [Role.OVERTAKEN, Role.OVERTAKEN]


def test_a_new_claim_names_all_that_none_is_after_yet() -> None:
    nice = served_at(NICE, "vol_1", claims=(a_claim(), _APART))
    standing = standing_of(seen(paris=a_cluster_view(HOME, [a_volume()], claims=(a_claim(), *_BACK)), nice=nice))
    assert standing.newest == {_BACK[1].key, _APART.key}


def test_what_both_overtook_is_overtaken_and_they_are_not() -> None:
    view = failed_over(claims=(a_claim(), *TWICE), nice=served_at(NICE, "vol_1", claims=(a_claim(), *TWICE)))
    copies = standing_of(view).copies
    assert [copies[each].role for each in (AT_HOME, AT_LYON, AT_NICE)] == [Role.OVERTAKEN, Role.UNCLEAR, Role.UNCLEAR]


def test_of_two_of_one_epoch_one_that_is_not_seen_may_serve_as_well() -> None:
    view = failed_over(claims=(a_claim(), *TWICE), nice=LOST)
    standing = standing_of(view)
    assert standing.active == {"vol_1": None}
    assert "gold-nice, since 2031-05-03 12:00:00 UTC, served when it was last seen" in standing.doubts[1].text


def test_of_two_of_one_epoch_the_one_with_a_writable_copy_serves_it() -> None:
    standing = standing_of(failed_over(claims=(a_claim(), *TWICE)))
    assert standing.active == {"vol_1": AT_LYON}
    assert doubts(standing) == [("two serve", "gold-lyon", None)]


# -- what cannot be told


def test_a_claim_that_cannot_be_read_takes_its_epoch_all_the_same() -> None:
    lyon = a_target_view(LYON, "vol_1")
    broken = replace(a_claim_policy(a_claim(LYON, 4), LYON), comment="do not touch")
    view = seen(lyon=replace(lyon, policies=(*lyon.policies, broken)))
    standing = standing_of(view)
    assert (standing.next_epoch, standing.unreadable) == (5, frozenset({4}))
    assert doubts(standing) == [("unreadable claim", "gold-lyon", None)]
    assert "the claim of epoch 4 at gold-lyon (policy datamotion_gold_4) does not say who took it: 'do not touch'" in (
        standing.doubts[0].text
    )
    assert standing.doubts[0].hint == "datamotion settle gold --keep BACKEND says who serves"


def test_a_claim_that_cannot_be_read_is_history_once_a_later_one_was_served() -> None:
    lyon = served_at(LYON, "vol_1")
    broken = replace(a_claim_policy(a_claim(), LYON), comment="")
    lyon = replace(lyon, policies=(*(each for each in lyon.policies if not each.name.endswith("_1")), broken))
    assert doubts(standing_of(failed_over(lyon=lyon))) == []


@pytest.mark.parametrize("scope", [None, "svm_other"])
def test_a_policy_of_a_claims_name_in_another_scope_is_none(scope: str | None) -> None:
    lyon = a_target_view(LYON, "vol_1")
    other = replace(a_claim_policy(a_claim(LYON, 4), LYON), svm=scope)
    assert standing_of(seen(lyon=replace(lyon, policies=(*lyon.policies, other)))).next_epoch == 2


def test_marks_without_any_claim_are_said() -> None:
    view = seen(
        paris=a_cluster_view(HOME, [a_volume()], claims=()),
        lyon=knowing(a_target_view(LYON, "vol_1"), LYON),
        nice=knowing(a_target_view(NICE, "vol_1"), NICE),
    )
    standing = standing_of(view)
    assert (standing.active, standing.is_fresh) == ({"vol_1": None}, False)
    assert doubts(standing) == [("unclaimed", None, None)]


# -- roles


@pytest.mark.parametrize(
    ("volume", "role"),
    [
        (a_volume(), Role.OVERTAKEN),
        (a_volume(path=None), Role.OVERTAKEN),
        (a_volume(export=FENCE), Role.OVERTAKEN),
        (a_volume(path=None, export=FENCE), Role.FENCED),
        (a_volume(path=None, export=None), Role.FENCED),
        (a_volume(comment=""), Role.OVERTAKEN),
        (a_volume(type=VolumeType.DP), Role.DETACHED),
    ],
)
def test_what_the_home_is_once_lyon_serves(volume: object, role: Role) -> None:
    paris = a_cluster_view(HOME, [volume], claims=LYON_TOOK_OVER)  # type: ignore[list-item]
    assert standing_of(failed_over(paris=paris)).copies[AT_HOME].role is role


@pytest.mark.parametrize(
    ("volume", "mirror", "role"),
    [
        (a_volume(backend=LYON), a_mirror(), Role.MIRROR),
        (a_volume(backend=LYON), a_mirror(state=MirrorState.UNINITIALIZED), Role.MIRROR),
        (a_volume(backend=LYON), None, Role.DETACHED),
        (a_volume(backend=LYON), a_broken(), Role.DETACHED),
        (a_served(), a_broken(), Role.BROKEN),
        (a_served(), None, Role.BROKEN),
        (a_served(path=None, export=None), None, Role.BROKEN),
        (a_served(path=None, export=FENCE), None, Role.FENCED),
    ],
)
def test_what_a_target_is_that_never_claimed_anything(volume: object, mirror: object, role: Role) -> None:
    lyon = a_cluster_view(LYON, [volume], [mirror] if mirror else [])  # type: ignore[list-item]
    assert standing_of(seen(lyon=lyon)).copies[AT_LYON].role is role


def test_a_copy_is_overtaken_only_where_another_one_was_seen_to_be_taken_over() -> None:
    copies = standing_of(failed_over(lyon=a_cluster_view(LYON, claims=LYON_TOOK_OVER))).copies
    assert copies[AT_HOME].role is Role.UNCLEAR


def test_a_served_copy_needs_no_relationship() -> None:
    standing = standing_of(failed_over(lyon=a_cluster_view(LYON, [a_served()], claims=LYON_TOOK_OVER)))
    assert standing.copies[AT_LYON].role is Role.ACTIVE
    assert doubts(standing) == []


def test_a_stopped_svm_was_seen() -> None:
    stopped = replace(
        served_at(LYON, "vol_1"), svms=(Svm(uuid="lyon/svm_gold_dr", name="svm_gold_dr", state="stopped"),)
    )
    assert standing_of(failed_over(lyon=stopped)).active == {"vol_1": AT_LYON}


def test_a_claim_that_lost_is_forgotten_once_its_mirrors_are_seen_to_be_mirrors_still() -> None:
    won, lost = a_claim(LYON, 2), a_claim(NICE, 2, served=False)
    lyon = a_cluster_view(
        LYON,
        [a_volume(backend=LYON, type=VolumeType.RW, path="/vol_1")],
        [a_mirror(state=MirrorState.BROKEN_OFF)],
        claims=[a_claim(), won],
    )
    mirrors = ([a_volume(backend=NICE)], [a_mirror(backend=NICE)])
    view = seen(lyon=lyon)
    view["nice"] = a_cluster_view(NICE, *mirrors, claims=[a_claim(), lost])
    standing = standing_of(view)
    assert [each.backend for each in standing.claims] == ["gold-lyon", "gold-paris"]
    assert not [doubt for doubt in standing.doubts if doubt.kind in (DoubtKind.TWO_SERVE, DoubtKind.UNFINISHED_CLAIM)]
    broken = ([a_volume(backend=NICE, type=VolumeType.RW)], [a_mirror(backend=NICE, state=MirrorState.BROKEN_OFF)])
    view["nice"] = a_cluster_view(NICE, *broken, claims=[a_claim(), lost])
    assert DoubtKind.TWO_SERVE in {doubt.kind for doubt in standing_of(view).doubts}


def test_one_that_is_noted_as_frozen_and_that_clients_can_come_to_is_not_said_to_keep_them_away() -> None:
    comment = a_mark(frozen="datamotion_last.2")
    for path, export, text in (
        (None, FENCE, "is frozen, its clients cannot write"),
        ("/vol_1", "default", "is noted as frozen and clients can come to it"),
    ):
        view = seen(paris=a_cluster_view(HOME, [a_volume(comment=comment, path=path, export=export)]))
        (doubt,) = standing_of(view).doubts
        assert (doubt.kind, text in doubt.text) == (DoubtKind.FROZEN, True), doubt.text
