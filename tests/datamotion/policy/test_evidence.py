"""What it takes to make somebody stop serving: each single thing that can be forged at another site does not suffice.

The home serves, and is mirrored to lyon and nice. Whoever has rights at lyon writes there what they like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from datamotion.model.claim import Claim, Seal
from datamotion.model.group import Backend
from datamotion.model.mirror_acts import Break
from datamotion.model.mirror_records import Policy
from datamotion.model.plan import Plan
from datamotion.model.serving_acts import CloseSessions, ConfirmClaim, ModifyQtree, TakeEpoch
from datamotion.model.standing import DoubtKind
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState, VolumeType
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.failover.settle import settle_planner
from datamotion.policy.mirrors.update import update_planner
from datamotion.policy.protect.protect import protect_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_claim,
    a_claim_policy,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_target_view,
    a_volume,
    acts,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import LOST, knowing, seen, served_at

BOTH = a_group(LYON, NICE)
MIRRORED = a_target_view(LYON, "vol_1")
FORGED = a_claim(LYON, 7, after=frozenset({a_claim().key}))


def claiming(*claims: Claim, **changes: object) -> ClusterView:
    made = tuple(replace(a_claim_policy(each, LYON), **changes) for each in claims)  # type: ignore[arg-type]
    return replace(MIRRORED, policies=(*MIRRORED.policies, *made))


def writable(comment: str, *, mounted: bool = True) -> ClusterView:
    """A volume of somebody's, beside no mirror of ours."""
    path = "/vol_1" if mounted else None
    volume = a_volume(backend=LYON, type=VolumeType.RW, path=path, comment=comment)
    return a_cluster_view(LYON, [volume])


def overwritten(claim: Claim) -> ClusterView:
    """The claim that the home serves, with another comment."""
    policies = (replace(a_claim_policy(a_claim(), LYON), comment=claim.comment),)
    return replace(MIRRORED, policies=(*(each for each in MIRRORED.policies if each.svm is None), *policies))


FORGERIES = {
    "a claim": claiming(FORGED),
    "a claim of an epoch that nobody can have come to": claiming(replace(FORGED, epoch=999_999_999)),
    "a claim of an epoch beyond all counting": claiming(FORGED, name=f"datamotion_gold_{10**40}"),
    "a claim that cannot be read": claiming(FORGED, comment="epoch 7 is mine"),
    "the first claim, given to another": overwritten(a_claim(LYON)),
    "a volume of that name": writable(""),
    "a mark": writable(a_mark()),
    "a mark of a volume that serves": writable(a_mark(epoch=7)),
    "a mark, not mounted": writable(a_mark(), mounted=False),
    "a leg that is broken off": a_cluster_view(
        LYON, [a_volume(backend=LYON, type=VolumeType.RW, path="/vol_1")], [a_mirror(state=MirrorState.BROKEN_OFF)]
    ),
}
each_forgery = pytest.mark.parametrize("lyon", FORGERIES.values(), ids=FORGERIES.keys())


def stops_the_home(plan: Plan) -> Iterator[object]:
    """Acts that keep clients from the home's copy."""
    for act in acts(plan):
        change = act.change
        if act.backend != HOME.name:
            continue
        if isinstance(change, CloseSessions | ModifyQtree | Break):
            yield act
        if isinstance(change, ModifyVolume) and (change.path, change.export) != (None, None):
            yield act


@each_forgery
def test_apply_and_update_leave_the_home_as_it_is(lyon: ClusterView) -> None:
    for planner in (protect_planner(BOTH), update_planner(BOTH)):
        assert not list(stops_the_home(planned(planner, standing_of(seen(lyon=lyon)))))


@each_forgery
def test_it_is_told(lyon: ClusterView) -> None:
    standing = standing_of(seen(lyon=lyon))
    is_told = bool(standing.doubts) or any(copy.role not in ("active", "mirror") for copy in standing.copies.values())
    assert is_told or len(standing.copies) == 2, "a doubt, a copy that is something else, or none where one should be"


@pytest.mark.parametrize(
    "name",
    [
        "a claim",
        "a claim of an epoch that nobody can have come to",
        "a claim of an epoch beyond all counting",
        "a mark",
    ],
)
def test_it_takes_nothing_else_hostage(name: str) -> None:
    standing = standing_of(seen(lyon=FORGERIES[name]))
    assert standing.active["vol_1"] == ("gold-paris", "vol_1")
    update = planned(update_planner(BOTH), standing)
    assert "gold-nice" in {act.backend for act in acts(update)}


