"""Planning to make copies that were broken off mirrors again: only of what serves, and at a loss that is agreed to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from datamotion.model.acts import ActId
from datamotion.model.mirror_acts import AwaitIdle, Resync
from datamotion.model.plan import Plan
from datamotion.model.standing import FENCE
from datamotion.model.view import ClusterView, View
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import MirrorState, Role, TransferState, VolumeState, VolumeType
from datamotion.policy.consent import is_covered
from datamotion.policy.mirrors.resync import newest_common, resync_planner
from datamotion.policy.selection import Selection
from datamotion.policy.situation import Situation
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_claim,
    a_cluster_view,
    a_mark,
    a_mirror,
    a_snapshot,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    kinds,
    notes_of,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import (
    BOTH,
    HOUR,
    LOST,
    LYON_TOOK_OVER,
    a_broken,
    a_served,
    failed_over,
    knowing,
    protect,
    refusals,
    refused,
    seen,
)

UUID = "gold-lyon/vol_1/mirror"
HALF_AN_HOUR = timedelta(minutes=30)
CAME_HOME = (*LYON_TOOK_OVER, a_claim(HOME, 3, since=NOON - 2 * HOUR))
"""Lyon took over a day ago; two hours ago the home took over again."""


def resync(view: View, *volumes: str, at: str = "gold-lyon", discard: bool = True) -> Plan:
    return planned(resync_planner(BOTH, Selection(volumes=volumes, at=at), discard=discard), standing_of(view, BOTH))


def broken(volume: dict[str, Any] | None = None, **mirror: Any) -> ClusterView:
    """Lyon's leg, broken off half an hour after its snapshot, and mounted nowhere."""
    return a_cluster_view(LYON, [a_served(**{"path": None, **(volume or {})})], [a_broken(**mirror)])


def came_home(volume: dict[str, Any] | None = None, **mirror: Any) -> View:
    """The home serves again, and lyon's copy has what it took while it served; fenced, if nothing else is told."""
    lyon = a_served(**{"path": None, "export": FENCE, **(volume or {})})
    relationship = a_broken(**{"lag": timedelta(days=1), **mirror})
    return {
        "paris": a_cluster_view(HOME, [a_volume()], claims=CAME_HOME),
        "lyon": a_cluster_view(LYON, [lyon], [relationship], claims=CAME_HOME),
        "nice": knowing(a_target_view(NICE, "vol_1"), NICE, *CAME_HOME),
    }


def half_resynced(**mirror: Any) -> ClusterView:
    """Lyon's leg after a resync went back to the common snapshot, and before its transfer has ended."""
    return a_cluster_view(LYON, [a_volume(backend=LYON)], [a_broken(**mirror)])


# -- the loss


def test_what_may_hold_writes_of_its_own_is_refused_with_their_age_until_they_are_given_up_by_name() -> None:
    plan = resync(seen(lyon=broken()), discard=False)
    (refusal,) = plan.refusals
    assert (plan.steps, plan.losses, plan.refused) == ((), (), None)
    assert refusal.text == (
        "vol_1 at gold-lyon may hold writes of its own, and a resync gives up all writes at gold-lyon since it was"
        " broken off, 30 min ago at most: how many bytes was not measured"
    )
    assert "--discard gold-lyon gives that up" in (refusal.hint or "")


def test_what_is_given_up_is_a_loss_at_the_copy_itself() -> None:
    plan = resync(seen(lyon=broken()))
    (loss,) = plan.losses
    assert (loss.volume, loss.backend, loss.given_up_at, loss.kept) == ("vol_1", "gold-lyon", "gold-lyon", "snap.1")
    assert loss.age == HALF_AN_HOUR
    assert kinds(plan) == ["Resync", "AwaitIdle"]
    assert acts(plan)[0].text == "vol_1: svm_gold:vol_1 -> svm_gold_dr:vol_1, back to snap.1 or an older one"
    assert is_covered(resync(seen(lyon=broken(lag=HOUR))).losses[0], plan.losses)


