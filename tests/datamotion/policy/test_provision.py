"""What clients had and a mirror does not carry: given where the SVM there can, told with the reason where it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.mark import Mark, read_mark
from datamotion.model.mirror_acts import Break
from datamotion.model.plan import Plan
from datamotion.model.serving_records import ExportPolicy
from datamotion.model.standing import FENCE
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.volume_records import NamedPolicy
from datamotion.model.words import VolumeState
from tests.datamotion.building import HOME, LYON, a_cluster_view, a_mark, a_mirror, a_volume, acts, changes, notes_of
from tests.datamotion.policy.plans import LOST, a_served, failed_over, failover, protect, seen, served_at, settle

SVM = LYON.svm
THERE: dict[str, Any] = {
    "export_policies": tuple(ExportPolicy(name=each, svm=SVM, rules=1) for each in ("default", "clients")),
    "snapshot_policies": (NamedPolicy(name="hourly", svm=SVM), NamedPolicy(name="weekly", svm="svm_other")),
    "qos_policies": (NamedPolicy(name="fast", svm=None),),
}
NEEDS: dict[str, Any] = {
    "export": "clients",
    "snapshots": "hourly",
    "qos": "fast",
    "autosize": "off",
    "efficiency": "dedupe:background,compression:inline",
}


def to_lyon(noted: dict[str, Any], has: dict[str, Any] | None = None, **there: object) -> Plan:
    """A failover to lyon with the home lost: what its mirror's mark notes, what the mirror has, what is there."""
    mirror = a_volume(backend=LYON, comment=a_mark(**noted), **{"autosize": "grow_shrink", **(has or {})})
    lyon = a_cluster_view(LYON, [mirror], [a_mirror()], **{**THERE, **there})
    return failover(seen(paris=LOST, lyon=lyon), "gold-lyon")


def served(plan: Plan) -> list[ModifyVolume]:
    return [each for each in changes(plan, "vol_1", LYON) if isinstance(each, ModifyVolume)]


def test_what_the_svm_there_has_is_given_once_clients_are_in_and_in_one_change() -> None:
    plan = to_lyon(NEEDS)
    assert changes(plan, "vol_1", LYON)[-3] == Break(uuid="gold-lyon/vol_1/mirror")
    serve, given = served(plan)
    assert (serve.path, serve.export, serve.snapshots) == ("/vol_1", "clients", None)
    assert given == ModifyVolume(
        uuid="gold-lyon/vol_1",
        snapshots="hourly",
        qos="fast",
        autosize="off",
        efficiency=(("dedupe", "background"), ("compression", "inline")),
    )
    assert [act.text for act in acts(plan) if act.change == given] == [
        "vol_1: snapshot policy hourly, QoS policy fast, autosize mode off,"
        " efficiency dedupe:background,compression:inline"
    ]
    assert not [note for note in notes_of(plan) if "differs" in note]


def test_what_is_as_clients_had_it_is_left_alone() -> None:
    has = {"snapshots": "hourly", "qos": "fast", "export": "clients", "autosize": "off"}
    (serve,) = served(to_lyon(NEEDS, {**has, "dedupe": "background", "compression": "inline"}))
    assert (serve.path, serve.export) == ("/vol_1", None)


@pytest.mark.parametrize(
    ("noted", "has", "there", "told"),
    [
        ({"export": "team"}, {}, {}, f"export policy default where clients had team: {SVM} has none of that name"),
        (
            {"export": "team"},
            {"export": FENCE},
            {},
            f"export policy default where clients had team: {SVM} has none of that name",
        ),
        (
            {"export": "clients"},
            {"export": None},
            {},
            f"export policy none where clients had clients: {SVM} serves no NFS",
        ),
        (
            {"export": "clients"},
            {"export": "visitors"},
            {},
            "export policy visitors where clients had clients: visitors was chosen there",
        ),
        (
            {"snapshots": "weekly"},
            {"snapshots": "none"},
            {},
            f"snapshot policy none where clients had weekly: {SVM} has none of that name",
        ),
        (
            {"snapshots": "hourly"},
            {"snapshots": "none"},
            {"snapshot_policies": None},
            "snapshot policy none where clients had hourly: lyon does not tell which there are",
        ),
        ({"qos": "slow"}, {}, {}, f"QoS policy none where clients had slow: {SVM} has none of that name"),
        ({"qos": "fast"}, {"qos": "own"}, {}, "QoS policy own where clients had fast: own was chosen there"),
        ({"autosize": "huge"}, {}, {}, "autosize mode grow_shrink where clients had huge: no such thing is known"),
    ],
)
def test_what_stays_different_is_told_by_name_with_the_reason(
    noted: dict[str, str], has: dict[str, Any], there: dict[str, Any], told: str
) -> None:
    plan = to_lyon(noted, has, **there)
    assert f"gold-lyon differs: vol_1: {told}." in notes_of(plan)
    (serve,) = served(plan)
    assert serve.export == ("default" if has.get("export") == FENCE else None)


def test_a_policy_of_the_cluster_is_there_for_every_svm_and_one_of_another_svm_is_not() -> None:
    (_, given) = served(to_lyon({"qos": "fast", "snapshots": "weekly"}))
    assert (given.qos, given.snapshots) == ("fast", None)


def test_what_is_left_to_give_to_a_copy_that_is_served_is_given_by_the_same_command_again() -> None:
    """As after a kill between the two."""
    mark = Mark(group="gold", volume="vol_1", origin="gold-paris/vol_1", path="/vol_1", snapshots="hourly")
    volume = a_served(comment=mark.write(""), snapshots="none")
    lyon = replace(served_at(LYON, "vol_1"), volumes=(volume,), **THERE)
    plan = failover(failed_over(paris=LOST, lyon=lyon), "gold-lyon")
    assert changes(plan, "vol_1") == [ModifyVolume(uuid=volume.uuid, snapshots="hourly")]
    assert settle(failed_over(paris=LOST, lyon=lyon), "gold-lyon").steps == (), "who settles keeps what is there"


def test_what_a_copy_that_was_taken_over_was_never_given_stays_noted() -> None:
    taken_over = a_served(comment=a_mark(**NEEDS), snapshots="none", autosize="grow_shrink", qos="chosen")
    lyon = replace(served_at(LYON, "vol_1"), volumes=(taken_over,))
    (change,) = changes(protect(failed_over(lyon=lyon)), "vol_1", LYON)
    assert isinstance(change, ModifyVolume)
    assert read_mark(change.comment or "") == Mark(
        group="gold", volume="vol_1", origin="gold-paris/vol_1", path="/vol_1", **{**NEEDS, "qos": "chosen"}
    )


@pytest.mark.parametrize(
    ("has", "noted"),
    [
        ({"autosize": "off", "dedupe": "both", "compression": "none"}, ("off", "dedupe:both")),
        ({"autosize": "grow_shrink", "dedupe": "none"}, (None, None)),
        ({"state": VolumeState.OFFLINE, "comment": a_mark(autosize="grow")}, ("grow", None)),
    ],
)
def test_of_the_home_what_it_has_is_noted_and_nothing_that_mirrors_have_anyway(
    has: dict[str, Any], noted: tuple[str | None, str | None]
) -> None:
    plan = protect(seen(paris=a_cluster_view(HOME, [a_volume(**{"comment": "trees", **has})])))
    marks = [read_mark(each.comment or "") for each in changes(plan) if isinstance(each, ModifyVolume)]
    told = {(mark.autosize, mark.efficiency) for mark in marks if mark is not None}
    assert told <= {noted}
    assert told or has.get("state") is VolumeState.OFFLINE
