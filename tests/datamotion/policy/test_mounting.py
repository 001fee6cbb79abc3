"""Which mirrors are mounted before they are served, what keeps clients out until then, and what lets them in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from datamotion.model.acts import Change
from datamotion.model.group import Group
from datamotion.model.plan import Plan
from datamotion.model.serving_acts import CreateExportPolicy
from datamotion.model.serving_records import ExportPolicy, Qtree
from datamotion.model.standing import FENCE
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.volume_records import Volume
from datamotion.model.words import MirrorState, Mount, TransferState, VolumeType
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.failover import failover_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_mark,
    a_mirror,
    a_target_view,
    a_transfer,
    a_volume,
    acts,
    changes,
    notes_of,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import LOST, protect

UUID = "gold-lyon/vol_1"
SHUT = ExportPolicy(name=FENCE, svm=LYON.svm, rules=0)
POLICIES = (ExportPolicy(name="default", svm=LYON.svm, rules=1), SHUT)


def group(mount: Mount = Mount.AHEAD, export_policy: str | None = None) -> Group:
    made = a_group(LYON)
    return replace(made, targets=(replace(made.targets[0], mount=mount, export_policy=export_policy),))


def plan(*mirrors: Volume, of: Group | None = None, home: Volume | None = None, **lyon: object) -> Plan:
    """What `apply` would do to these mirrors at lyon of volumes of the same names at home."""
    view = {
        "paris": a_cluster_view(HOME, [home or a_volume(), a_volume("vol_2")]),
        "lyon": a_target_view(LYON, "vol_1", "vol_2"),
    }
    known = {each.name: each for each in view["lyon"].volumes} | {each.name: each for each in mirrors}
    view["lyon"] = replace(view["lyon"], volumes=tuple(known.values()), **{"export_policies": POLICIES, **lyon})  # type: ignore[arg-type]
    return protect(view, of or group())


def at_lyon(made: Plan, volume: str = "vol_1") -> list[Change]:
    return changes(made, volume, LYON)


def mirror(name: str = "vol_1", **changed: object) -> Volume:
    return a_volume(name, LYON, **changed)


def test_a_mirror_is_shut_before_it_is_mounted() -> None:
    made = plan()
    assert at_lyon(made) == [ModifyVolume(uuid=UUID, export=FENCE), ModifyVolume(uuid=UUID, path="/vol_1")]
    text = next(act.text for act in acts(made) if act.about == "shut")
    assert text == "vol_1: no NFS client may come where default was; a failover lets them in by default"


def test_the_policy_that_shuts_is_made_once_and_first() -> None:
    made = plan(export_policies=POLICIES[:1])
    assert next(act.change for act in acts(made)) == CreateExportPolicy(svm=LYON.svm, name=FENCE)
    assert sum(isinstance(act.change, CreateExportPolicy) for act in acts(made)) == 1


def test_one_that_is_to_be_made_is_planned_to_its_end() -> None:
    view = {"paris": a_cluster_view(HOME, [a_volume()]), "lyon": a_cluster_view(LYON)}
    titles = [step.title for step in protect(view, group()).steps]
    assert titles[-3:] == ["Wait for the first transfers", "Shut mirrors", "Mount mirrors ahead"]


def test_one_that_is_initialized_just_now_is_mounted_when_it_holds_a_copy() -> None:
    first = a_mirror(
        state=MirrorState.UNINITIALIZED, exported_snapshot=None, transfer=a_transfer(TransferState.TRANSFERRING)
    )
    made = plan(relationships=(first, a_mirror("vol_2")))
    assert [type(each).__name__ for each in at_lyon(made)] == ["AwaitTransfer", "ModifyVolume", "ModifyVolume"]


def test_one_that_is_mounted_and_shut_is_left_so() -> None:
    made = plan(*(mirror(name, path=f"/{name}", export=FENCE) for name in ("vol_1", "vol_2")))
    assert (made.steps, notes_of(made)) == ((), ())
    assert made.holds >= {("gold-lyon", "vol_1"), ("gold-lyon", "vol_2")}


def test_one_that_clients_come_to_is_shut_and_one_elsewhere_is_moved() -> None:
    assert at_lyon(plan(mirror(path="/vol_1"))) == [ModifyVolume(uuid=UUID, export=FENCE)]
    assert at_lyon(plan(mirror(path="/VOL_1", export=FENCE))) == [], "paths are told apart without case"
    assert at_lyon(plan(mirror(path="/old", export=FENCE))) == [ModifyVolume(uuid=UUID, path="/vol_1")]


QTREE = Qtree(volume_uuid=UUID, id=1, name="q", export="guests")


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda: plan(mirror("other", path="/Vol_1", type=VolumeType.RW)), "/vol_1 is taken by volume other"),
        (lambda: plan(qtrees=(QTREE,)), "qtree q has an export policy of its own"),
        (lambda: plan(home=a_volume(export="clients", comment=a_mark(export="clients"))), "no export policy clients"),
        (lambda: plan(of=group(export_policy="a"), export_policies=(SHUT,)), "no export policy a nor default"),
        (lambda: plan(mirror(export=None)), "tells no export policy"),
        (lambda: plan(export_policies=(POLICIES[0], replace(SHUT, rules=2))), f"{FENCE} of svm_gold_dr has rules"),
        (
            lambda: plan(
                mirror("vol_2", path="/a", export=FENCE, comment=a_mark("vol_2", path="/a")),
                home=a_volume(path="/a/b"),
            ),
            "a mirror, vol_2, is mounted at /a",
        ),
    ],
    ids=["taken", "qtree", "no policy", "nor the configured one", "no nfs", "a fence with rules", "below a mirror"],
)
def test_what_cannot_be_mounted_is_noted_and_not_touched(made: object, why: str) -> None:
    found: Plan = made()  # type: ignore[operator]
    assert any(why in note and note.startswith("vol_1") and "at a failover" in note for note in notes_of(found)), found
    assert not [
        each for each in at_lyon(found) if isinstance(each, ModifyVolume) and (each.path is not None or each.export)
    ]


def test_below_a_volume_that_can_be_written_it_is_mounted() -> None:
    shelf = mirror("shelf", path="/a", type=VolumeType.RW)
    made = plan(shelf, home=a_volume(path="/a/b"))
    assert ModifyVolume(uuid=UUID, path="/a/b") in at_lyon(made)


def test_where_no_volume_is_mounted_above_it_as_there_is_where_it_is_served_it_waits() -> None:
    paris = a_cluster_view(HOME, [a_volume(path="/a/b"), a_volume("shelf", path="/a", comment="")])
    view = {"paris": paris, "lyon": replace(a_target_view(LYON, "vol_1"), export_policies=POLICIES)}
    assert any("no volume is mounted at /a there" in note for note in notes_of(protect(view, group())))


def test_one_whose_qtree_lets_clients_in_is_unmounted_and_stays_shut() -> None:
    made = plan(mirror(path="/vol_1", export=FENCE), qtrees=(QTREE,))
    assert at_lyon(made) == [ModifyVolume(uuid=UUID, path="")]


def test_back_to_a_failover_it_is_unmounted_with_the_policy_that_it_would_be_served_with() -> None:
    mounted = mirror(path="/vol_1", export=FENCE)
    later = group(Mount.AT_FAILOVER)
    assert at_lyon(plan(mounted, of=later)) == [ModifyVolume(uuid=UUID, path="", export="default")]
    assert at_lyon(plan(mirror(export=FENCE), of=later)) == [], "a fence that a resync left stays until it is served"
    assert at_lyon(plan(mirror(path="/read_here"), of=later)) == [], "whoever mounted that wants it so"


def failing_over(lyon: Volume, of: Group, *policies: str) -> list[Change]:
    known = tuple(ExportPolicy(name=each, svm=LYON.svm, rules=1) for each in policies)
    view = replace(a_target_view(LYON, "vol_1"), volumes=(lyon,), export_policies=known)
    standing = standing_of({"paris": LOST, "lyon": view}, of)
    return changes(planned(failover_planner(of, FailoverChoice()), standing), "vol_1", LYON)


@pytest.mark.parametrize(
    ("configured", "policies", "opened"),
    [
        (None, ("default", "clients"), "clients"),
        ("dr", ("default", "clients", "dr"), "dr"),
        ("dr", ("default", "clients"), "clients"),
        (None, ("default",), "default"),
    ],
    ids=["as its source", "as configured", "which is not there", "nor that of its source"],
)
def test_one_way_tells_what_lets_clients_in(configured: str | None, policies: tuple[str, ...], opened: str) -> None:
    mounted = mirror(path="/vol_1", export=FENCE, comment=a_mark(export="clients"))
    serve = failing_over(mounted, group(export_policy=configured), *policies)[-1]
    assert serve == ModifyVolume(uuid=UUID, export=opened)


def test_what_is_not_shut_keeps_a_policy_that_was_chosen_for_it_unless_one_is_configured() -> None:
    later = mirror(comment=a_mark(export="clients"), export="visitors")
    assert failing_over(later, group(), "default", "clients")[-1] == ModifyVolume(uuid=UUID, path="/vol_1")
    configured = group(Mount.AT_FAILOVER, "clients")
    wanted = ModifyVolume(uuid=UUID, path="/vol_1", export="clients")
    assert failing_over(later, configured, "default", "clients")[-1] == wanted


def test_what_lies_below_another_volume_is_served_after_it() -> None:
    below = mirror("vol_2", comment=a_mark("vol_2", path="/vol_1/below"))
    view = replace(a_target_view(LYON, "vol_1", "vol_2"), volumes=(below, mirror()))
    standing = standing_of({"paris": LOST, "lyon": view}, a_group(LYON))
    made = planned(failover_planner(a_group(LYON), FailoverChoice()), standing)
    assert [[act.volume for act in step.acts] for step in made.steps if step.title == "Serve"] == [["vol_1"], ["vol_2"]]


def test_the_other_legs_stay_as_they_are_when_another_back_end_serves() -> None:
    both = replace(
        a_group(LYON, NICE), targets=tuple(replace(each, mount=Mount.AHEAD) for each in a_group(LYON, NICE).targets)
    )
    nice = replace(a_target_view(NICE, "vol_1"), volumes=(a_volume(backend=NICE, path="/vol_1", export=FENCE),))
    standing = standing_of({"paris": LOST, "lyon": a_target_view(LYON, "vol_1"), "nice": nice}, both)
    made = planned(failover_planner(both, FailoverChoice(to="gold-lyon")), standing)
    assert changes(made, "vol_1", NICE) == []