def test_what_is_given_up_is_told_in_bytes_where_it_was_measured() -> None:
    held = {"snapshots": (a_snapshot("common"),)}
    lyon = replace(broken(), snapshots=(a_snapshot("common", backend=LYON), a_snapshot("own", backend=LYON)))
    view = seen(paris=a_cluster_view(HOME, [a_volume()], **held), lyon=lyon)  # type: ignore[arg-type]
    ((backend, (base,)),) = newest_common(standing_of(view, BOTH), Selection(at="gold-lyon")).items()
    assert (backend, base.name) == ("gold-lyon", "common")
    assert newest_common(standing_of(view, BOTH), Selection(at="gold-lyon", volumes=("vol_2",))) == {}
    planner = resync_planner(BOTH, Selection(at="gold-lyon"), discard=True, sizes={(backend, base.uuid): 8192})
    (loss,) = planned(planner, standing_of(view, BOTH)).losses
    assert (loss.size_bytes, "8 KiB of changed blocks" in loss.text) == (8192, True)


def test_a_loss_of_which_nobody_knows_how_large_it_is_comes_first() -> None:
    lyon = a_cluster_view(
        LYON,
        [a_served(name, path=None) for name in ("vol_1", "vol_2")],
        [a_broken(), a_broken("vol_2", lag=None)],
    )
    losses = resync(seen("vol_1", "vol_2", lyon=lyon)).losses
    assert [(loss.volume, loss.age) for loss in losses] == [("vol_2", None), ("vol_1", HALF_AN_HOUR)]


def test_where_a_third_back_end_served_since_its_snapshot_was_made_nobody_knows_how_much_it_is() -> None:
    """The source may have gone back to an older one meanwhile."""
    claims = (*LYON_TOOK_OVER, a_claim(NICE, 3, since=NOON - 3 * HOUR), a_claim(HOME, 4, since=NOON - HOUR))
    view = {
        "paris": a_cluster_view(HOME, [a_volume()], claims=claims),
        "lyon": knowing(broken({"export": FENCE}, lag=2 * HOUR), LYON, *claims),
        "nice": knowing(a_target_view(NICE, "vol_1"), NICE, *claims),
    }
    assert resync(view).losses[0].age == 2 * HOUR
    view["lyon"] = knowing(broken({"export": FENCE}, lag=4 * HOUR), LYON, *claims)
    (loss,) = resync(view).losses
    assert (loss.age, "and whatever else it holds that gold-paris does not" in loss.text) == (None, True)


def test_a_relationship_that_never_carried_anything_tells_no_age() -> None:
    (loss,) = resync(seen(lyon=broken(exported_snapshot=None))).losses
    assert (loss.age, loss.kept) == (None, None)
    assert "whatever else it holds that gold-paris does not" in loss.text


def test_a_fenced_copy_loses_all_that_it_took_since_its_back_end_took_over() -> None:
    plan = resync(came_home())
    (loss,) = plan.losses
    assert "all writes at gold-lyon since 2031-05-03 12:00 UTC, when it took over" in loss.text
    assert loss.age == timedelta(days=1)
    assert notes_of(plan) == ("vol_1: the fence stays until it is served again.",)
    assert kinds(plan) == ["Resync", "AwaitIdle"], "nothing is unfenced"


def test_of_several_turns_the_first_since_its_snapshot_counts() -> None:
    claims = (
        a_claim(since=NOON - timedelta(days=9)),
        a_claim(LYON, 2, since=NOON - timedelta(days=5)),
        a_claim(HOME, 3, since=NOON - timedelta(days=4)),
        a_claim(LYON, 4, since=NOON - timedelta(days=2)),
        a_claim(HOME, 5, since=NOON - HOUR),
    )
    view = dict(came_home(lag=timedelta(days=3)))
    for backend in (HOME, LYON, NICE):
        site = view[backend.cluster]
        assert isinstance(site, ClusterView)
        view[backend.cluster] = knowing(site, backend, *claims)
    assert "since 2031-05-02 12:00 UTC" in resync(view).losses[0].text
    lyon = view["lyon"]
    assert isinstance(lyon, ClusterView)
    for lag in (timedelta(days=6), None):
        view["lyon"] = replace(lyon, relationships=(a_broken(lag=lag),))
        (loss,) = resync(view).losses
        assert "since 2031-04-29 12:00 UTC" in loss.text
        assert loss.age == lag