@pytest.mark.parametrize("name", ["a claim", "a claim of an epoch that nobody can have come to"])
def test_nor_a_failover_of_a_lost_home(name: str) -> None:
    standing = standing_of(seen(paris=LOST, lyon=FORGERIES[name]))
    plan = planned(failover_planner(BOTH, FailoverChoice(to="gold-nice")), standing)
    assert plan.backend == "gold-nice"
    assert plan.epoch is not None
    assert plan.epoch < 999


def test_a_claim_that_was_made_while_sites_were_looked_at_is_not_set_aside() -> None:
    """Its back end may have been looked at before it served."""
    standing = standing_of(seen(lyon=claiming(replace(FORGED, since=NOON, served=NOON))))
    assert standing.active == {"vol_1": None}
    assert [each.epoch for each in standing.contenders] == [7]


def test_the_epoch_that_follows_is_above_every_claim_that_may_be_one() -> None:
    assert standing_of(seen(lyon=FORGERIES["a claim"])).next_epoch == 8


def test_a_claim_of_a_time_to_come_leaves_the_age_of_what_is_lost_unknown() -> None:
    later = a_claim(LYON, 2, since=a_claim().since.replace(year=2040))
    policies: tuple[Policy, ...] = (a_claim_policy(a_claim(), LYON), a_claim_policy(later, LYON))
    volume = a_volume(backend=LYON, type=VolumeType.RW, path="/vol_1")
    served = a_cluster_view(LYON, [volume], [a_mirror(state=MirrorState.BROKEN_OFF)], policies=policies)
    standing = standing_of(seen(paris=LOST, lyon=served))
    choice = FailoverChoice(to="gold-nice", overrule="gold-lyon")
    (loss,) = planned(failover_planner(BOTH, choice), standing).losses
    assert loss.age is None


# -- with a secret that all share

SEALED = replace(BOTH, seal=Seal("nobody at lyon knows it"))


def sealed(view: ClusterView, backend: Backend, *claims: Claim) -> ClusterView:
    return knowing(view, backend, *(each.sealed(SEALED.seal) for each in claims))


def ours(*lyon: Claim) -> dict[str, ClusterView]:
    """The home serves; lyon holds what is told."""
    shown = {HOME: a_cluster_view(HOME, [a_volume()]), NICE: a_target_view(NICE, "vol_1")}
    others = {backend.cluster: sealed(view, backend, a_claim()) for backend, view in shown.items()}
    return {**others, "lyon": knowing(served_at(LYON, "vol_1"), LYON, *lyon)}


@pytest.mark.parametrize(
    "forged",
    [FORGED, FORGED.sealed(Seal("a guess")), replace(a_claim().sealed(SEALED.seal), epoch=7, backend="gold-lyon")],
)
def test_a_claim_without_the_code_fences_nobody_though_all_else_bears_it_out(forged: Claim) -> None:
    view = ours(a_claim().sealed(SEALED.seal), forged)
    standing = standing_of(view, SEALED)
    doubt = standing.doubts[0]
    assert doubt.kind is DoubtKind.UNSIGNED_CLAIM
    assert "was not made with the secret of gold: it counts for nothing" in doubt.text
    assert "at lyon: snapmirror policy delete -vserver svm_gold_dr -policy datamotion_gold_7" in (doubt.hint or "")
    assert not list(stops_the_home(planned(protect_planner(SEALED), standing)))
    believed = [replace(each.claim, code="") for each in standing.claims]
    assert believed == [a_claim()]


UNSIGNED = {
    "without a code": a_claim_policy(FORGED, LYON),
    "with a guess": a_claim_policy(FORGED.sealed(Seal("a guess")), LYON),
    "with another's code": a_claim_policy(replace(FORGED, code=a_claim().sealed(SEALED.seal).code), LYON),
    "in words that nobody can read": replace(a_claim_policy(FORGED, LYON), comment="epoch 7 is mine"),
    "of the epoch that counts": a_claim_policy(a_claim(LYON), NICE),
}


