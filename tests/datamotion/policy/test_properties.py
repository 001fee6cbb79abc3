"""What holds for every plan, whatever the clusters show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datamotion.model.acts import Act
from datamotion.model.mirror_acts import (
    AbortTransfer,
    AwaitIdle,
    AwaitTransfer,
    Break,
    CreateRelationship,
    Initialize,
    Pause,
    Resume,
    Resync,
)
from datamotion.model.peering_acts import AcceptSvmPeer, PeerSvms
from datamotion.model.plan import Plan
from datamotion.model.serving_acts import ConfirmClaim, ModifyQtree, TakeEpoch
from datamotion.model.standing import Standing
from datamotion.model.view import ClusterView, Unseen
from datamotion.model.volume_acts import CreateVolume, ModifyVolume
from datamotion.model.words import Operation, Role
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.failover.settle import settle_planner
from datamotion.policy.mirrors.abort import abort_planner
from datamotion.policy.mirrors.breaking import break_planner
from datamotion.policy.mirrors.pause import pause_planner, resume_planner
from datamotion.policy.mirrors.resync import resync_planner
from datamotion.policy.mirrors.update import update_planner
from datamotion.policy.protect.protect import protect_planner
from datamotion.policy.removal.unprotect import unprotect_planner
from datamotion.policy.selection import Selection
from datamotion.policy.situation import Planner
from tests.datamotion.building import BACKENDS, LYON, NICE, a_group, acts, notes_of, planned, standing_of
from tests.datamotion.policy.worlds import NAMES, World, broken_worlds, spoiled, worlds
from tests.datamotion.simulation import after, transfers_ended

View = Mapping[str, ClusterView | Unseen]
BOTH = a_group(LYON, NICE)
BY_NAME = {backend.name: backend for backend in BACKENDS}
CHOICES = st.builds(
    FailoverChoice,
    to=st.none() | st.sampled_from(sorted(BY_NAME)),
    allow_partial=st.booleans(),
    overrule=st.none() | st.sampled_from(sorted(BY_NAME)),
)
SERVING = CHOICES.map(lambda choice: failover_planner(BOTH, choice)) | st.sampled_from(
    [settle_planner(BOTH, name) for name in BY_NAME]
)
SELECTIONS = st.builds(
    Selection, volumes=st.sampled_from([(), ("vol_1",), NAMES]), at=st.none() | st.sampled_from(sorted(BY_NAME))
)
AT = SELECTIONS.filter(lambda it: it.at is not None)
PAUSING = SELECTIONS.map(lambda it: pause_planner(BOTH, it, reason="new shelf", timeout=timedelta(hours=1)))
RESUMING = SELECTIONS.map(lambda it: resume_planner(BOTH, it))
BREAKING = AT.map(lambda it: break_planner(BOTH, it))
RESYNCING = st.builds(lambda it, discard: resync_planner(BOTH, it, discard=discard), AT, st.booleans())
MIRRORS = PAUSING | RESUMING | SELECTIONS.map(lambda it: abort_planner(BOTH, it)) | BREAKING | RESYNCING
OTHERS = st.sampled_from([protect_planner(BOTH), update_planner(BOTH), unprotect_planner(BOTH, ["vol_1"])])
ANY = SERVING | OTHERS | MIRRORS


BROKEN = spoiled(broken_worlds()) | broken_worlds().map(World.show)
VERBS = (Operation.PAUSE, Operation.ABORT, Operation.BREAK)


def known_uuids(view: View) -> set[str]:
    """Everything that an act may name, as it is seen."""
    return {
        uuid
        for seen in view.values()
        if isinstance(seen, ClusterView)
        for uuid in (
            *(each.uuid for each in seen.volumes),
            *(each.uuid for each in seen.relationships),
            *(each.uuid for each in seen.policies),
            *(each.uuid for each in seen.svm_peers),
            *(each.transfer.uuid for each in seen.relationships if each.transfer and each.transfer.uuid),
        )
    }


def named(act: Act) -> Iterator[str | None]:
    for each in fields(act.change):
        if each.name in ("uuid", "relationship_uuid", "transfer_uuid", "volume_uuid"):
            yield getattr(act.change, each.name)


@given(spoiled(), ANY)
def test_every_act_names_what_exists_or_what_an_earlier_one_makes(view: View, planner: Planner) -> None:
    plan, uuids = planned(planner, standing_of(view, BOTH)), known_uuids(view)
    made: set[tuple[str, str | None, type]] = set()
    for act in acts(plan):
        for uuid in named(act):
            if isinstance(act.change, ConfirmClaim) and uuid == "":
                assert (act.cluster, act.volume, TakeEpoch) in made
            elif isinstance(act.change, AcceptSvmPeer) and uuid is None:
                assert (BY_NAME[act.backend].cluster, None, PeerSvms) in made or asked_before(view, act)
            elif uuid is None and isinstance(act.change, Initialize | AwaitTransfer):
                assert (act.cluster, act.volume, CreateRelationship) in made
            elif uuid is not None:
                assert uuid in uuids
        if isinstance(act.change, CreateRelationship):
            there = {(each.svm, each.name) for each in seen_at(view, act.cluster).volumes}
            place = (act.change.destination.svm, act.change.destination.volume)
            assert place in there or (act.cluster, act.volume, CreateVolume) in made
        made.add((act.cluster, act.volume, type(act.change)))


def asked_before(view: View, act: Act) -> bool:
    return any(peer.state == "initiated" for peer in seen_at(view, BY_NAME[act.backend].cluster).svm_peers)


def seen_at(view: View, cluster: str) -> ClusterView:
    seen = view[cluster]
    assert isinstance(seen, ClusterView)
    return seen


@given(spoiled() | BROKEN, ANY)
def test_no_copy_that_can_be_written_is_ever_written_over(view: View, planner: Planner) -> None:
    standing = standing_of(view, BOTH)
    writable = {copy.id for copy in standing.copies.values() if copy.is_writable}
    writable |= {copy.id for copy in standing.copies.values() if copy.role is Role.UNCLEAR}
    harmless: tuple[type, ...] = (ModifyVolume, ModifyQtree)
    plan = planned(planner, standing)
    given_up = {(loss.given_up_at, loss.volume) for loss in plan.losses if loss.backend == loss.given_up_at}
    for act in acts(plan):
        if plan.operation is Operation.ABORT and (act.backend, act.volume) in writable:
            assert isinstance(act.change, AbortTransfer)  # of a resync, before it shows
        elif plan.operation is Operation.RESYNC and (act.backend, act.volume) in writable:
            assert (act.backend, act.volume) in given_up
        elif (act.backend, act.volume) in writable:
            assert isinstance(act.change, harmless)


@settings(deadline=None, max_examples=80)
@given(broken_worlds().map(World.show), RESYNCING)
def test_nothing_is_resynced_but_what_follows_the_copy_that_serves_in_sight(view: View, planner: Planner) -> None:
    standing = standing_of(view, BOTH)
    for act in acts(planned(planner, standing)):
        if isinstance(act.change, Resync):
            copy, active = standing.copy(act.backend, act.volume or ""), standing.active[act.volume or ""]
            assert copy is not None
            assert active is not None
            assert standing.copies[active].is_online
            assert (copy.edge and copy.edge.source, copy.role is Role.OVERTAKEN) == (active, False)


@given(BROKEN, OTHERS | SERVING | PAUSING | RESUMING | BREAKING)
def test_no_other_command_resyncs(view: View, planner: Planner) -> None:
    assert not any(isinstance(act.change, Resync) for act in acts(planned(planner, standing_of(view, BOTH))))


@given(spoiled(), ANY)
def test_only_the_leg_that_is_chosen_is_broken_off(view: View, planner: Planner) -> None:
    plan = planned(planner, standing_of(view, BOTH))
    for act in acts(plan):
        if isinstance(act.change, Break):
            assert plan.operation in (Operation.BREAK, Operation.FAILOVER)
            assert plan.backend in (None, act.backend)
        elif isinstance(act.change, Pause | AbortTransfer) and plan.operation not in VERBS:
            assert (act.backend, plan.operation) == (plan.backend, Operation.FAILOVER)
    assert plan.operation is not Operation.BREAK or len({act.backend for act in acts(plan)}) <= 1


@given(spoiled(), ANY)
def test_every_site_is_asked_for_one_claim_before_anything_is_broken_off(view: View, planner: Planner) -> None:
    plan = planned(planner, standing_of(view, BOTH))
    kinds = [type(act.change) for act in acts(plan)]
    if Break in kinds and plan.operation is not Operation.BREAK:
        standing = standing_of(view, BOTH)
        taken = {act.cluster for act in acts(plan)[: kinds.index(Break)] if isinstance(act.change, TakeEpoch)}
        told = {
            at for each in standing.claims if (each.epoch, each.backend) == (plan.epoch, plan.backend) for at in each.at
        }
        assert {name for name, site in standing.sites.items() if site.svm} == told | {
            name for name in BY_NAME if BY_NAME[name].cluster in taken
        }
    assert len({act.change.claim for act in acts(plan) if isinstance(act.change, TakeEpoch)}) <= 1


@given(spoiled(), ANY)
def test_a_new_epoch_was_never_given_as_far_as_can_be_seen(view: View, planner: Planner) -> None:
    standing = standing_of(view, BOTH)
    for act in acts(planned(planner, standing)):
        if isinstance(act.change, TakeEpoch):
            known = {(each.epoch, each.backend) for each in standing.claims}
            claim = act.change.claim
            assert (claim.epoch, claim.backend) in known or claim.epoch > max(standing.epochs, default=0)


@given(spoiled())
def test_at_most_one_copy_of_a_volume_is_active(view: View) -> None:
    standing = standing_of(view, BOTH)
    for volume in standing.volumes:
        active = [copy.id for copy in standing.copies_of(volume) if copy.role is Role.ACTIVE]
        assert len(active) <= 1
        assert active in ([], [standing.active[volume]])


@given(spoiled())
def test_a_member_that_any_copy_tells_is_one(view: View) -> None:
    standing = standing_of(view, BOTH)
    for seen in view.values():
        if isinstance(seen, ClusterView):
            for volume in seen.volumes:
                for name in NAMES:
                    if f"volume={name} " in volume.comment and not volume.is_clone:
                        assert name in standing.volumes
    assert {copy.id.volume for copy in standing.copies.values()} <= set(standing.volumes)


WHOLE = Selection()
OF_ALL = [
    protect_planner(BOTH),
    update_planner(BOTH),
    pause_planner(BOTH, WHOLE, reason=None, timeout=timedelta(hours=1)),
    resume_planner(BOTH, WHOLE),
    abort_planner(BOTH, WHOLE),
]


@given(spoiled(), SERVING | st.sampled_from(OF_ALL))
def test_every_member_is_in_every_plan(view: View, planner: Planner) -> None:
    standing = standing_of(view, BOTH)
    plan = planned(planner, standing)
    if plan.refused is None:
        for volume in standing.volumes:
            assert volume in mentioned(plan, standing), volume


def mentioned(plan: Plan, standing: Standing) -> set[str]:
    """Volumes of which a plan says something: by an act, a refusal, a loss, that they hold, or a note."""
    found = {act.volume for act in acts(plan)} | {each.volume for each in plan.refusals} | {v for _, v in plan.holds}
    found |= {each.volume for each in plan.losses}  # of what is kept as it is, that is all there is to say
    for each in plan.refusals:
        if each.volume is None:  # about all that a back end has to do with
            found |= {copy.id.volume for copy in standing.copies.values() if copy.id.backend == each.backend}
            found |= {volume for volume, active in standing.active.items() if active}
    found |= {volume for volume in standing.volumes for note in notes_of(plan) if volume in note}
    return {volume for volume in found if volume}


@given(spoiled(), ANY)
def test_a_plan_that_is_refused_as_a_whole_has_no_steps(view: View, planner: Planner) -> None:
    plan = planned(planner, standing_of(view, BOTH))
    assert plan.refused is None or (plan.steps, plan.losses) == ((), ())


@given(spoiled(), ANY)
def test_what_an_act_is_remembered_by_is_its_own(view: View, planner: Planner) -> None:
    ids = [act.id for act in acts(planned(planner, standing_of(view, BOTH)))]
    assert len(ids) == len(set(ids))


@given(spoiled(), ANY)
def test_what_is_refused_or_due_is_not_said_to_hold(view: View, planner: Planner) -> None:
    plan = planned(planner, standing_of(view, BOTH))
    asked = CreateVolume | Initialize | Break | Pause | Resume | Resync | AbortTransfer
    due = {act.subject for act in acts(plan) if act.volume and isinstance(act.change, asked)}
    assert not due & plan.holds


# -- the oracle


@given(worlds())
def test_who_serves_is_never_taken_for_another_one_where_everything_is_seen(world: World) -> None:
    standing = standing_of(world.show(), BOTH)
    for name in NAMES:
        active = standing.active[name]
        if active is not None:
            assert active.backend == world.serving[name].name


@given(worlds(), CHOICES, st.sets(st.sampled_from(BACKENDS), max_size=2))
def test_what_serving_another_copy_gives_up_is_stated_and_never_understated(
    world: World, choice: FailoverChoice, unseen: set[object]
) -> None:
    shown: dict[str, ClusterView | Unseen] = dict(world.show())
    shown |= {each.cluster: Unseen(reason="no route to host") for each in BACKENDS if each in unseen}
    standing = standing_of(shown, BOTH)
    plan = planned(failover_planner(BOTH, choice), standing)
    given = {each.epoch for told in world.claims.values() for each in told}
    if plan.backend is None or not given <= set(standing.epochs):  # what nobody in sight was told nobody can state
        return
    to = BY_NAME[plan.backend]
    stated = {loss.volume: loss for loss in plan.losses}
    served = {act.volume for act in acts(plan) if act.backend == plan.backend and act.volume}
    for name in served:
        assert name is not None
        lost = world.lost_by(to, name)
        if not lost or standing.active[name] is None:
            continue
        loss = stated[name]
        assert loss.backend == to.name
        if choice.overrule is None:
            assert loss.given_up_at == world.serving[name].name
        assert loss.age is None or loss.age >= world.age(lost), (loss, lost)


@given(broken_worlds(), st.sampled_from(sorted(BY_NAME)))
def test_what_a_resync_gives_up_is_stated_and_never_understated(world: World, at: str) -> None:
    plan = planned(resync_planner(BOTH, Selection(at=at), discard=True), standing_of(world.show(), BOTH))
    stated = {loss.volume: loss for loss in plan.losses}
    for act in acts(plan):
        if isinstance(act.change, Resync):
            copy, name = world.copies[BY_NAME[at], act.volume or ""], act.volume or ""
            lost = copy.writes - world.copies[world.serving[name], name].writes
            loss = stated[name]
            assert (loss.backend, loss.given_up_at) == (at, at)
            assert not lost or loss.age is None or loss.age >= world.age(lost), (loss, lost)


# -- going on


@pytest.mark.parametrize("operation", ["failover", "settle"])
@settings(deadline=None, max_examples=40)
@given(worlds(), st.sampled_from(sorted(BY_NAME)), st.integers(min_value=0, max_value=30))
def test_cut_off_anywhere_it_is_finished_by_the_same_command(operation: str, world: World, to: str, cut: int) -> None:
    choice = FailoverChoice(to=to, allow_partial=True, overrule=None)
    planner = failover_planner(BOTH, choice) if operation == "failover" else settle_planner(BOTH, to)
    first = world.show()
    whole = planned(planner, standing_of(first, BOTH))
    straight = carried_out(first, planner)
    interrupted = carried_out(carried_out(first, planner, at_most=cut), planner)
    assert interrupted == straight
    again = planned(planner, standing_of(straight, BOTH))
    assert again.steps == ()
    assert again.backend == whole.backend, (whole.title, again.refusals)
    if whole.backend is not None:
        assert again.epoch == whole.epoch
        holding = {volume for _, volume in again.holds}
        standing = standing_of(straight, BOTH)
        assert {v for v in holding if v and (standing.active[v] or ("", ""))[0] != to} == set()


@settings(deadline=None, max_examples=60)
@given(broken_worlds(), PAUSING | RESUMING | BREAKING | RESYNCING, st.integers(min_value=0, max_value=12))
def test_cut_off_anywhere_mirrors_end_as_if_it_had_not_been(world: World, planner: Planner, cut: int) -> None:
    first = world.show()
    straight = carried_out(first, planner)
    assert carried_out(carried_out(first, planner, at_most=cut), planner) == straight
    assert planned(planner, standing_of(straight, BOTH)).steps == ()


def carried_out(clusters: Mapping[str, ClusterView], planner: Planner, at_most: int = 60) -> Mapping[str, ClusterView]:
    """As runs that each do one act and are cut off."""
    for _ in range(at_most):
        due = acts(planned(planner, standing_of(clusters, BOTH)))
        if not due:
            return clusters
        done = due[0]
        if isinstance(done.change, AwaitTransfer | AwaitIdle):
            clusters = {**clusters, done.cluster: transfers_ended(clusters[done.cluster])}
        else:
            clusters = after(clusters, done)
    assert at_most < 60, "it comes to no end"
    return clusters