# -- what has to be so


def test_a_copy_that_clients_can_write_to_still_is_fenced_first() -> None:
    plan = resync(came_home({"path": "/vol_1", "export": "default"}))
    (refusal,) = plan.refusals
    assert (plan.steps, refusal.hint) == ((), "datamotion apply gold fences it first")


def test_the_copy_that_serves_is_never_resynced() -> None:
    for at, view in (("gold-paris", seen()), ("gold-lyon", failed_over())):
        plan = resync(view, at=at)
        (refusal,) = plan.refusals
        assert (plan.steps, refusal.text) == ((), f"{at} serves vol_1: its copy there is no mirror")


def test_the_home_needs_a_relationship_from_who_serves() -> None:
    fenced = a_cluster_view(HOME, [a_volume(path=None, export=FENCE)], claims=LYON_TOOK_OVER)
    plan = resync(failed_over(paris=fenced), at="gold-paris")
    (refusal,) = plan.refusals
    assert (plan.steps, refusal.text) == ((), "vol_1 at gold-paris: no relationship ends in it")
    assert refusal.hint == "a relationship from gold-lyon into it would be needed: datamotion reprotect gold makes one"


def test_a_relationship_from_elsewhere_is_named_with_the_one_that_would_be_needed() -> None:
    nice = a_cluster_view(NICE, [a_served(backend=NICE, path=None)], [a_broken(backend=NICE)], claims=LYON_TOOK_OVER)
    plan = resync(failed_over(nice=nice), at="gold-nice")
    (refusal,) = plan.refusals
    assert refusal.text == "vol_1 at gold-nice: its relationship comes from gold-paris, and gold-lyon serves it"
    assert refusal.hint == "a relationship from gold-lyon into it would be needed: datamotion reprotect gold makes one"


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (seen(lyon=broken(), paris=a_cluster_view(HOME, [a_volume(state=VolumeState.OFFLINE)])), "is offline"),
        (seen(lyon=broken({"state": VolumeState.OFFLINE})), "its volume vol_1 is offline"),
        (seen(lyon=a_cluster_view(LYON, [a_volume(backend=LYON)])), "no relationship ends in it"),
        (seen(lyon=a_cluster_view(LYON)), "vol_1 has no mirror at gold-lyon"),
        (seen(lyon=a_target_view(LYON, "vol_1", state=MirrorState.UNKNOWN)), "not known here"),
        (seen(lyon=a_target_view(LYON, "vol_1", state=MirrorState.UNINITIALIZED)), "never held a complete copy"),
    ],
)
def test_what_stands_in_the_way_is_told(view: View, says: str) -> None:
    plan = resync(view)
    assert (plan.steps, plan.losses, [each.volume for each in plan.refusals]) == ((), (), ["vol_1"])
    assert says in plan.refusals[0].text


def test_while_who_serves_is_not_seen_nothing_is_thrown_away() -> None:
    refusal = refused(resync(seen(lyon=broken(), paris=LOST)))
    assert refusal.because_silent
    assert "gold-paris, which serves gold, cannot be seen: no route to host" in refusal.text


def test_nor_in_sight_of_a_failover_that_was_begun_nor_where_nobody_can_tell() -> None:
    begun = (a_claim(), a_claim(LYON, 2, served=False))
    assert "was never seen to be served" in refused(resync(seen(lyon=knowing(broken(), LYON, *begun)))).text
    unclaimed = {
        "paris": a_cluster_view(HOME, [a_volume()], claims=()),
        "lyon": knowing(broken(), LYON),
        "nice": knowing(a_target_view(NICE, "vol_1"), NICE),
    }
    assert "no claim that was seen says who serves it" in refused(resync(unclaimed)).text


# -- on the way


def test_what_is_a_mirror_holds_and_has_no_loss() -> None:
    for state in (MirrorState.SNAPMIRRORED, MirrorState.PAUSED):
        plan = resync(seen(lyon=a_target_view(LYON, "vol_1", state=state)), discard=False)
        assert (plan.steps, plan.losses, plan.refusals, plan.holds) == ((), (), (), frozenset({("gold-lyon", "vol_1")}))