@pytest.mark.parametrize("policy", UNSIGNED.values(), ids=UNSIGNED.keys())
def test_beside_one_with_the_code_a_claim_without_it_holds_nothing_up(policy: Policy) -> None:
    """Whatever is asked for is as if it were not there, but for its number, which is taken."""
    quiet = {
        HOME.cluster: sealed(a_cluster_view(HOME, [a_volume()]), HOME, a_claim()),
        LYON.cluster: sealed(MIRRORED, LYON, a_claim()),
        NICE.cluster: sealed(a_target_view(NICE, "vol_1"), NICE),
    }
    at = "nice" if policy.svm == NICE.svm and policy.uuid.startswith("nice") else "lyon"
    loud = {**quiet, at: replace(quiet[at], policies=(*quiet[at].policies, policy))}
    standing, before = standing_of(loud, SEALED), standing_of(quiet, SEALED)
    assert [each.kind for each in standing.doubts] == [DoubtKind.UNSIGNED_CLAIM]
    assert standing.active == before.active
    assert standing.claims == before.claims
    assert standing.unreadable == frozenset()
    assert acts(planned(update_planner(SEALED), standing)) == acts(planned(update_planner(SEALED), before))
    assert planned(protect_planner(SEALED), standing).refusals == ()
    for to in ("gold-lyon", "gold-nice"):
        plan = planned(failover_planner(SEALED, FailoverChoice(to=to)), standing_of({**loud, "paris": LOST}, SEALED))
        assert plan.backend == to
        assert plan.epoch is not None
        assert plan.epoch > standing.epochs[-1]


def test_while_no_claim_has_the_code_yet_it_is_said_how_to_make_one() -> None:
    """As when the secret has just been set: nothing is believed, and settling is all that it takes."""
    view = seen()
    standing = standing_of(view, SEALED)
    assert {each.kind for each in standing.doubts} >= {DoubtKind.UNREADABLE_CLAIM}
    hints = {each.hint for each in standing.doubts if each.kind is DoubtKind.UNREADABLE_CLAIM}
    assert hints == {"datamotion settle gold --keep gold-paris makes it anew with the secret, if gold-paris serves"}
    assert planned(update_planner(SEALED), standing).steps == ()
    plan = planned(settle_planner(SEALED, "gold-paris"), standing)
    taken = [act.change.claim for act in acts(plan) if isinstance(act.change, TakeEpoch)]
    assert {claim.epoch for claim in taken} == {2}
    assert all(claim.is_sealed(SEALED.seal) for claim in taken)
    lost = standing_of({**view, "paris": LOST}, SEALED)
    choice = FailoverChoice(to="gold-nice", overrule="gold-paris")
    assert planned(failover_planner(SEALED, choice), lost).backend == "gold-nice"


def test_who_has_no_secret_does_not_believe_claims_that_were_made_with_one() -> None:
    """Theirs would be ignored by all others: two would serve."""
    view = ours(a_claim().sealed(SEALED.seal))
    standing = standing_of({**view, "lyon": sealed(MIRRORED, LYON, a_claim())}, BOTH)
    assert {each.kind for each in standing.doubts} >= {DoubtKind.UNREADABLE_CLAIM}
    assert "set `shared_secret` of gold as the others have it" in (standing.doubts[0].hint or "")
    for planner in (update_planner(BOTH), failover_planner(BOTH, FailoverChoice(to="gold-lyon"))):
        assert planned(planner, standing).steps == ()


def test_a_claim_with_the_code_counts() -> None:
    view = ours(a_claim().sealed(SEALED.seal), FORGED.sealed(SEALED.seal))
    assert list(stops_the_home(planned(protect_planner(SEALED), standing_of(view, SEALED))))


def test_every_claim_that_is_written_has_the_code() -> None:
    view = ours(a_claim().sealed(SEALED.seal), FORGED.sealed(SEALED.seal))
    plans = (
        planned(protect_planner(SEALED), standing_of(view, SEALED)),
        planned(failover_planner(SEALED, FailoverChoice(to="gold-nice")), standing_of({**view, "lyon": LOST}, SEALED)),
    )
    for plan in plans:
        written = [act.change.claim for act in acts(plan) if isinstance(act.change, TakeEpoch | ConfirmClaim)]
        assert written
        assert all(claim.is_sealed(SEALED.seal) and claim.code for claim in written)


def test_the_secret_is_in_nothing_that_is_shown() -> None:
    assert "nobody at lyon" not in repr(SEALED)
