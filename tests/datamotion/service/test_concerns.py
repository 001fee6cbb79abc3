"""Every row of docs/status.md: what brings it about, what is said, what is advised, and the exit status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from datamotion.model.claim import Claim, Seal, read_claim
from datamotion.model.drilled import Drilled
from datamotion.model.group import Backend, Group
from datamotion.model.mark import Mark
from datamotion.model.mirror_records import Endpoint, Listed, Transfer
from datamotion.model.standing import FENCE, DoubtKind
from datamotion.model.view import Aspect, Unreadable, Unseen
from datamotion.model.words import MirrorState, TransferState, VolumeState
from datamotion.service.concern_rows import ROWS
from datamotion.service.status_reports import Severity
from tests.datamotion.building import a_mark
from tests.datamotion.service.landscapes import LYON, NANTES, NOON, PARIS, Landscape, a_group, failed_over, protected

BOTH = a_group(LYON, NANTES)
SEAL = Seal("s3cret")
RPO = a_group(rpo=timedelta(hours=2))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row: a landscape in which it is told, and what is said then, in part."""

    kind: str
    world: Callable[[], Landscape]
    says: str
    hints: str | None = None
    group: Group = BOTH
    exit_status: int = 1


def changed(at: Backend, **changes: object) -> Callable[[], Landscape]:
    """All is well, but for one volume."""

    def made() -> Landscape:
        world = protected(targets=(LYON, NANTES))
        world.change("vol_1", at, **changes)
        return world

    return made


def drilled() -> Landscape:
    """A clone of the mirror at lyon is served for a drill."""
    world = protected(targets=(LYON, NANTES))
    mark = Drilled("gold", "vol_1", NOON, NOON + timedelta(hours=2), "anna@ops")
    world.serve("drill_vol_1", LYON)
    world.change("drill_vol_1", LYON, comment=mark.write(), is_clone=True)
    return world


def frozen() -> Landscape:
    """A planned failover has fenced the copy that serves, and is not decided."""
    world = protected(targets=(LYON, NANTES))
    volume = world.volumes[PARIS.name, "vol_1"]
    mark = Mark(group="gold", volume="vol_1", origin=volume.uuid, path="/vol_1", frozen="datamotion_last.2")
    world.change("vol_1", PARIS, comment=mark.text, path=None, export=FENCE)
    return world


def related(**changes: object) -> Callable[[], Landscape]:
    """All is well, but for the mirror at lyon."""

    def made() -> Landscape:
        world = protected(targets=(LYON, NANTES))
        world.relate("vol_1", LYON, **changes)
        return world

    return made


def grown() -> Landscape:
    """The FlexGroup that serves has more constituents than its mirror at lyon."""
    world = protected(targets=(LYON, NANTES))
    world.change("vol_1", PARIS, style="flexgroup", constituents=4)
    world.change("vol_1", LYON, style="flexgroup", constituents=2)
    return world


def ahead(difference: timedelta | None) -> Callable[[], Landscape]:
    """All is well, but for the clock at lyon."""

    def made() -> Landscape:
        world = protected(targets=(LYON, NANTES))
        world.ahead[LYON.name] = difference
        return world

    return made


def an_illegible_schedule() -> Landscape:
    """All is well, but for a schedule at lyon of which nothing but the name can be read."""
    world = protected(targets=(LYON, NANTES))
    told = Unreadable(aspect=Aspect.SCHEDULES, reason="the record has no `name`", svm=None, name="daily")
    world.illegible.append((LYON.name, told))
    return world


def listing(*targets: Backend) -> Callable[[], Landscape]:
    """All is well, but that the home lists the mirrors at these targets alone."""

    def made() -> Landscape:
        world = protected(targets=(LYON, NANTES))
        world.listed = [
            Listed(
                uuid=f"{each.name}/listed",
                source=Endpoint(PARIS.svm, "vol_1"),
                destination=Endpoint(each.svm, "vol_1"),
                destination_cluster=each.cluster,
                destination_svm_uuid=f"{each.svm}-uuid",
            )
            for each in targets
        ]
        return world

    return made


def unwell(reason: str | None) -> Callable[[], Landscape]:
    return related(healthy=False, unhealthy_reason=reason)


