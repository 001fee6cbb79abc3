"""What `check` finds in a view: what is as it should be, what is not, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from datamotion.model.group import Group
from datamotion.model.records import Aggregate, ClusterIdentity, ClusterPeer, SvmPeer
from datamotion.model.view import EVERYTHING, Aspect, ClusterClock, ClusterView, Unreadable, View
from datamotion.service.check import check_report
from datamotion.service.reports import CheckLine, CheckReport, Finding, Verdict
from tests.datamotion.service.landscapes import ASYNC, LYON, NANTES, NOON, PARIS, Landscape, a_group, protected

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
            looked_at=dict.fromkeys(EVERYTHING, NOON),
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
            schedules=frozenset({"hourly"}),
            licenses=frozenset({"snapmirror"}),
            policies=(*seen.policies, SYNC),
        )
    return whole


def found(
    change: Callable[[ClusterView], ClusterView], at: str = "lyon", group: Group | None = None
) -> tuple[list[CheckLine], CheckReport]:
    """The lines that did not pass once one cluster was changed."""
    group = group or a_group()
    view = seen_whole(protected().view(group), group)
    view[at] = change(view[at])
    report = check_report([group], view)
    return [line for line in report.lines if line.finding is not Finding.PASSED], report


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
        (identity((9, 10, 0)), a_group(), "ONTAP 9.10.0", "upgrade it; REST lacks what mirroring needs"),
        (lambda seen: replace(seen, licenses=frozenset({"nfs"})), a_group(), "it tells none", "system license add"),
        (peering(state="suspended"), a_group(), "the peering is suspended", "at lyon: `vserver peer resume`"),
        (peering(state="rejected"), a_group(), "the peering is rejected", "`vserver peer delete`"),
        (cluster_peer(available=False), a_group(), "cluster peer to_gold-paris is not available", "cluster peer"),
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
    ("change", "detail"),
    [
        (lambda seen: replace(seen, licenses=None), "it tells no licences"),
        (lambda seen: replace(seen, svm_peers=()), "not yet: datamotion apply peers them"),
        (peering(state="initiated"), "initiated: it waits to be accepted"),
        (peering(state="pending"), "pending: it waits to be accepted"),
        (peering(applications=frozenset({"flexcache"})), "for flexcache so far: datamotion apply allows SnapMirror"),
    ],
)
def test_what_apply_makes_or_nobody_can_tell_is_a_note_and_never_passed(
    change: Callable[[ClusterView], ClusterView], detail: str
) -> None:
    (line,), report = found(change)
    assert (line.finding, report.verdict) == (Finding.NOTE, Verdict.DONE)
    assert detail in (line.detail or "")


def test_a_target_that_could_not_follow_another_target_is_told() -> None:
    group = a_group(LYON, NANTES)
    world = protected(targets=(LYON, NANTES))
    view = seen_whole(world.view(group), group)
    view["lyon"] = replace(view["lyon"], cluster_peers=view["lyon"].cluster_peers[:1])
    report = check_report([group], view)
    (line,) = (each for each in report.lines if each.finding is not Finding.PASSED)
    assert (line.subject, line.finding, report.verdict) == ("gold-lyon", Finding.NOTE, Verdict.DONE)
    assert (line.detail or "").endswith("it could not mirror what gold-nantes serves")


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
