"""Collecting what is left over: only what is seen to be of no use to anybody, each with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.model.claim import Claim, Seal
from datamotion.model.group import Backend, Group
from datamotion.model.mark import without_mark
from datamotion.model.mirror_acts import ReleaseRelationship
from datamotion.model.plan import Plan
from datamotion.model.serving_acts import DeleteClaim
from datamotion.model.standing import FENCE
from datamotion.model.view import Aspect, ClusterView, Unreadable, Unseen
from datamotion.model.volume_acts import RemoveMark
from datamotion.model.volume_records import Volume
from datamotion.model.words import MirrorState, VolumeType
from datamotion.policy.removal.gc import gc_planner
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    BACKENDS,
    HOME,
    LYON,
    NICE,
    a_claim,
    a_claim_policy,
    a_cluster_view,
    a_listing,
    a_mark,
    a_mirror,
    a_peer,
    a_target_view,
    a_volume,
    acts,
    changes,
    notes_of,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import BOTH, LOST
from tests.datamotion.simulation import after_all

Seen = ClusterView | Unseen
CAME_BACK = (a_claim(), a_claim(LYON, 2), a_claim(HOME, 3))


def gc(view: dict[str, Seen], group: Group = BOTH) -> Plan:
    return planned(gc_planner(group, {"gold", "silver"}), standing_of(view, group))


def protected(*claims: Claim, **clusters: Seen) -> dict[str, Seen]:
    """A volume with both mirrors, all of it well; every back end holds these claims."""
    view: dict[str, Seen] = {
        "paris": a_cluster_view(HOME, [a_volume()], destinations=(a_listing(), a_listing(backend=NICE))),
        "lyon": a_target_view(LYON, "vol_1"),
        "nice": a_target_view(NICE, "vol_1"),
    }
    return knowing(view | clusters, *(claims or (a_claim(),)))


def knowing(view: dict[str, Seen], *claims: Claim, but: Backend | None = None) -> dict[str, Seen]:
    told = {each.cluster: a_cluster_view(each, claims=claims).policies for each in BACKENDS if each is not but}
    return {
        name: replace(seen, policies=told[name]) if isinstance(seen, ClusterView) and name in told else seen
        for name, seen in view.items()
    }


def listing(view: dict[str, Seen], **changes: object) -> dict[str, Seen]:
    """The home lists one more mirror, that is so."""
    paris = view["paris"]
    assert isinstance(paris, ClusterView)
    return {**view, "paris": replace(paris, destinations=(*paris.destinations, a_listing(**changes)))}  # type: ignore[arg-type]


def holding(view: dict[str, Seen], cluster: str, *volumes: Volume) -> dict[str, Seen]:
    """That cluster holds these volumes too."""
    seen = view[cluster]
    assert isinstance(seen, ClusterView)
    return {**view, cluster: replace(seen, volumes=(*seen.volumes, *volumes))}


def deleted(plan: Plan) -> set[str]:
    return {each.uuid for each in changes(plan) if isinstance(each, DeleteClaim)}


def told(plan: Plan) -> str:
    return "\n".join([*notes_of(plan), *(each.text for each in plan.refusals)])


def test_where_all_is_well_there_is_nothing_to_collect() -> None:
    plan = gc(protected())
    assert (plan.steps, plan.refusals, notes_of(plan), plan.losses) == ((), (), (), ())


# -- releases


def test_what_is_listed_for_a_relationship_that_is_gone_is_released() -> None:
    view = listing(protected(), uuid="old", destination=replace(a_listing().destination, volume="gone"))
    plan = gc(view)
    assert changes(plan) == [ReleaseRelationship(uuid="old")]
    (act,) = acts(plan)
    assert (act.cluster, act.backend, act.volume) == ("paris", "gold-lyon", "vol_1")
    assert "svm_gold_dr:gone" in act.text
    done = standing_of(after_all(view, act), BOTH)  # type: ignore[arg-type]
    ended = gc_planner(BOTH, {"gold"})(Situation(now=done, first=standing_of(view, BOTH)))
    assert ended.steps == ()
    assert ended.holds == {("gold-lyon", "vol_1")}


@pytest.mark.parametrize(
    "changes",
    [
        {"uuid": "another", "name": "no_member"},
        {"uuid": "another", "destination_svm_uuid": "somebody's"},
    ],
    ids=["of no member", "to somebody else"],
)
def test_what_is_not_the_groups_is_left(changes: dict[str, object]) -> None:
    gone = replace(a_listing().destination, volume="gone")
    assert gc(listing(protected(), **{"destination": gone, **changes})).steps == ()


def test_a_copy_without_its_relationship_can_be_taken_up_again_and_keeps_its_base() -> None:
    lyon = replace(a_target_view(LYON, "vol_1"), relationships=())
    assert not any(isinstance(each, ReleaseRelationship) for each in changes(gc(protected(lyon=lyon))))
    unmarked = replace(lyon, volumes=(replace(lyon.volumes[0], comment=""),))
    assert changes(gc(protected(lyon=unmarked))) == [ReleaseRelationship(uuid="gold-lyon/vol_1/mirror")]


def test_what_was_turned_round_is_forgotten_with_its_snapshots_kept_once_both_ends_follow_who_serves() -> None:
    """Lyon serves, and the home still lists what it mirrored to lyon and nice."""
    claims = (a_claim(), a_claim(LYON, 2))
    owed = (a_listing(uuid="to lyon"), a_listing(backend=NICE, uuid="to nice"))
    home = [a_mirror(backend=HOME, source=LYON)]
    nice = [a_mirror(backend=NICE, source=LYON)]
    peers = [a_peer(NICE, LYON)]
    whole = protected(
        *claims,
        paris=a_cluster_view(HOME, [a_volume(type=VolumeType.DP)], home, destinations=owed),
        lyon=a_cluster_view(LYON, [a_volume(backend=LYON, type=VolumeType.RW)]),
        nice=a_cluster_view(NICE, [a_volume(backend=NICE)], nice, peers=peers),
    )
    released = [each for each in changes(gc(whole)) if isinstance(each, ReleaseRelationship)]
    assert released == [ReleaseRelationship(uuid=each.uuid, keeps_snapshots=True) for each in owed]
    fenced = a_cluster_view(HOME, [a_volume(path=None, export=FENCE)], destinations=owed)
    needed = knowing({**whole, "paris": fenced}, *claims)
    assert [each for each in changes(gc(needed)) if isinstance(each, ReleaseRelationship)] == []


@pytest.mark.parametrize("what", ["unseen", "unreadable"])
def test_what_cannot_be_seen_is_not_gone(what: str) -> None:
    unreadable = Unreadable(reason="no state", svm=LYON.svm, volume="gone", aspect=Aspect.RELATIONSHIPS)
    lyon: Seen = LOST if what == "unseen" else replace(a_target_view(LYON, "vol_1"), unreadable=(unreadable,))
    view = listing(protected(lyon=lyon), uuid="old", destination=replace(a_listing().destination, volume="gone"))
    plan = gc(view)
    assert plan.steps == ()
    if what == "unseen":
        (refusal,) = plan.refusals
        assert (refusal.backend, refusal.because_silent) == ("gold-lyon", True)


# -- claims


def test_claims_that_a_later_one_has_overtaken_for_everybody_go_and_the_newest_stays() -> None:
    plan = gc(protected(*CAME_BACK))
    assert deleted(plan) == {f"{each.name}/datamotion_gold_{epoch}" for each in BACKENDS for epoch in (1, 2)}
    assert all("overtaken by epoch 3" in act.text for act in acts(plan))
    after = standing_of(after_all(protected(*CAME_BACK), *acts(plan)), BOTH)  # type: ignore[arg-type]
    assert [each.epoch for each in after.claims] == [3]
    assert (after.next_epoch, after.active, after.doubts) == (4, standing_of(protected(*CAME_BACK), BOTH).active, ())


OVERTAKEN = a_cluster_view(LYON, [a_volume("vol_1", LYON, type=VolumeType.RW, path="/vol_1")])
FENCED = a_cluster_view(LYON, [a_volume("vol_1", LYON, type=VolumeType.RW, export=FENCE)])
STALE = a_cluster_view(LYON, [a_volume("vol_1", LYON)], [a_mirror(source=NICE)])
EMPTY = a_target_view(LYON, "vol_1", exported_snapshot=None, lag=None)
BROKEN = a_target_view(LYON, "vol_1", state=MirrorState.BROKEN_OFF)


@pytest.mark.parametrize(
    "lyon", [OVERTAKEN, FENCED, STALE, EMPTY, BROKEN], ids=["overtaken", "fenced", "stale", "empty", "broken"]
)
def test_while_a_copy_is_not_a_whole_mirror_of_what_serves_older_claims_tell_what_it_is(lyon: ClusterView) -> None:
    plan = gc(protected(*CAME_BACK, lyon=lyon))
    assert deleted(plan) == set()
    assert "Claims before epoch 3 are left: vol_1 at gold-lyon is" in told(plan)


@pytest.mark.parametrize(
    ("newest", "why"),
    [(a_claim(HOME, 3, served=False), "not seen to be served whole"), (a_claim(HOME, 3, partial=True), "served whole")],
)
def test_a_claim_that_may_not_be_the_last_word_overtakes_none(newest: Claim, why: str) -> None:
    plan = gc(protected(a_claim(), a_claim(LYON, 2), newest))
    assert deleted(plan) == set()
    assert why in told(plan)


def test_a_back_end_that_does_not_know_the_newest_epoch_keeps_all_claims() -> None:
    older = a_cluster_view(NICE, claims=CAME_BACK[:2]).policies
    view = protected(*CAME_BACK)
    nice = view["nice"]
    assert isinstance(nice, ClusterView)
    plan = gc({**view, "nice": replace(nice, policies=older)})
    assert deleted(plan) == set()
    assert "gold-nice does not know epoch 3 yet. datamotion apply gold tells it" in told(plan)


def test_claims_go_only_with_every_back_end_in_sight() -> None:
    plan = gc(protected(*CAME_BACK, nice=LOST))
    assert (deleted(plan), [each.backend for each in plan.refusals]) == (set(), ["gold-nice"])
    assert deleted(gc(protected(*CAME_BACK, nice=replace(a_target_view(NICE, "vol_1"), svms=())))) == set()


def test_two_that_did_not_see_each_other_keep_all_claims() -> None:
    rival = a_claim(NICE, 3, svm="gold-nice")
    view = protected(*CAME_BACK)
    lyon = view["lyon"]
    assert isinstance(lyon, ClusterView)
    rivals = (*lyon.policies[:-1], a_claim_policy(replace(rival, svm=f"{NICE.cluster}/{NICE.svm}"), LYON))
    plan = gc({**view, "lyon": replace(lyon, policies=rivals)})
    assert deleted(plan) == set()


def test_what_was_not_made_with_the_groups_secret_or_cannot_be_read_is_never_deleted() -> None:
    sealed = replace(BOTH, seal=Seal("s3cret"))
    mine = tuple(each.sealed(sealed.seal) for each in CAME_BACK[1:])
    plan = gc(protected(CAME_BACK[0], *mine), sealed)
    assert deleted(plan) == {f"{each.name}/datamotion_gold_2" for each in BACKENDS}
    view = protected(*CAME_BACK)
    nice = view["nice"]
    assert isinstance(nice, ClusterView)
    spoilt = tuple(replace(each, comment="?") if each.name == "datamotion_gold_1" else each for each in nice.policies)
    assert "gold-nice/datamotion_gold_1" not in deleted(gc({**view, "nice": replace(nice, policies=spoilt)}))


def test_where_no_volume_is_marked_any_more_all_claims_go() -> None:
    plain = {
        "paris": a_cluster_view(HOME, [a_volume(comment="")]),
        "lyon": a_cluster_view(LYON, [a_volume("vol_1", LYON, comment="")]),
        "nice": a_cluster_view(NICE),
    }
    plan = gc(knowing(dict(plain), *CAME_BACK))
    assert len(deleted(plan)) == 9
    assert "the next apply begins at its home, gold-paris" in told(plan)
    clone = a_volume("drill", LYON, uuid="clone", is_clone=True)
    kept = {f"{each.name}/datamotion_gold_3" for each in BACKENDS}
    assert not deleted(gc(holding(knowing(dict(plain), *CAME_BACK), "lyon", clone))) & kept, "a clone bears a mark too"
    unreadable = replace(plain["nice"], unreadable=(Unreadable(reason="?", svm=NICE.svm, volume="vol_1"),))
    assert deleted(gc(knowing({**plain, "nice": unreadable}, *CAME_BACK))) == set()


# -- marks of groups that are not configured

TIN = a_volume("tin", comment="kept " + a_mark("t", group="tin"))


def test_a_mark_of_a_group_that_nothing_else_is_left_of_goes() -> None:
    silver = a_volume("silver", comment=a_mark("s", group="silver"))
    plan = gc(holding(protected(), "paris", TIN, silver))
    assert changes(plan) == [RemoveMark(uuid=TIN.uuid, comment="kept")]
    assert "marked as t of tin, which is not in the configuration" in acts(plan)[0].text
    assert without_mark(TIN.comment) == "kept"


CLAIM_OF_TIN = a_claim_policy(a_claim(LYON, 2, group="tin"), LYON)


def claimed(view: dict[str, Seen]) -> dict[str, Seen]:
    lyon = view["lyon"]
    assert isinstance(lyon, ClusterView)
    return {**view, "lyon": replace(lyon, policies=(*lyon.policies, CLAIM_OF_TIN))}


def mirrored_on(view: dict[str, Seen]) -> dict[str, Seen]:
    return listing(view, uuid="others", name="tin")


def a_destination(view: dict[str, Seen]) -> dict[str, Seen]:
    paris = view["paris"]
    assert isinstance(paris, ClusterView)
    return {**view, "paris": replace(paris, relationships=(a_mirror("tin", HOME, source=LYON),))}


def fenced(view: dict[str, Seen]) -> dict[str, Seen]:
    return holding(view, "nice", a_volume("tin", NICE, export=FENCE, comment=a_mark("t", group="tin")))


def one_lost(view: dict[str, Seen]) -> dict[str, Seen]:
    return {**view, "nice": LOST}


@pytest.mark.parametrize(
    ("arrange", "why"),
    [
        (claimed, "gold-lyon holds a claim of it (policy datamotion_tin_2)"),
        (mirrored_on, "a mirror begins or ends at tin of gold-paris"),
        (a_destination, "a mirror begins or ends at tin of gold-paris"),
        (fenced, "tin of gold-nice is fenced"),
        (one_lost, "gold-nice cannot be seen whole"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_group_that_somebody_may_have_in_use_keeps_its_marks(arrange: object, why: str) -> None:
    assert callable(arrange)
    plan = gc(arrange(holding(protected(), "paris", TIN)))
    assert not any(isinstance(each, RemoveMark) for each in changes(plan))
    assert why in told(plan)
