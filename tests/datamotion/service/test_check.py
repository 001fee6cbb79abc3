"""What `check` finds in a view: what is as it should be, what is not, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from datamotion.model.cluster_records import (
    Access,
    Aggregate,
    ClusterIdentity,
    ClusterPeer,
    IpInterface,
    Node,
    Schedule,
)
from datamotion.model.group import Group
from datamotion.model.mirror_records import Endpoint, Listed
from datamotion.model.view import CHECKING, Aspect, ClusterClock, ClusterView, Unreadable, View
from datamotion.model.volume_records import SvmPeer
from datamotion.service.check import Ways, check_report
from datamotion.service.check_reports import CheckKind, CheckLine, CheckReport, Finding
from datamotion.service.verdict import Verdict
from tests.datamotion.service.landscapes import ASYNC, LYON, NANTES, NOON, PARIS, Landscape, a_group, protected

SCHEDULES = (
    Schedule(name="hourly", minutes=(5,)),
    Schedule(name="weekdays", minutes=(0,), weekdays=(1, 2, 3, 4, 5)),
    Schedule(name="every minute", minutes=()),
    Schedule(name="never", minutes=(0,), days=(31,), months=(2,)),
)
SYNC = replace(ASYNC, uuid="sync", name="Sync", type="sync", schedule=None, takes_snapshots=False)


def seen_whole(view: View, group: Group) -> dict[str, ClusterView]:
    """With all that `check` looks at: everything peered, licensed and new enough. Unseen clusters are left out."""
    whole = {}
    for backend in group.backends:
        seen = view[backend.cluster]
        if not isinstance(seen, ClusterView):
            continue
        others = [each for each in group.backends if each is not backend]
        whole[backend.cluster] = replace(
            seen,
            looked_at=dict.fromkeys(CHECKING, NOON),
            identity=ClusterIdentity(name=f"{backend.cluster}-own", uuid=backend.cluster, version=(9, 14, 1)),
            cluster_peers=tuple(
                ClusterPeer(uuid=each.name, name=f"to_{each.name}", remote=f"{each.cluster}-own", available=True)
                for each in others
            ),
            svm_peers=tuple(
                SvmPeer(
                    uuid=each.name,
                    name=each.svm,
                    svm=backend.svm,
                    peer_svm=each.svm,
                    peer_svm_uuid=f"{each.svm}-uuid",
                    peer_cluster=f"to_{each.name}",
                    peer_cluster_uuid=None,
                    state="peered",
                    applications=frozenset({"snapmirror"}),
                )
                for each in others
            ),
            aggregates=(Aggregate(name="aggr1", available_bytes=2**40),),
            schedules={each.name: each for each in SCHEDULES},
            licenses=frozenset({"snapmirror"}),
            nodes=(Node(name=f"{backend.cluster}-01", state="up"), Node(name=f"{backend.cluster}-02", state="up")),
            interfaces=tuple(
                IpInterface(name=f"ic{number}", node=f"{backend.cluster}-0{number}", is_up=True) for number in (1, 2)
            ),
            access=Access(account="admin", role="admin", granted={"/api": "all"}),
            policies=(*seen.policies, SYNC),
        )
    return whole


def found(
    change: Callable[[ClusterView], ClusterView], at: str = "lyon", group: Group | None = None
) -> tuple[list[CheckLine], CheckReport]:
    """The lines that did not pass once one cluster was changed, but for what cannot be planned then."""
    group = group or a_group()
    view = seen_whole(protected().view(group), group)
    view[at] = change(view[at])
    report = check_report([group], view)
    followed = "not before this is mended"
    return [
        line
        for line in report.lines
        if line.finding is not Finding.PASSED and not (line.detail or "").startswith(followed)
    ], report


def test_all_is_well() -> None:
    lines, report = found(lambda seen: seen)
    assert (lines, report.verdict) == ([], Verdict.DONE)
    assert "its picture holds no doubt (1 volume)" in {line.what for line in report.lines}


def peering(**changes: object) -> Callable[[ClusterView], ClusterView]:
    return lambda seen: replace(seen, svm_peers=tuple(replace(each, **changes) for each in seen.svm_peers))  # type: ignore[arg-type]


def cluster_peer(**changes: object) -> Callable[[ClusterView], ClusterView]:
    return lambda seen: replace(seen, cluster_peers=tuple(replace(each, **changes) for each in seen.cluster_peers))  # type: ignore[arg-type]


def identity(version: tuple[int, int, int]) -> Callable[[ClusterView], ClusterView]:
    return lambda seen: replace(seen, identity=ClusterIdentity(name="lyon-own", uuid="lyon", version=version))


def target(**changes: object) -> Group:
    group = a_group()
    return replace(group, targets=tuple(replace(each, **changes) for each in group.targets))  # type: ignore[arg-type]


UNCHANGED: Callable[[ClusterView], ClusterView] = lambda seen: seen  # noqa: E731


@pytest.mark.parametrize(
    ("change", "group", "detail", "hint"),
    [
        (identity((9, 10, 1)), a_group(), "ONTAP 9.10.1", "upgrade it; REST lacks what mirroring needs"),
        (lambda seen: replace(seen, licenses=frozenset({"nfs"})), a_group(), "it tells none", "system license add"),
        (peering(state="suspended"), a_group(), "the peering is suspended", "at lyon: `vserver peer resume`"),
        (peering(state="rejected"), a_group(), "the peering is rejected", "`vserver peer delete`"),
        (
            cluster_peer(available=False),
            a_group(),
            "cluster peer to_gold-paris is not available",
            "`cluster peer ping` on lyon",
        ),
        (cluster_peer(remote="x"), a_group(), "no cluster peer that calls itself paris-own", "cluster peer create"),
        (UNCHANGED, target(policy="XDPDefault"), "it is a vault's", "name one that mirrors, as Asynchronous"),
        (UNCHANGED, target(policy="Sync"), "it is of type sync: mirrors are kept asynchronously here", "type async"),
        (UNCHANGED, target(policy="Mirror"), "there is none", "correct `policy`"),
        (UNCHANGED, target(schedule="daily"), "there is none", "correct `schedule`"),
        (UNCHANGED, target(aggregates={"*": ("aggr2",)}), "there is none", "correct `aggregates`"),
    ],
)
def test_what_is_wrong_is_told_with_what_would_mend_it(
    change: Callable[[ClusterView], ClusterView], group: Group, detail: str, hint: str
) -> None:
    (line,), report = found(change, group=group)
    assert (line.finding, report.verdict.exit_status) == (Finding.FAILED, 1)
    assert detail in (line.detail or "")
    assert hint in (line.hint or "")


@pytest.mark.parametrize(
    ("change", "detail", "hint"),
    [
        (lambda seen: replace(seen, svm_peers=()), "not yet", "datamotion apply peers them where it needs it"),
        (peering(state="initiated"), "initiated: it waits to be accepted", "datamotion apply accepts it"),
        (peering(state="pending"), "pending: it waits to be accepted", "datamotion apply accepts it"),
        (peering(state="initializing"), "initializing: it is being made", None),
        (
            peering(applications=frozenset({"flexcache"})),
            "for flexcache so far",
            "datamotion apply allows SnapMirror too",
        ),
    ],
)
def test_what_apply_makes_or_nobody_can_tell_is_a_note_and_never_passed(
    change: Callable[[ClusterView], ClusterView], detail: str, hint: str | None
) -> None:
    (line,), report = found(change)
    assert (line.finding, report.verdict) == (Finding.NOTE, Verdict.DONE)
    assert (line.detail, line.hint) == (detail, hint)


def test_a_target_that_could_not_follow_another_target_is_told() -> None:
    group = a_group(LYON, NANTES)
    world = protected(targets=(LYON, NANTES))
    view = seen_whole(world.view(group), group)
    view["lyon"] = replace(view["lyon"], cluster_peers=view["lyon"].cluster_peers[:1])
    report = check_report([group], view)
    line, ground = (each for each in report.lines if each.finding is not Finding.PASSED)
    assert (line.subject, line.finding, report.verdict) == ("gold-lyon", Finding.NOTE, Verdict.DONE)
    assert (line.detail or "").endswith("it could not mirror what gold-nantes serves")
    assert (ground.subject, ground.finding) == ("gold-lyon", Finding.NOTE)
    assert (ground.detail or "").startswith(
        "they share no snapshot: a failover to one of them costs the other all of it"
    )


def looked_at(world: Landscape) -> CheckReport:
    group = a_group()
    view = world.view(group)
    return check_report([group], {**view, **seen_whole(view, group)})


def test_what_a_silent_cluster_would_show_is_never_passed() -> None:
    world = protected()
    world.lose(LYON)
    report = looked_at(world)
    assert report.verdict is Verdict.SILENT
    lines = [line for line in report.lines if "lyon" in f"{line.subject} {line.what}"]
    assert {line.finding for line in lines} == {Finding.FAILED, Finding.NOT_LOOKED}
    assert any(line.what == "its picture holds no doubt" for line in report.lines if line.finding is Finding.NOT_LOOKED)


@pytest.mark.parametrize(
    ("why", "hint"),
    [
        ({"refused": True}, "paris does not accept user 'admin' with this password"),
        ({"not_asked": True}, "export PASSWORD=..."),
    ],
)
def test_a_cluster_that_says_no_or_cannot_be_asked_is_told_with_what_helps(why: dict[str, bool], hint: str) -> None:
    world = protected()
    world.lose(PARIS, **why)
    report = looked_at(world)
    (line,) = (line for line in report.lines if line.subject == "paris")
    assert (report.verdict, line.finding) == (Verdict.FAILED, Finding.FAILED)
    assert line.hint == hint


def test_doubts_are_told_as_status_tells_them() -> None:
    world = protected()
    world.change("vol_1", LYON, comment="another tool was here")
    report = looked_at(world)
    (line,) = (line for line in report.lines if line.finding is not Finding.PASSED)
    assert (line.subject, line.what, report.verdict) == ("gold", "its picture: unmarked", Verdict.FAILED)
    assert "with no mark that can be read" in (line.detail or "")


def test_a_stopped_svm_is_told() -> None:
    world = protected()
    world.svms[LYON.name] = "stopped"
    (line,) = (line for line in looked_at(world).lines if line.finding is not Finding.PASSED)
    assert (line.detail, line.hint) == ("it is stopped", "at lyon: vserver start -vserver svm_lyon")


@pytest.mark.parametrize(
    ("ahead", "finding", "says"),
    [
        (timedelta(seconds=40), Finding.NOTE, "it is 40 s ahead of ours, which is taken out of the ages that it tells"),
        (timedelta(hours=-2), Finding.FAILED, "it is 2 h behind ours: no age that it tells is believed"),
        (None, Finding.FAILED, "it cannot be read: no age that it tells is believed"),
    ],
)
def test_a_clock_that_differs(ahead: timedelta | None, finding: Finding, says: str) -> None:
    lines, _ = found(lambda seen: replace(seen, clock=ClusterClock(ahead=ahead)))
    line = next(each for each in lines if each.what == "its clock agrees with ours")
    assert (line.subject, line.finding, line.detail) == ("lyon", finding, says)


@pytest.mark.parametrize(
    ("aspect", "parts", "what"),
    [
        (Aspect.SVMS, {"svms": ()}, "SVM svm_lyon is running on lyon"),
        (Aspect.LICENSES, {"licenses": frozenset({"nfs"})}, "has a SnapMirror licence"),
        (Aspect.SCHEDULES, {"schedules": frozenset()}, "schedule hourly is on lyon"),
        (Aspect.AGGREGATES, {"aggregates": ()}, "aggregate aggr1 is on lyon"),
        (Aspect.CLUSTER_PEERS, {"cluster_peers": ()}, "lyon and paris are peered"),
        (Aspect.SVM_PEERS, {"svm_peers": ()}, "its SVM is peered with that of gold-paris"),
    ],
)
def test_what_may_be_behind_a_record_that_cannot_be_read_is_not_looked_at(
    aspect: Aspect, parts: Mapping[str, object], what: str
) -> None:
    told = Unreadable(aspect=aspect, reason="it has no `name`", svm=None)
    group = a_group()
    group = replace(group, targets=tuple(replace(each, schedule="hourly") for each in group.targets))
    lines, report = found(lambda seen: replace(seen, unreadable=(told,), **parts), group=group)  # type: ignore[arg-type]
    looked = {line.what: line for line in lines}
    if aspect is Aspect.SVMS:
        assert looked[what].finding is Finding.NOT_LOOKED
    else:
        assert (looked[what].finding, looked[what].detail) == (Finding.NOT_LOOKED, "it has no `name`")
    assert report.verdict is not Verdict.DONE


def identified(**changes: object) -> Callable[[ClusterView], ClusterView]:
    return lambda seen: replace(seen, **changes)  # type: ignore[arg-type]


def granted(**changes: str) -> Callable[[ClusterView], ClusterView]:
    paths = {path.replace("__", "/"): access for path, access in changes.items()}
    return lambda seen: replace(seen, access=Access(account="ops", role="ops", granted=paths))


def followed(schedule: str) -> Group:
    return replace(target(schedule=schedule), rpo=timedelta(hours=2))


@pytest.mark.parametrize(
    ("change", "group", "kind", "detail", "hint"),
    [
        (identity((9, 20, 1)), a_group(), CheckKind.VERSION, "6 releases apart, and at most 5", "upgrade paris-own"),
        (
            identified(interfaces=(IpInterface(name="ic1", node="lyon-01", is_up=True),)),
            a_group(),
            CheckKind.INTERFACES,
            "it has none",
            "at lyon: network interface show",
        ),
        (
            identified(nodes=(Node(name="lyon-03", state="down"),)),
            a_group(),
            CheckKind.INTERFACES,
            "the node is down",
            "network interface show",
        ),
        (granted(__api="readonly"), a_group(), CheckKind.PRIVILEGES, "/api/storage/volumes all", "datamotion role"),
        (
            granted(__api="all", __api__svm__peers="none"),
            a_group(),
            CheckKind.PRIVILEGES,
            "it lacks /api/svm/peers read_create_modify",
            "datamotion role",
        ),
        (
            granted(**{"/api": "all", "/api/snapmirror/relationships/*/transfers": "readonly"}),
            a_group(),
            CheckKind.PRIVILEGES,
            "it lacks /api/snapmirror/relationships all",
            "datamotion role",
        ),
        (UNCHANGED, followed("weekdays"), CheckKind.RPO, "weekdays lets up to 2 d 1 h pass", "fires more often"),
        (UNCHANGED, followed("every minute"), CheckKind.LIMITS, "fires 1 min apart", "fires less often"),
        (
            UNCHANGED,
            replace(target(policy="Unscheduled"), rpo=timedelta(hours=2)),
            CheckKind.RPO,
            "neither the target nor its policy has a schedule",
            "name a `schedule`",
        ),
    ],
)
def test_what_would_fail_later_is_told_before(
    change: Callable[[ClusterView], ClusterView], group: Group, kind: CheckKind, detail: str, hint: str
) -> None:
    lines, report = found(change, group=group)
    (line,) = (each for each in lines if each.finding is Finding.FAILED)
    assert (line.kind, report.ready, report.verdict.exit_status) == (kind, False, 1)
    assert detail in (line.detail or "")
    assert hint in (line.hint or "")


@pytest.mark.parametrize(
    ("change", "group", "kind", "why"),
    [
        (identified(licenses=None), a_group(), CheckKind.LICENCE, "it tells no licences"),
        (identified(access=None), a_group(), CheckKind.PRIVILEGES, "may not read accounts and roles"),
        (
            identified(access=Access(account="LAB\\ops", role=None, granted={})),
            a_group(),
            CheckKind.PRIVILEGES,
            "no account of the cluster is listed",
        ),
        (granted(DEFAULT="all"), a_group(), CheckKind.PRIVILEGES, "that role is told as commands"),
        (identified(nodes=None), a_group(), CheckKind.INTERFACES, "it tells no nodes"),
        (identified(interfaces=None), a_group(), CheckKind.INTERFACES, "it tells no interfaces"),
        (identity((9, 15, 0)), a_group(), CheckKind.VERSION, "only the general releases"),
        (UNCHANGED, followed("never"), CheckKind.RPO, "when never fires is not known"),
    ],
)
def test_what_could_not_be_looked_at_is_never_passed_and_never_ready(
    change: Callable[[ClusterView], ClusterView], group: Group, kind: CheckKind, why: str
) -> None:
    (line,), report = found(change, group=group)
    assert (line.kind, line.finding, report.ready, report.verdict) == (kind, Finding.NOT_LOOKED, False, Verdict.FAILED)
    assert why in (line.detail or "")


def test_an_account_that_may_not_delete_is_ready_for_all_but_what_deletes() -> None:
    """docs/security.md offers such a role."""
    lesser = {f"/api/{path}": "read_create_modify" for path in ("snapmirror/policies", "storage/volumes")}
    (line,), report = found(granted(**{"/api": "all", **lesser}))
    assert (line.kind, line.finding, report.ready) == (CheckKind.PRIVILEGES, Finding.NOTE, True)
    assert line.detail == (
        "but for `--peer-clusters` and what `unprotect`, `reprotect`, `drill` and `gc` delete: it lacks"
        " /api/snapmirror/policies all, /api/storage/volumes all"
    )
    (line,), _ = found(granted(**{"/api": "all", "/api/protocols/cifs/sessions": "read_create_modify"}))
    assert line.finding is Finding.FAILED, "a fence closes sessions"


def test_a_schedule_that_is_just_as_far_apart_as_the_rpo_cannot_meet_it() -> None:
    (line,), _ = found(UNCHANGED, group=replace(a_group(), rpo=timedelta(hours=1)))
    assert line.kind is CheckKind.RPO
    assert found(UNCHANGED, group=replace(a_group(), rpo=timedelta(hours=1, seconds=1)))[0] == []


def test_what_a_newer_release_alone_can_have_is_worth_knowing() -> None:
    (line,), report = found(identity((9, 16, 1)))
    assert (line.finding, line.what, report.ready) == (Finding.NOTE, "from lyon-own to paris-own", True)
    assert "advanced capacity balancing" in (line.detail or "")


def test_mirrors_that_others_made_of_a_volume_count_towards_its_limit() -> None:
    def mirrored(times: int) -> Callable[[ClusterView], ClusterView]:
        source = Endpoint(PARIS.svm, "vol_1")
        listed = tuple(
            Listed(
                uuid=f"r-{number}",
                source=source,
                destination=Endpoint("elsewhere", f"copy_{number}"),
                destination_cluster="nice",
                destination_svm_uuid=f"{number}" if number else f"{LYON.svm}-uuid",  # the first is the group's own
            )
            for number in range(times + 1)
        )
        return identified(destinations=listed)

    assert found(mirrored(7), at="paris")[0] == []
    (line,), _ = found(mirrored(8), at="paris")
    assert (line.kind, line.detail) == (CheckKind.LIMITS, "vol_1 has 8 of others and 1 of gold")


def test_a_name_that_is_taken_is_told_for_each_volume_and_beyond_ten_counted() -> None:
    world = Landscape()
    for number in range(12):
        world.serve(f"vol_{number}")
        world.serve(f"vol_{number}", LYON)
        world.change(f"vol_{number}", LYON, comment="")
    world.claim(1, PARIS)
    lines = [line for line in looked_at(world).lines if line.kind is CheckKind.MIRRORS]
    assert len(lines) == 11
    assert "cannot become the mirror of vol_0" in (lines[0].detail or "")
    assert (lines[-1].detail, lines[-1].hint) == ("2 other volumes cannot", "datamotion plan gold tells them all")


def test_a_volume_that_is_too_large_for_its_aggregates_is_told_beforehand() -> None:
    world = protected()
    world.volumes.pop((LYON.name, "vol_1"))
    world.mirrors.pop((LYON.name, "vol_1"))
    world.change("vol_1", PARIS, guarantee="volume", size_bytes=2**41)
    (line,) = (each for each in looked_at(world).lines if each.kind is CheckKind.MIRRORS)
    assert (line.finding, line.hint) == (Finding.FAILED, "make room there, or map the volume to another aggregate")
    assert "has no room for vol_1, which is thick, of 2 TiB" in (line.detail or "")


def ways(**named: str) -> tuple[set[str], set[str]]:
    """The subjects of a check that is told which mirrors are meant, and the peers that it looks at."""
    group = a_group(LYON, NANTES)
    view = seen_whole(protected(targets=(LYON, NANTES)).view(group), group)
    lines = check_report([group], view, ways=Ways(**named)).lines
    peers = {f"{line.subject}: {line.what}" for line in lines if line.kind is CheckKind.CLUSTER_PEER}
    return {line.subject for line in lines}, peers


def test_only_what_is_meant_is_looked_at() -> None:
    assert ways(source="gold-paris", target="gold-lyon") == (
        {"paris", "lyon", "gold-paris", "gold-lyon", "gold"},
        {"gold-lyon: lyon and paris are peered"},
    )
    subjects, peers = ways(source="gold-lyon")
    assert ("paris" in subjects, peers) == (False, {"gold-nantes: nantes and lyon are peered"})
    assert ways(target="gold-lyon")[1] == {
        "gold-lyon: lyon and paris are peered",
        "gold-lyon: lyon and nantes are peered",
    }


def test_the_page_has_a_row_for_each_kind_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs" / "check.md").read_text(encoding="utf-8")
    table = page.partition("| kind |")[2].partition("\n\n")[0]
    rows = [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()[2:]]
    assert sorted(rows) == sorted(CheckKind)