def lost(at: Backend, *, refused: bool = False, not_asked: bool = False) -> Callable[[], Landscape]:
    def made() -> Landscape:
        world = protected(targets=(LYON, NANTES))
        world.lose(at, refused=refused, not_asked=not_asked)
        return world

    return made


def without(at: Backend, *, relationship_only: bool = False) -> Callable[[], Landscape]:
    """The mirror at a target was deleted, with its volume or without."""

    def made() -> Landscape:
        world = protected(targets=(LYON, NANTES))
        del world.mirrors[at.name, "vol_1"]
        if not relationship_only:
            del world.volumes[at.name, "vol_1"]
        return world

    return made


def svm(state: str | None) -> Callable[[], Landscape]:
    def made() -> Landscape:
        world = protected(targets=(LYON, NANTES))
        world.svms.pop(LYON.name)
        if state:
            world.svms[LYON.name] = state
        return world

    return made


def path_taken() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.serve("intruder", LYON)
    world.change("intruder", LYON, path="/VOL_1", comment="")
    return world


def two_serve() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    for backend in (LYON, NANTES):
        world.claim(2, backend, told=(backend,))
        world.broken("vol_1", backend)
    return world


def receives() -> Landscape:
    world = failed_over(targets=(LYON, NANTES))
    world.mirror("vol_1", LYON)
    return world


def unsigned() -> Landscape:
    """The home serves by claims with the secret; at lyon one without it says otherwise."""
    world = protected(targets=(LYON, NANTES))
    for at in (PARIS, LYON, NANTES):
        world.policies[at.name] = [
            replace(each, comment=claim.sealed(SEAL).comment)
            if (claim := read_claim("gold", each.name, each.comment))
            else each
            for each in world.policies[at.name]
        ]
    world.claim(2, LYON, told=(LYON,))
    return world


def contradicted() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.claim(2, LYON, told=(LYON,))
    return world


def vanished() -> Landscape:
    world = failed_over(targets=(LYON, NANTES))
    del world.volumes["gold-lyon", "vol_1"], world.mirrors["gold-lyon", "vol_1"]
    return world


def unclaimed() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.policies = Landscape().policies
    return world


def unreadable() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    for policy in list(world.policies["gold-nantes"]):
        if policy.svm:
            world.policies["gold-nantes"].remove(policy)
    world.claim(2, LYON, told=(NANTES,), svm="another")
    return world


def taken_elsewhere() -> Landscape:
    """Somebody whose configuration knows a back end more took it over for that; the home holds claims still."""
    world = protected(targets=(LYON, NANTES))
    world.claim(2, Backend(name="gold-oslo", cluster="oslo", svm="svm_oslo"), told=(LYON,))
    return world


def unseen_claim() -> Landscape:
    world = divided()
    world.lose(LYON)
    return world


def replaced() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.change("vol_1", PARIS, uuid="new", comment="")
    world.mirrors.clear()
    return world


def unread() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.unread("vol_1", LYON)
    return world


def ambiguous() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    comment = world.volumes["gold-paris", "vol_1"].comment
    for name in ("clone_a", "clone_b"):
        world.serve(name, NANTES)
        world.change(name, NANTES, comment=comment)
    del world.volumes["gold-nantes", "vol_1"], world.mirrors["gold-nantes", "vol_1"]
    return world


def overtaken() -> Landscape:
    world = failed_over(targets=(LYON, NANTES))
    world.change("vol_1", PARIS, path="/vol_1", export="default")
    return world


def taken_from_here() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.remembered = Claim(
        group="gold", epoch=2, backend="gold-lyon", svm="svm_lyon-uuid", since=NOON, by="ops@bastion", served=NOON
    )
    world.lose(LYON)
    return world


def forgotten() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.forgotten = "the store datamotion.db cannot be opened: file is not a database"
    world.unseen["gold-lyon"] = Unseen(reason="the user is not authorized", refused=True)
    return world


def unfinished() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.claim(2, LYON, served=None)
    return world