def test_only_the_chosen_volumes_are_resynced() -> None:
    names = ("vol_1", "vol_2")
    lyon = a_cluster_view(LYON, [a_served(name, path=None) for name in names], [a_broken(name) for name in names])
    plan = resync(seen(*names, lyon=lyon), "vol_2")
    assert {act.subject for act in acts(plan)} == {("gold-lyon", "vol_2")}
    assert [loss.volume for loss in plan.losses] == ["vol_2"]


def test_a_resync_that_was_cut_off_goes_on_and_gives_up_nothing_more() -> None:
    plan = resync(seen(lyon=half_resynced()), discard=False)
    assert (kinds(plan), plan.losses, plan.refusals) == (["Resync", "AwaitIdle"], (), ())
    running = half_resynced(transfer=a_transfer(TransferState.TRANSFERRING))
    assert changes(resync(seen(lyon=running), discard=False)) == [AwaitIdle(uuid=UUID)]


@pytest.mark.parametrize("state", [TransferState.FAILED, TransferState.ABORTED])
def test_one_whose_transfer_came_to_nothing_is_told_with_its_reason(state: TransferState) -> None:
    first = standing_of(seen(lyon=broken()), BOTH)
    ended = half_resynced(transfer=a_transfer(state, ended_at=NOON), unhealthy_reason="quota exceeded")
    asked = ActId("lyon", "gold-lyon", "vol_1", Resync)
    situation = Situation(now=standing_of(seen(lyon=ended), BOTH), first=first, accepted={asked: first})
    plan = resync_planner(BOTH, Selection(at="gold-lyon"), discard=True)(situation)
    assert (plan.steps, refusals(plan)) == ((), [("vol_1", "gold-lyon")])
    assert "quota exceeded" in plan.refusals[0].text


def test_afterwards_who_paused_it_once_is_forgotten() -> None:
    noted = a_mark(paused="2031-05-04T09:00:00Z", paused_by="ann")
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, comment=noted)], [a_mirror()])
    assert changes(resync(seen(lyon=lyon))) == [ModifyVolume(uuid="gold-lyon/vol_1", comment=a_mark())]


def test_whoever_uses_a_copy_that_is_mounted_is_said_to_be_cut_off() -> None:
    plan = resync(seen(lyon=broken({"path": "/by_hand"})))
    assert notes_of(plan) == ("vol_1: it stays mounted, and who writes there is cut off.",)


# -- what others make of it


def test_apply_never_resyncs_and_names_the_command_that_does() -> None:
    for view, command in ((seen(lyon=broken()), "resync gold --at gold-lyon"), (came_home(), "reprotect gold")):
        plan = protect(view)
        assert Resync not in {type(each) for each in changes(plan)}
        hints = " ".join(each.hint or "" for each in plan.refusals if each.backend == "gold-lyon")
        assert f"datamotion {command} says what making it a mirror" in hints


def test_apply_takes_no_half_resynced_copy_for_a_mirror_that_works() -> None:
    plan = protect(seen(lyon=half_resynced()))
    assert ("gold-lyon", "vol_1") not in plan.holds
    (refusal,) = plan.refusals
    assert "a resync of the mirror of vol_1 has not come to its end" in refusal.text
    assert refusal.hint == "datamotion resync gold --at gold-lyon goes on with it"


def test_apply_keeps_what_the_fence_of_a_mirror_noted() -> None:
    noted = a_mark(qtrees="1:clients,3:guests")
    lyon = a_cluster_view(LYON, [a_volume(backend=LYON, export=FENCE, comment=noted)], [a_mirror()])
    plan = protect(seen(lyon=lyon))
    assert changes(plan, backend=LYON) == []
    (copy,) = (each for each in standing_of(seen(lyon=lyon), BOTH).copies.values() if each.id.backend == "gold-lyon")
    assert (copy.role, copy.volume.type) == (Role.MIRROR, VolumeType.DP)
