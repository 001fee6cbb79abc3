"""Planning to mirror what serves to the other back ends again: what follows, what is given up, what is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from datamotion.model.definition import PolicyDefinition
from datamotion.model.kept import Kept, read_kept
from datamotion.model.mark import read_mark
from datamotion.model.mirror_acts import (
    AwaitIdle,
    CreatePolicy,
    CreateRelationship,
    DeleteRelationship,
    Initialize,
    ReleaseRelationship,
    Resume,
    Resync,
)
from datamotion.model.mirror_records import Endpoint
from datamotion.model.plan import Plan
from datamotion.model.standing import FENCE
from datamotion.model.view import ClusterView, View
from datamotion.model.volume_acts import CloneVolume, SetAside, TakeSnapshot
from datamotion.model.words import MirrorState, TransferState, VolumeState, VolumeType
from datamotion.policy.copies.divergence import Sizes, to_measure
from datamotion.policy.reprotect.reprotect import reprotect_planner
from datamotion.policy.reprotect.turning import Consent
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    NOON,
    a_claim,
    a_cluster_view,
    a_listing,
    a_mark,
    a_mirror,
    a_snapshot,
    a_transfer,
    a_volume,
    changes,
    kinds,
    notes_of,
    planned,
    standing_of,
    svm_uuid,
)
from tests.datamotion.policy.plans import BOTH, HOUR, LOST, knowing, protect, refusals, refused

CLAIMS = (a_claim(since=NOON - timedelta(days=9)), a_claim(LYON, 2, since=NOON - HOUR))
BASE = f"snapmirror.{svm_uuid(LYON)}_1.2031-05-04_100000"
"""What lyon had from the home last, as ONTAP names it."""


def reprotect(view: View, *discard: str, keep: bool = True, sizes: Sizes = MappingProxyType({})) -> Plan:
    consent = Consent(discard=frozenset(f"gold-{name}" for name in discard), keep=keep)
    return planned(reprotect_planner(BOTH, consent, sizes), standing_of(view, BOTH))


def home(*snapshots: str, volume: dict[str, Any] | None = None, **view: Any) -> ClusterView:
    """The home, fenced, with these snapshots of its own beside what lyon had from it."""
    changed = {"path": None, "export": FENCE, **(volume or {})}
    held = (a_snapshot(BASE, ago=2 * HOUR), *(a_snapshot(each, ago=HOUR / 2) for each in snapshots))
    listed = (a_listing(), a_listing(backend=NICE))
    return a_cluster_view(
        HOME, [a_volume(**changed)], **{"claims": CLAIMS, "snapshots": held, "destinations": listed, **view}
    )


def lyon(*snapshots: str, mirrors: bool = True, **view: Any) -> ClusterView:
    """Lyon serves, from what it had from the home two hours ago."""
    held = (a_snapshot(BASE, backend=LYON, ago=2 * HOUR), *(a_snapshot(each, backend=LYON) for each in snapshots))
    return a_cluster_view(
        LYON,
        [a_volume(backend=LYON, type=VolumeType.RW, path="/vol_1")],
        [a_mirror(state=MirrorState.BROKEN_OFF)] if mirrors else [],
        **{"claims": CLAIMS, "snapshots": held, **view},
    )


def nice(*snapshots: tuple[str, timedelta], **mirror: Any) -> ClusterView:
    """Nice follows the home, with these snapshots."""
    held = tuple(a_snapshot(name, backend=NICE, ago=ago) for name, ago in snapshots)
    relationship = a_mirror(backend=NICE, **mirror)
    return a_cluster_view(NICE, [a_volume(backend=NICE)], [relationship], claims=CLAIMS, snapshots=held)


def seen(**views: Any) -> View:
    """Nice holds what lyon holds, and no more."""
    return {"paris": home(), "lyon": lyon(), "nice": nice((BASE, 2 * HOUR)), **views}


# -- what follows


def test_a_copy_that_served_is_turned_in_an_order_that_drops_nothing_common() -> None:
    plan = reprotect(seen(), "paris", keep=False)
    assert changes(plan, "vol_1", HOME) == [
        DeleteRelationship(uuid="gold-lyon/vol_1/mirror"),
        ReleaseRelationship(uuid="gold-lyon/vol_1/mirror", keeps_snapshots=True),
        CreateRelationship(
            source=Endpoint("svm_gold_dr", "vol_1"),
            destination=Endpoint("svm_gold", "vol_1"),
            policy="Asynchronous",
            schedule=None,
        ),
        Resync(uuid=None),
        AwaitIdle(uuid=None),
    ]
    deleted = next(act for step in plan.steps for act in step.acts if isinstance(act.change, DeleteRelationship))
    assert (deleted.cluster, deleted.backend) in {("lyon", "gold-paris"), ("nice", "gold-nice")}


def test_a_mirror_of_what_served_before_follows_and_gives_nothing_up() -> None:
    plan = reprotect(seen())
    assert kinds(plan, "vol_1", NICE) == [
        "DeleteRelationship",
        "ReleaseRelationship",
        "CreateRelationship",
        "Initialize",
        "AwaitTransfer",
    ]
    assert kinds(plan, None, NICE) == ["PeerSvms", "AcceptSvmPeer"]
    assert [loss.backend for loss in plan.losses] == []


def test_a_policy_that_the_configuration_defines_is_made_at_the_home_before_it_follows() -> None:
    (first, second) = BOTH.targets
    definition = PolicyDefinition(name="nightly", copies_all=True)
    group = replace(BOTH, targets=(replace(first, policy="nightly", definition=definition), second))
    consent = Consent(discard=frozenset({"gold-paris"}), keep=False)
    plan = planned(reprotect_planner(group, consent), standing_of(seen(), group))
    assert changes(plan, None, HOME) == [CreatePolicy(svm=HOME.svm, definition=definition)]
    assert next(step.title for step in plan.steps if step.cluster == "paris") == "Create SnapMirror policies"


def test_what_follows_already_holds_and_is_left_as_it_is() -> None:
    turned = a_mirror(backend=NICE, source=LYON)
    view = seen(nice=replace(nice((BASE, 2 * HOUR)), relationships=(turned,)), paris=LOST)
    plan = reprotect(view)
    assert (kinds(plan), ("gold-nice", "vol_1") in plan.holds) == ([], True)


def test_what_follows_already_and_is_paused_goes_on_unless_pause_did_it() -> None:
    turned = a_mirror(backend=NICE, source=LYON, state=MirrorState.PAUSED)
    paused = replace(nice((BASE, 2 * HOUR)), relationships=(turned,))
    assert changes(reprotect(seen(nice=paused, paris=LOST))) == [Resume(uuid=turned.uuid)]
    (volume,) = paused.volumes
    noted = replace(volume, comment=a_mark(paused="2031-05-04T12:00:00Z", paused_by="ann@ops"))
    plan = reprotect(seen(nice=replace(paused, volumes=(noted,)), paris=LOST))
    assert Resume not in {type(each) for each in changes(plan)}


@pytest.mark.parametrize("state", [MirrorState.BROKEN_OFF, MirrorState.UNINITIALIZED])
def test_a_relationship_made_onto_what_can_be_written_goes_on_whatever_ontap_calls_it(state: MirrorState) -> None:
    made = a_mirror(backend=HOME, source=LYON, state=state, exported_snapshot=None, transfer=None)
    view = seen(paris=home("own", relationships=(made,), destinations=()), lyon=lyon(mirrors=False))
    assert refusals(reprotect(view)) == [("vol_1", "gold-paris")], "nothing was agreed to"
    due = changes(reprotect(view, "paris", keep=False), "vol_1", HOME)
    start = Resync if state is MirrorState.BROKEN_OFF else Initialize
    assert due == [start(uuid="gold-paris/vol_1/mirror"), AwaitIdle(uuid="gold-paris/vol_1/mirror")]
    assert Initialize not in {type(each) for each in changes(protect(view))}, "nor does apply"


def test_a_resync_that_runs_is_waited_for() -> None:
    running = a_mirror(
        backend=HOME, source=LYON, state=MirrorState.BROKEN_OFF, transfer=a_transfer(TransferState.TRANSFERRING)
    )
    view = seen(paris=home(volume={"type": VolumeType.DP}, relationships=(running,)), lyon=lyon(mirrors=False))
    assert changes(reprotect(view), "vol_1", HOME) == [AwaitIdle(uuid="gold-paris/vol_1/mirror")]


def test_the_home_gets_what_the_target_that_serves_is_configured_with() -> None:
    as_lyon = replace(BOTH, targets=(replace(BOTH.targets[0], policy="MirrorAllSnapshots"), *BOTH.targets[1:]))
    policy = replace(home().policies[0], name="MirrorAllSnapshots")
    view = seen(paris=replace(home(), policies=(*home().policies, policy)))
    consent = Consent(discard=frozenset({"gold-paris"}), keep=False)
    plan = planned(reprotect_planner(as_lyon, consent), standing_of(view, as_lyon))
    made = [each.policy for each in changes(plan, "vol_1", HOME) if isinstance(each, CreateRelationship)]
    assert made == ["MirrorAllSnapshots"]
    assert any("gold-paris: mirrors have what gold-lyon is configured with" in note for note in notes_of(plan))


# -- what is given up


def test_what_can_be_written_is_refused_with_what_it_holds_alone_until_that_is_given_up_by_name() -> None:
    plan = reprotect(seen(paris=home("own")))
    assert refusals(plan) == [("vol_1", "gold-paris")]
    (refusal,) = plan.refusals
    assert f"gives up all that gold-paris holds beyond {BASE}, 2 h old" in refusal.text
    assert "(own is there alone)" in refusal.text
    assert "datamotion reprotect gold --discard-divergent gold-paris gives that up" in (refusal.hint or "")
    assert refusals(reprotect(seen(paris=home("own")), "lyon", "nice")) == [("vol_1", "gold-paris")]
    (loss,) = reprotect(seen(paris=home("own")), "paris").losses
    assert (loss.backend, loss.given_up_at, loss.kept, loss.age) == ("gold-paris", "gold-paris", BASE, 2 * HOUR)


def test_what_is_given_up_is_told_in_bytes_where_it_was_measured_and_never_as_nothing_where_not() -> None:
    standing = standing_of(seen(paris=home("own")), BOTH)
    ((backend, (base,)),) = to_measure(standing).items()
    assert (backend, base.name) == ("gold-paris", BASE)
    consent = Consent(discard=frozenset({"gold-paris"}), keep=False)
    for sizes, size, text in (
        ({(backend, base.uuid): 3 * 2**20}, 3 * 2**20, "3 MiB of changed blocks"),
        ({(backend, base.uuid): 0}, 0, "0 B of changed blocks"),
        ({}, None, "how many bytes was not measured"),
    ):
        (loss,) = planned(reprotect_planner(BOTH, consent, sizes), standing).losses
        assert (loss.size_bytes, text in loss.text) == (size, True), loss.text


def test_what_changed_behind_a_fence_is_told_before_it_goes_and_kept_on_demand() -> None:
    standing = standing_of(seen(paris=home("last", volume={"comment": a_mark(frozen="last")}), lyon=lyon("last")), BOTH)
    ((backend, (last,)),) = to_measure(standing).items()
    assert (backend, last.name) == ("gold-paris", "last")
    asked = Consent(discard=frozenset({"gold-paris"}), keep=True)
    for size, consent, told, kept in (
        (0, Consent(), False, False),
        (5 * 2**20, Consent(), True, False),
        (5 * 2**20, asked, False, True),
        (0, asked, False, False),
    ):
        plan = planned(reprotect_planner(BOTH, consent, {(backend, last.uuid): size}), standing)
        assert (plan.losses, plan.refusals) == ((), ())
        assert any("5 MiB of blocks changed since the last snapshot" in each for each in notes_of(plan)) is told
        assert any(isinstance(each, CloneVolume) for each in changes(plan)) is kept


def test_snapshots_are_told_by_their_versions_and_never_by_their_names() -> None:
    other = replace(a_snapshot(BASE, backend=LYON, ago=2 * HOUR), version="another")
    untold = replace(a_snapshot(BASE, backend=LYON, ago=2 * HOUR), version=None)
    for found in (other, untold):
        plan = reprotect(seen(lyon=lyon(snapshots=(found,))))
        assert "no snapshot in common" in " ".join(each.text for each in plan.refusals if each.backend == "gold-paris")


def test_one_that_was_frozen_and_whose_last_snapshot_arrived_gives_nothing_up() -> None:
    frozen = {"comment": a_mark(frozen="last")}
    arrived = seen(paris=home("last", volume=frozen), lyon=lyon("last"))
    assert (reprotect(arrived).losses, reprotect(arrived).refusals) == ((), ())
    assert Resync(uuid=None) in changes(reprotect(arrived), "vol_1", HOME)
    missing = seen(paris=home("last", volume=frozen))
    assert refusals(reprotect(missing)) == [("vol_1", "gold-paris")]
    unfenced = seen(paris=home("last", volume={**frozen, "path": "/vol_1", "export": "default"}), lyon=lyon("last"))
    assert ("vol_1", "gold-paris") in refusals(reprotect(unfenced)), "clients may have written since"


@pytest.mark.parametrize(
    ("own", "is_given_up"),
    [((), False), ((("older", 3 * HOUR),), False), ((("fresher", HOUR),), True)],
    ids=["the same", "older ones", "a fresher one"],
)
def test_a_mirror_holds_data_of_its_own_where_it_is_fresher_than_what_serves(
    own: tuple[tuple[str, timedelta], ...], is_given_up: bool
) -> None:
    view = seen(nice=nice((BASE, 2 * HOUR), *own), paris=LOST)
    plan = reprotect(view)
    assert (("vol_1", "gold-nice") in refusals(plan)) is is_given_up
    assert bool(reprotect(view, "nice").losses) is is_given_up


def test_a_mirror_with_an_older_base_holds_nothing_where_what_serves_was_carried_to_later() -> None:
    view = seen(nice=nice(("labelled", 9 * HOUR), ("its own base", 3 * HOUR)), lyon=lyon("labelled"), paris=LOST)
    plan = reprotect(view)
    assert ("vol_1", "gold-nice") not in refusals(plan)
    assert "vol_1: from labelled on" in [act.text for step in plan.steps for act in step.acts]


@pytest.mark.parametrize(("epoch", "is_given_up"), [(2, False), (1, True)], ids=["this one", "an earlier one"])
def test_a_mirror_holds_nothing_of_its_own_before_the_last_snapshot_of_a_planned_failover(
    *, epoch: int, is_given_up: bool
) -> None:
    fresher = nice((BASE, 2 * HOUR), ("of its own", 1.5 * HOUR))
    plan = reprotect(seen(nice=fresher, lyon=lyon(f"datamotion_last.{epoch}.2031-05-04_110000"), paris=LOST))
    assert (("vol_1", "gold-nice") in refusals(plan)) is is_given_up


def test_a_mirror_with_nothing_in_common_is_carried_anew_only_where_that_is_agreed_to() -> None:
    view = seen(nice=nice(("other", 3 * HOUR)), paris=LOST)
    assert "no snapshot in common with gold-lyon: all has to be carried anew" in reprotect(view).refusals[-1].text
    plan = reprotect(view, "nice")
    assert "Carry everything anew" in [step.title for step in plan.steps]
    (loss,) = plan.losses
    assert (loss.kept, loss.text) == (None, "the copy that gold-nice holds, until everything was carried there anew")
    assert "CloneVolume" not in kinds(plan), "what serves holds all that it does"
    fresher = reprotect(seen(nice=nice(("other", HOUR)), paris=LOST), "nice")
    assert "CloneVolume" in kinds(fresher)


def test_what_can_be_written_with_nothing_in_common_is_set_aside_for_a_new_mirror_where_that_is_agreed_to() -> None:
    view = seen(paris=home(snapshots=(a_snapshot("own"),)))
    assert kinds(reprotect(view), "vol_1", HOME) == []
    plan = reprotect(view, "paris")
    assert kinds(plan, "vol_1", HOME) == [
        "DeleteRelationship",
        "ReleaseRelationship",
        "SetAside",
        "CreateVolume",
        "CreateRelationship",
        "Initialize",
        "AwaitTransfer",
    ]
    aside = next(each for each in changes(plan) if isinstance(each, SetAside))
    assert (aside.name, read_mark(aside.comment), read_kept(aside.comment) is not None) == ("vol_1_kept_e2", None, True)
    assert [loss.backend for loss in plan.losses] == ["gold-paris"]
    assert all("vol_1_kept_e2" in each for each in notes_of(plan) if "kept in" in each)
    paris = home(snapshots=(a_snapshot("own"),))
    full = replace(paris, aggregates=tuple(replace(each, available_bytes=0) for each in paris.aggregates))
    without_room = reprotect(seen(paris=full), "paris")
    assert (kinds(without_room, "vol_1", HOME), "has no room" in without_room.refusals[0].text) == ([], True)
    assert without_room.losses == (), "nothing is given up"


# -- what is kept


def test_what_is_given_up_is_kept_first_as_a_clone_that_stands_alone() -> None:
    plan = reprotect(seen(paris=home("own")), "paris")
    assert kinds(plan, "vol_1", HOME)[:4] == ["TakeSnapshot", "CloneVolume", "SplitClone", "DeleteRelationship"]
    take = next(each for each in changes(plan) if isinstance(each, TakeSnapshot))
    clone = next(each for each in changes(plan) if isinstance(each, CloneVolume))
    assert (take.name, clone.snapshot, clone.volume) == (
        "datamotion_kept_gold-paris_2_1",
        "datamotion_kept_gold-paris_2_1",
        "vol_1_kept_e2",
    )
    assert "datamotion kept=gold-paris/vol_1" in clone.comment


def test_what_is_kept_already_is_not_kept_again() -> None:
    name = "datamotion_kept_gold-paris_2_1"
    clone = a_volume("vol_1_kept_e2", path=None, comment=Kept("gold-paris/vol_1", name).write("what it held"))
    for is_clone, left in ((True, ["SplitClone"]), (False, [])):
        paris = home(name)
        paris = replace(paris, volumes=(*paris.volumes, replace(clone, is_clone=is_clone)))
        (taken,) = (each for each in paris.snapshots if each.name == name)
        plan = reprotect(seen(paris=paris), "paris", sizes={("gold-paris", taken.uuid): 0})
        assert kinds(plan, "vol_1", HOME)[: len(left) + 1] == [*left, "DeleteRelationship"]
        set_back = replace(taken, created_at=NOON - 9 * HOUR)
        by_an_older_clock = replace(
            paris, snapshots=tuple({taken: set_back}.get(each, each) for each in paris.snapshots)
        )
        plan = reprotect(seen(paris=by_an_older_clock), "paris", sizes={("gold-paris", taken.uuid): 0})
        assert kinds(plan, "vol_1", HOME)[: len(left) + 1] == [*left, "DeleteRelationship"], "it is not taken for ever"
        for sizes in ({("gold-paris", taken.uuid): 4096}, {}):
            plan = reprotect(seen(paris=paris), "paris", sizes=sizes)
            assert kinds(plan, "vol_1", HOME)[:2] == ["TakeSnapshot", "CloneVolume"], "somebody may have been let in"
    of_another, paris = a_snapshot("datamotion_kept_gold-lyon_2_1", ago=HOUR / 4), home(name)
    carried = replace(paris, snapshots=(*paris.snapshots, of_another))
    plan = reprotect(seen(paris=carried), "paris", sizes={("gold-paris", of_another.uuid): 0})
    assert kinds(plan, "vol_1", HOME)[:2] == ["TakeSnapshot", "CloneVolume"], "that was taken of lyon's copy"
    later = home("own")
    plan = reprotect(seen(paris=replace(later, volumes=(*later.volumes, clone))), "paris")
    made = next(each for each in changes(plan) if isinstance(each, CloneVolume))
    assert made.volume == "vol_1_kept_e2_2", "what is there keeps something else"


def test_without_room_for_it_nothing_is_given_up_and_how_to_go_on_is_told() -> None:
    paris = home("own")
    full = replace(paris, aggregates=tuple(replace(each, available_bytes=0) for each in paris.aggregates))
    plan = reprotect(seen(paris=full), "paris")
    (refusal,) = plan.refusals
    assert "what vol_1 at gold-paris gives up cannot be kept: aggr of paris has no room" in refusal.text
    assert "--no-keep-divergent" in (refusal.hint or "")
    assert kinds(reprotect(seen(paris=full), "paris", keep=False), "vol_1", HOME)[0] == "DeleteRelationship"


# -- what is left alone


def test_a_back_end_that_cannot_be_seen_is_left_and_the_others_follow() -> None:
    plan = reprotect(seen(paris=LOST))
    (refusal,) = plan.refusals
    assert (refusal.backend, refusal.because_silent) == ("gold-paris", True)
    assert "CreateRelationship" in kinds(plan, "vol_1", NICE)
    assert "ReleaseRelationship" not in kinds(plan), "its source is not asked"


def test_what_cannot_follow_is_told() -> None:
    offline = seen(nice=replace(nice(), volumes=(a_volume(backend=NICE, state=VolumeState.OFFLINE),)))
    assert "is offline" in " ".join(each.text for each in reprotect(offline).refusals)
    unknown = seen(nice=nice((BASE, 2 * HOUR), state=MirrorState.UNKNOWN))
    assert "not known here" in " ".join(each.text for each in reprotect(unknown).refusals)


def test_a_copy_that_clients_can_come_to_is_fenced_and_every_site_learns_who_serves() -> None:
    told = home(volume={"path": "/vol_1", "export": "default"}, claims=CLAIMS[:1])
    plan = reprotect(seen(paris=told))
    assert kinds(plan, None, HOME) == ["TakeEpoch", "CreateExportPolicy"]
    assert kinds(plan, "vol_1", HOME) == ["ModifyVolume"]


def test_while_who_serves_is_open_nothing_is_done() -> None:
    begun = (a_claim(), a_claim(LYON, 2, served=False))
    view = {name: knowing(each, backend, *begun) for (name, each), backend in _sites(seen())}
    assert "was never seen to be served" in refused(reprotect(view)).text


def _sites(view: View) -> list[tuple[tuple[str, ClusterView], Any]]:
    found = [(name, each) for name, each in view.items() if isinstance(each, ClusterView)]
    return list(zip(found, (HOME, LYON, NICE), strict=True))


# -- the home, afterwards


def test_apply_keeps_the_home_as_a_target_once_a_mirror_ends_there() -> None:
    turned = a_mirror(backend=HOME, source=LYON)
    new = a_volume("vol_2", LYON, type=VolumeType.RW, path="/vol_2", comment=a_mark("vol_2", origin="gold-lyon/vol_2"))
    paris = home(volume={"type": VolumeType.DP}, relationships=(turned,))
    there = lyon(mirrors=False)
    plan = protect(seen(paris=paris, lyon=replace(there, volumes=(*there.volumes, new))))
    assert kinds(plan, "vol_2", HOME)[:2] == ["CreateVolume", "CreateRelationship"]
    assert ("gold-paris", "vol_1") in plan.holds
    assert not any("Nothing is mirrored back" in note for note in notes_of(plan))
    plan = protect(seen())
    assert any("datamotion reprotect gold says what that gives up" in note for note in notes_of(plan))