def divided() -> Landscape:
    world = protected("vol_1", "vol_2", targets=(LYON, NANTES))
    world.claim(2, LYON, partial=True)
    world.broken("vol_1", path="/vol_1")
    comment = world.volumes["gold-lyon", "vol_1"].comment
    world.change("vol_1", LYON, comment=comment.replace("]", " epoch=2]"))
    return world


def given_back() -> Landscape:
    """Lyon took over, and the home again: what lyon holds is fenced."""
    world = failed_over(targets=(LYON, NANTES))
    world.claim(3, PARIS)
    world.relate("vol_1", LYON, lag=timedelta(days=2))
    world.change("vol_1", LYON, path=None, export=FENCE)
    return world


def followed_since(**changes: object) -> Callable[[], Landscape]:
    """And what lyon holds became a mirror of the home again, which somebody broke off."""

    def made() -> Landscape:
        world = given_back()
        world.relate("vol_1", LYON, lag=timedelta(hours=1))
        world.change("vol_1", LYON, **changes)
        return world

    return made


def undecided() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.claim(2, LYON, told=(NANTES,), served=None)
    world.lose(LYON)
    return world


def never_mirrored() -> Landscape:
    world = protected("vol_1", targets=(LYON, NANTES))
    world.serve("vol_2")
    return world


def broken() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.broken("vol_1", LYON)
    return world


def narrowed() -> Landscape:
    world = protected("vol_1", "data", targets=(LYON, NANTES))
    world.serve("vol_1")
    return world


def nothing_selected() -> Landscape:
    return protected("data", targets=(LYON, NANTES))


def stranger() -> Landscape:
    world = protected(targets=(LYON, NANTES))
    world.serve("other")
    world.change("other", PARIS, comment="")
    world.mirror("other", LYON)
    world.change("other", LYON, comment="")
    return world


