"""What `status` says of a group: who serves, how old its copies are, and whether that is fresh."""

from __future__ import annotations

from datetime import timedelta

from datamotion.model.group import Backend
from datamotion.model.mirror_records import Transfer
from datamotion.model.words import MirrorState, TransferState
from datamotion.service.status_reports import CopyReport, Severity
from datamotion.service.verdict import Verdict
from tests.datamotion.service.landscapes import (
    LYON,
    NANTES,
    NOON,
    PARIS,
    Landscape,
    a_group,
    failed_over,
    protected,
)

BOTH = a_group(LYON, NANTES, rpo=timedelta(hours=2))


def copy_of(world: Landscape, volume: str, at: Backend) -> CopyReport:
    found = next(each for each in world.report(BOTH).volumes if each.volume == volume)
    return next(each for each in found.copies if each.backend == at.name)


def test_all_is_well() -> None:
    status = protected("vol_1", "vol_10", "vol_2").status(a_group(rpo=timedelta(hours=2)))
    (group,) = status.groups
    assert (status.verdict, status.verdict.exit_status, group.concerns) == (Verdict.DONE, 0, ())
    assert [each.volume for each in group.volumes] == ["vol_1", "vol_2", "vol_10"]
    assert (group.serving, group.epoch, group.by) == ("gold-paris", 1, "anna@ops")
    assert group.since == NOON - timedelta(days=1)
    assert (group.mirrored, group.oldest_s, group.undecided) == (3, 600.0, 0)


def test_whoever_took_over_serves_and_the_home_is_fenced() -> None:
    world = failed_over("vol_1", targets=(LYON, NANTES))
    group = world.report(BOTH)
    assert (group.serving, group.epoch, [each.backend for each in group.served]) == ("gold-lyon", 2, ["gold-lyon"])
    assert (copy_of(world, "vol_1", LYON).role, copy_of(world, "vol_1", LYON).path) == ("active", "/vol_1")
    assert copy_of(world, "vol_1", PARIS).role == "fenced"


def test_a_partial_failover_is_told_apart() -> None:
    world = protected("vol_1", "vol_2", "vol_3")
    world.claim(2, LYON, partial=True)
    world.broken("vol_1", path="/vol_1")
    comment = world.volumes["gold-lyon", "vol_1"].comment
    world.change("vol_1", LYON, comment=comment.replace("]", " epoch=2]"))
    world.fenced("vol_1")
    group = world.report()
    assert group.serving is None
    assert [(each.backend, each.volumes, each.epoch) for each in group.served] == [
        ("gold-paris", 2, 1),
        ("gold-lyon", 1, 2),
    ]
    assert [each.active for each in group.volumes] == ["gold-lyon", "gold-paris", "gold-paris"]
    assert "2 served by gold-paris, 1 served by gold-lyon" in world.concerns()["divided"].text


def test_a_mirror_of_a_fenced_copy_is_not_fresh_whatever_its_lag_says() -> None:
    world = failed_over("vol_1", targets=(LYON, NANTES))
    mirror = copy_of(world, "vol_1", NANTES)
    assert (mirror.role, mirror.source, mirror.lag_s) == ("mirror", "gold-paris", 600.0)
    assert (mirror.is_fresh, mirror.within_rpo) == (False, False)
    assert world.report(BOTH).mirrored == 0


def test_a_mirror_of_a_mirror_of_what_serves_is_not_said_to_hold_it() -> None:
    world = protected("vol_1", targets=(LYON,))
    world.mirror("vol_1", NANTES, source=LYON)
    assert copy_of(world, "vol_1", NANTES).is_fresh is False
    assert [(each.kind, each.backend) for each in world.report(BOTH).concerns] == [("stale", "gold-nantes")]


def test_the_age_stays_visible_during_a_transfer() -> None:
    world = protected("vol_1", targets=(LYON, NANTES))
    running = Transfer(uuid="t", state=TransferState.TRANSFERRING, bytes_transferred=5, ended_at=None)
    world.relate("vol_1", LYON, transfer=running)
    copy = copy_of(world, "vol_1", LYON)
    assert (copy.lag_s, copy.transferring_bytes, copy.within_rpo) == (600.0, 5, True)


def test_a_synchronous_mirror_needs_no_lag_to_be_within_the_rpo() -> None:
    world = protected("vol_1")
    world.relate("vol_1", LYON, state=MirrorState.IN_SYNC, lag=None)
    group = world.report(a_group(rpo=timedelta(hours=2)))
    assert (group.concerns, group.mirrored) == ((), 1)
    assert [copy.within_rpo for copy in group.volumes[0].copies] == [None, True]


def test_the_worst_is_told_first_and_the_same_once() -> None:
    world = protected(*(f"vol_{number}" for number in range(1, 21)))
    for number in range(1, 21):
        world.relate(f"vol_{number}", LYON, lag=timedelta(hours=number))
    world.relate("vol_7", LYON, lag=timedelta(weeks=3))
    world.relate("vol_3", LYON, state=MirrorState.PAUSED)
    world.change("vol_9", PARIS, path=None)
    group = world.report(a_group(rpo=timedelta(hours=2)))
    assert [each.kind for each in group.concerns] == ["unmounted", "paused", "late"]
    assert [each.severity for each in group.concerns] == [Severity.CRITICAL, Severity.WARNING, Severity.WARNING]
    late = group.concerns[-1]
    assert len(late.volumes) == 18
    assert late.text == (
        "gold-lyon, 18 volumes (vol_7, vol_20, vol_19, vol_18 and 14 more): older than the RPO of 2 h: up to 21 d old"
    )
    assert late.worst_s == timedelta(weeks=3).total_seconds()
    assert (group.oldest_s, group.mirrored) == (late.worst_s, 20)


def test_silence_outweighs_what_else_is_wrong() -> None:
    world = protected("vol_1")
    world.change("vol_1", PARIS, path=None)
    assert world.status().verdict.exit_status == 1
    world.lose(LYON)
    assert world.status().verdict.exit_status == 4