CASES = (
    Case(kind="two serve", world=two_serve, says="gold was taken over for gold-lyon (epoch 2, by", hints="settle gold"),
    Case(kind="serves and receives", world=receives, says="has a copy that cannot be written", hints="settle gold"),
    Case(kind="vanished", world=vanished, says="has no copy of it", hints="datamotion settle gold --keep BACKEND"),
    Case(kind="unclaimed", world=unclaimed, says="no claim that was seen says who serves it", hints="settle gold"),
    Case(kind="unreadable claim", world=unreadable, says="the claim of epoch 2 at gold-nantes", hints="settle"),
    Case(
        kind="taken elsewhere",
        world=taken_elsewhere,
        says="gives it to gold-oslo (SVM svm_oslo-uuid), which is no back end of gold here",
        hints="datamotion migrate gold --to gold-oslo goes on with it; else name gold-oslo among its targets",
    ),
    Case(
        kind="unsigned claim",
        world=unsigned,
        group=replace(BOTH, seal=SEAL),
        says="was not made with the secret of gold: it counts for nothing",
        hints="snapmirror policy delete -vserver svm_lyon -policy datamotion_gold_2",
    ),
    Case(
        kind="contradicted",
        world=contradicted,
        says="all that it holds are mirrors of gold-paris: it does not count",
        hints="find out who can write at gold-lyon",
    ),
    Case(
        kind="unseen claim",
        world=unseen_claim,
        says="took a part of the group over in epoch 2",
        hints="datamotion failover gold --dry-run shows what another one would serve",
        exit_status=4,
    ),
    Case(kind="replaced", world=replaced, says="vol_1 at gold-paris (uuid new) is not the volume", hints="unprotect"),
    Case(
        kind="unreadable",
        world=unread,
        says="vol_1 at gold-lyon cannot be seen: lyon answered",
        hints="nothing is done with that copy until it can be",
    ),
    Case(
        kind="unreadable record",
        world=an_illegible_schedule,
        says="schedules of lyon: daily cannot be read: the record has no `name`",
        hints="what needs it waits",
    ),
    Case(kind="ambiguous", world=ambiguous, says="gold-nantes", hints="remove the [datamotion ...] bracket"),
    Case(
        kind="foreign source",
        world=related(source=Endpoint("svm_gold", "other"), source_svm_uuid="elsewhere"),
        says="is a mirror of svm_gold:other of paris, which is no copy of it",
        hints="look at it before anything is served from it",
    ),
    Case(
        kind="undecided",
        world=undecided,
        says="vol_1: nobody can tell who serves: gold-lyon has claimed it (epoch 2), may serve it, and cannot be seen",
        hints="datamotion settle gold --keep BACKEND",
        exit_status=4,
    ),
    Case(
        kind="taken unseen",
        world=taken_from_here,
        says="gold-lyon was taken over to in epoch 2, by a run from here, and cannot be seen",
        hints="datamotion settle gold --keep BACKEND",
        exit_status=4,
    ),
    Case(
        kind="forgotten",
        world=forgotten,
        says="the store datamotion.db cannot be opened: file is not a database: a failover that was done from here",
        hints="mend the store",
    ),
    Case(
        kind="overtaken",
        world=overtaken,
        says="gold-paris vol_1: overtaken by gold-lyon (epoch 2), not fenced yet",
        hints="datamotion apply gold fences it",
    ),
    Case(
        kind="broken open",
        world=followed_since(path="/vol_1", export="default"),
        says="gold-lyon vol_1: its mirror of gold-paris was broken off, by no failover, and it is not fenced",
        hints="datamotion apply gold fences it; then datamotion resync gold --at gold-lyon says",
    ),
    Case(
        kind="frozen",
        world=frozen,
        says="vol_1 at gold-paris is frozen, its clients cannot write: a planned failover goes on, or was cut short",
        hints="datamotion failover gold --abort lets clients in again",
    ),
    Case(
        kind="unfinished claim",
        world=unfinished,
        says="gold-lyon was claimed in epoch 2 by anna@ops",
        hints="datamotion failover gold --to gold-lyon goes on with it",
    ),
    Case(kind="divided", world=divided, says="1 served by", hints="datamotion failover gold --to BACKEND"),
    Case(
        kind="silent",
        world=lost(PARIS),
        says="gold-paris cannot be seen: paris refused the connection",
        hints="if it is lost: datamotion failover gold",
        exit_status=4,
    ),
    Case(
        kind="says no",
        world=lost(PARIS, refused=True),
        says="gold-paris cannot be seen, though its cluster answers: 401: User is not authorized.",
        hints="paris does not accept user 'admin' with this password",
    ),
    Case(
        kind="not asked",
        world=lost(PARIS, not_asked=True),
        says="gold-paris cannot be seen: paris was not asked: environment variable PASSWORD is not set",
        hints="export PASSWORD=...",
    ),
    Case(kind="no svm", world=svm(None), says="lyon has no SVM svm_lyon", hints="correct `svm` of gold-lyon"),
    Case(kind="svm down", world=svm("stopped"), says="SVM svm_lyon of lyon is stopped", hints="vserver start"),
    Case(
        kind="clock off",
        world=ahead(timedelta(minutes=-12)),
        says="the clock of lyon is 12 min behind ours: how old its mirrors are is not known",
        hints="`clock_limit`",
    ),
    Case(
        kind="served offline",
        world=changed(PARIS, state=VolumeState.OFFLINE, path=None),
        says="gold-paris vol_1: it serves, and is offline",
        hints="at paris: volume online -vserver svm_gold -volume vol_1",
    ),
    Case(
        kind="shut out",
        world=changed(PARIS, export=FENCE, path=None),
        says="gold-paris vol_1: it serves, and is fenced: no client comes",
        hints="at paris: volume modify -vserver svm_gold -volume vol_1 -policy default; volume mount -vserver",
    ),
    Case(
        kind="unmounted",
        world=changed(PARIS, path=None),
        says="gold-paris vol_1: it serves, and is not mounted",
        hints="at paris: volume mount -vserver svm_gold -volume vol_1 -junction-path /vol_1",
    ),
    Case(
        kind="unprotected",
        world=lambda: failed_over(targets=(LYON, NANTES)),
        says="gold-lyon vol_1: unprotected since 2031-05-03 12:00 UTC (epoch 2): nothing mirrors what gold-lyon serves",
        hints="datamotion reprotect gold turns them round",
    ),
    Case(
        kind="no mirror",
        world=never_mirrored,
        says="gold-paris vol_2: no mirror: nothing mirrors what gold-paris serves",
        hints="datamotion apply gold",
    ),
    Case(
        kind="released",
        world=unwell("The source volume has released this relationship."),
        says="gold-lyon vol_1: fails: The source volume has released this relationship.",
        hints="datamotion reprotect gold takes it up again, and says first what that gives up",
    ),
    Case(
        kind="not listed",
        world=listing(NANTES),
        says="gold-lyon vol_1: gold-paris, whence it comes, does not list it any more, as after a release",
        hints="datamotion update gold shows whether one comes; where none does, datamotion reprotect gold takes it up",
    ),
    Case(
        kind="offline",
        world=changed(LYON, state=VolumeState.OFFLINE),
        says="gold-lyon vol_1: its volume is offline: no transfer can arrive",
        hints="at lyon: volume online -vserver svm_lyon -volume vol_1",
    ),
    Case(
        kind="no room",
        world=unwell("Not enough space in the containing aggregate."),
        says="gold-lyon vol_1: fails: Not enough space in the containing aggregate.",
        hints="make room at lyon on aggr1",
    ),
    Case(
        kind="unhealthy",
        world=unwell("The peer cluster cannot be reached."),
        says="gold-lyon vol_1: unhealthy: The peer cluster cannot be reached.",
        hints="at lyon: snapmirror show -destination-path svm_lyon:vol_1 -instance",
    ),
    Case(
        kind="stale",
        world=lambda: failed_over(targets=(LYON, NANTES)),
        says="gold-nantes vol_1: a mirror of gold-paris, which does not serve: nothing of what gold-lyon",
        hints="datamotion reprotect gold makes it follow gold-lyon",
    ),
    Case(
        kind="broken",
        world=broken,
        says="can be written though no failover made it so (its relationship is broken off)",
        hints="datamotion failover gold --to gold-lyon --unplanned would serve it",
    ),
    Case(
        kind="fenced",
        world=given_back,
        says="gold-lyon vol_1: served before, and is fenced: nothing is mirrored to it",
        hints="nothing resyncs it unasked",
    ),
    Case(
        kind="broken fenced",
        world=followed_since(),
        says="gold-lyon vol_1: its mirror of gold-paris was broken off, by no failover, and it is fenced",
        hints="datamotion resync gold --at gold-lyon says what making it a mirror again gives up",
    ),
    Case(
        kind="detached",
        world=without(LYON, relationship_only=True),
        says="gold-lyon vol_1: no relationship ends in it any more",
        hints="datamotion reprotect gold takes it up again",
    ),
    Case(
        kind="half resynced",
        world=related(state=MirrorState.BROKEN_OFF),
        says="gold-lyon vol_1: its resync has not come to its end: it holds the snapshot from which that began",
        hints="datamotion resync gold --at gold-lyon goes on with it",
    ),
    Case(
        kind="not mirrored here",
        world=without(LYON),
        says="gold-lyon vol_1: not mirrored here",
        hints="datamotion apply gold makes the mirror",
    ),
    Case(
        kind="empty",
        world=related(exported_snapshot=None, lag=None, state=MirrorState.UNINITIALIZED),
        says="gold-lyon vol_1: holds no complete copy yet: no first transfer runs",
        hints="datamotion apply gold begins it",
    ),
    Case(
        kind="path taken",
        world=path_taken,
        says="gold-lyon vol_1: could not be served: its junction path /vol_1 is taken by volume intruder",
        hints="at lyon: unmount that volume",
    ),
    Case(
        kind="geometry",
        world=grown,
        says="gold-lyon vol_1: its volume has 2 constituents, its source 4",
        hints="datamotion apply gold expands it where ONTAP can",
    ),
    Case(
        kind="paused",
        world=related(state=MirrorState.PAUSED),
        says="gold-lyon vol_1: paused, by whom nothing tells: no transfer starts",
        hints="datamotion apply gold resumes it",
    ),
    Case(
        kind="late",
        world=related(lag=timedelta(hours=3)),
        group=RPO,
        says="gold-lyon vol_1: older than the RPO of 2 h: 3 h old",
        hints="datamotion update gold",
    ),
    Case(kind="age unknown", world=related(lag=None), group=RPO, says="does not tell how old it is; the RPO is 2 h"),
    Case(
        kind="vault",
        world=related(policy="XDPDefault"),
        says="policy XDPDefault is a vault's",
        hints="set `policy` of gold-lyon",
    ),
    Case(
        kind="unmarked",
        world=changed(LYON, comment="another tool was here"),
        says="vol_1 at gold-lyon is a copy of vol_1",
        hints="datamotion apply gold marks it again",
    ),
    Case(
        kind="left out",
        world=narrowed,
        says="data is a member of gold, and `volumes` of gold-paris does not select it any more",
        hints="datamotion unprotect gold --volume data",
    ),
    Case(
        kind="nothing selected",
        world=nothing_selected,
        says="no volume at gold-paris matches vol_*",
        hints="correct `volumes` of gold-paris",
    ),
    Case(
        kind="clock differs",
        world=ahead(timedelta(seconds=90)),
        says="the clock of lyon is 1 min 30 s ahead of ours, which is taken out of the ages",
        exit_status=0,
    ),
    Case(
        kind="no schedule",
        world=related(policy="Unscheduled"),
        says="gold-lyon vol_1: follows no schedule: nothing is carried to it by itself",
        hints="datamotion update gold carries what is served now",
        exit_status=0,
    ),
    Case(
        kind="mounted open",
        world=changed(LYON, path="/vol_1", export="clients"),
        says="gold-lyon vol_1: mounted, and clients come in by export policy clients: who reads there can write",
        exit_status=0,
    ),
    Case(
        kind="drill",
        world=drilled,
        says="a drill serves 1 clone of mirrors, until",
        hints="datamotion drill stop gold removes them",
        exit_status=0,
    ),
    Case(
        kind="renamed",
        world=changed(PARIS, name="vol_new"),
        says="vol_1 is called vol_new at gold-paris now",
        exit_status=0,
    ),
    Case(
        kind="not a member",
        world=stranger,
        says="other at gold-lyon is a mirror of other at gold-paris, which is no member of gold",
        exit_status=0,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_it_is_told_with_its_hint_and_its_exit_status(case: Case) -> None:
    world = case.world()
    told = world.concerns(case.group)
    assert case.kind in told, sorted(told)
    concern = told[case.kind]
    assert case.says in concern.text
    assert (case.hints is None and not concern.hint) or (case.hints is not None and case.hints in (concern.hint or ""))
    assert world.status(case.group).verdict.exit_status == case.exit_status
    assert (concern.severity is Severity.NOTE) is (concern.exit_status == 0)


def test_every_row_has_its_case() -> None:
    assert [case.kind for case in CASES] == [str(kind) for kind in ROWS]
    assert set(DoubtKind) <= set(ROWS)


def test_an_age_that_cannot_be_is_told_and_never_within_the_rpo() -> None:
    for state in (MirrorState.SNAPMIRRORED, MirrorState.IN_SYNC):
        report = related(lag=None, lag_problem="tells an age that cannot be", state=state)().report(RPO)
        (concern,) = [each for each in report.concerns if each.kind == "age unknown"]
        assert "the cluster tells an age that cannot be; the RPO is 2 h" in concern.text
        assert "compare the clocks" in (concern.hint or "")
        assert [copy.within_rpo for copy in report.volumes[0].copies if copy.backend == "gold-lyon"] == [None]


@pytest.mark.parametrize(
    ("difference", "age_s", "is_within"),
    [(timedelta(minutes=4), 3600, True), (timedelta(minutes=-4), 3600 + 480, False), (timedelta(hours=9), None, None)],
)
def test_an_age_is_told_as_it_is_by_our_clock(
    difference: timedelta, age_s: float | None, is_within: bool | None
) -> None:
    world = related(lag=timedelta(minutes=64))()
    world.ahead[LYON.name] = difference
    (volume,) = world.report(a_group(rpo=timedelta(hours=1, minutes=1))).volumes
    (copy,) = [each for each in volume.copies if each.backend == "gold-lyon"]
    assert (copy.lag_s, copy.within_rpo) == (age_s, is_within)


@pytest.mark.parametrize(
    ("kind", "changes"), [("no schedule", {}), ("mounted open", {"path": "/vol_1", "export": "clients"})]
)
def test_what_is_only_a_note_marks_no_copy_as_one_to_see_to(kind: str, changes: Mapping[str, str]) -> None:
    world = related(policy="Asynchronous" if changes else "Unscheduled")()
    world.change("vol_1", LYON, **changes)
    report = world.report(BOTH)
    assert [each.kind for each in report.concerns] == [kind]
    assert {copy.trouble for volume in report.volumes for copy in volume.copies} == {None}


def test_a_clock_that_cannot_be_read_is_told_as_that() -> None:
    concerns = ahead(None)().concerns(RPO)
    assert "the clock of lyon cannot be read" in concerns["clock off"].text
    assert "the clock of lyon cannot be read; the RPO is 2 h" in concerns["age unknown"].text


def test_a_copy_whose_record_cannot_be_read_is_not_taken_for_none() -> None:
    report = unread().report(BOTH)
    (volume,) = report.volumes
    assert [copy.backend for copy in volume.copies] == ["gold-paris", "gold-nantes"], "it is not seen"
    assert "not mirrored here" not in {each.kind for each in report.concerns}


def test_a_wrong_password_is_no_reason_to_fail_over() -> None:
    concerns = lost(PARIS, refused=True)().report(BOTH).concerns
    assert not any("failover" in f"{each.text} {each.hint}" for each in concerns)


def test_a_failover_that_did_not_come_to_the_mounting_is_gone_on_with() -> None:
    world = failed_over()
    world.change("vol_1", LYON, path=None)
    assert world.concerns()["unmounted"].hint == "datamotion failover gold --to gold-lyon goes on with it"


def test_a_silent_target_is_no_reason_to_fail_over() -> None:
    concerns = lost(LYON)().report(BOTH).concerns
    assert [(each.kind, each.hint) for each in concerns] == [("silent", "Is the cluster up?")]


@pytest.mark.parametrize(
    ("state", "says"),
    [(TransferState.QUEUED, "its first transfer is queued"), (TransferState.TRANSFERRING, "its first transfer runs")],
)
def test_a_first_transfer_is_no_copy_yet(state: TransferState, says: str) -> None:
    transfer = Transfer(uuid="t", state=state, bytes_transferred=5, ended_at=None)
    told = related(exported_snapshot=None, lag=None, transfer=transfer)().concerns(BOTH)
    assert (list(told), told["empty"].text) == (["empty"], f"gold-lyon vol_1: holds no complete copy yet: {says}")


def test_a_transfer_that_failed_is_told_even_where_the_cluster_calls_it_healthy() -> None:
    failed = Transfer(uuid=None, state=TransferState.FAILED, bytes_transferred=0, ended_at=NOON)
    assert "its last transfer failed" in related(transfer=failed)().concerns(BOTH)["unhealthy"].text


def test_who_paused_mirrors_is_named_once_with_when_and_why() -> None:
    world = protected("vol_1", "vol_2")
    for name in ("vol_1", "vol_2"):
        world.relate(name, LYON, state=MirrorState.PAUSED)
        comment = a_mark(name, paused="2031-05-04T09:00:00Z", paused_by="ann@ops, process 7", reason="new shelf")
        world.change(name, LYON, comment=comment)
    concern = world.concerns()["paused"]
    assert concern.text == (
        "gold-lyon vol_1, vol_2: paused by ann@ops, process 7, at 2031-05-04 09:00 UTC (new shelf): no transfer starts"
    )
    assert concern.hint == "datamotion resume gold resumes it"


def test_of_a_mirror_that_a_failover_may_have_paused_that_failover_is_told() -> None:
    world = unfinished()
    for target in (LYON, NANTES):
        world.relate("vol_1", target, state=MirrorState.PAUSED)
    told = {each.text: each.hint for each in world.report(BOTH).concerns if each.kind == "paused"}
    begun = "paused, as a failover to it does that was begun in epoch 2 and is not done"
    assert told == {
        f"gold-lyon vol_1: {begun}: no transfer starts": "datamotion failover gold --to gold-lyon goes on with it",
        "gold-nantes vol_1: paused, by whom nothing tells: no transfer starts": "datamotion apply gold resumes it",
    }


def test_what_a_cluster_that_was_not_seen_may_hold_is_not_said_to_be_missing() -> None:
    world = failed_over()
    world.lose(PARIS)
    assert (
        "unprotected since 2031-05-03 12:00 UTC (epoch 2), as far as is known here: nothing that can be seen mirrors"
        in world.concerns()["unprotected"].text
    )


def test_what_was_mirrored_from_here_to_a_cluster_that_is_not_seen_is_not_said_to_be_unprotected_since() -> None:
    world = failed_over("vol_1", "vol_2", "vol_3")
    world.lose(PARIS)
    before = NOON - timedelta(days=2)
    world.mirrored = {
        ("paris", "vol_1"): NOON,
        ("paris", "vol_2"): NOON - timedelta(hours=1),
        ("paris", "vol_3"): before,
    }
    told = world.concerns()
    assert told["no mirror"].volumes == ("vol_1", "vol_2")
    assert (
        "nothing that can be seen (runs from here mirrored it last to gold-paris, on 2031-05-04 11:00 UTC or later)"
        " mirrors what gold-lyon serves" in told["no mirror"].text
    )
    assert told["unprotected"].volumes == ("vol_3",), "what was mirrored before somebody took over counts no more"


def test_where_the_store_cannot_tell_what_is_mirrored_nothing_is_said_of_since_when() -> None:
    world = failed_over()
    world.lose(PARIS)
    world.forgotten = "the store datamotion.db cannot be opened: file is not a database"
    assert "unprotected" not in world.concerns()
    assert "nothing that can be seen mirrors" in world.concerns()["no mirror"].text


def test_what_its_source_lists_by_uuid_or_by_its_place_or_is_not_asked_for_is_not_said_to_be_released() -> None:
    assert "not listed" not in listing(LYON, NANTES)().concerns(BOTH)
    assert "not listed" not in protected(targets=(LYON, NANTES)).concerns(BOTH)
    world = listing(NANTES)()
    assert world.listed is not None
    world.listed += [replace(world.listed[0], uuid="gold-lyon/vol_1/mirror", destination=Endpoint("x", "renamed"))]
    assert "not listed" not in world.concerns(BOTH)


def test_the_same_doubt_of_many_volumes_is_said_once() -> None:
    names = [f"vol_{number}" for number in range(1, 21)]
    world = protected(*names)
    for name in names:
        world.change(name, LYON, comment="")
    (concern,) = world.report().concerns
    assert len(concern.volumes) == 20
    assert concern.text.startswith("vol_1 at gold-lyon is a copy of vol_1")
    assert concern.text.endswith("; the same holds for 19 other volumes: vol_2, vol_3, vol_4, vol_5 and 15 more")


@pytest.mark.parametrize(
    ("ago", "at", "is_named"),
    [(timedelta(hours=1), PARIS, True), (timedelta(minutes=59), PARIS, False), (timedelta(days=1), NANTES, False)],
)
def test_of_who_was_overtaken_long_ago_and_is_silent_the_hint_names_what_lets_it_go(
    ago: timedelta, at: Backend, is_named: bool
) -> None:
    world = protected(targets=(LYON, NANTES))
    world.claim(2, LYON, since=NOON - ago)
    world.broken("vol_1", path="/vol_1")
    world.lose(at)
    hint = world.concerns(a_group(LYON, NANTES))["silent"].hint or ""
    assert ("If it will not come back: datamotion forget gold gold-paris" in hint) is is_named, hint


def test_where_no_target_is_in_sight_nothing_is_advised_that_apply_would_refuse() -> None:
    world = protected(targets=(LYON,))
    world.lose(LYON)
    hint = world.concerns(a_group(LYON))["no mirror"].hint
    assert hint is not None
    assert hint.startswith("none of its targets can be seen")
    world = protected(targets=(LYON, NANTES))
    world.lose(LYON)
    del world.mirrors["gold-nantes", "vol_1"], world.volumes["gold-nantes", "vol_1"]
    assert world.concerns(BOTH)["no mirror"].hint == "datamotion apply gold makes mirrors where it can"
