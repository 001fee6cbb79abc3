"""Prints faces on the terminal that it runs on, each always the same: `python -m tests.faces.pictures`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from datamotion.cli.copying import progress_line, render_copied
from datamotion.cli.lab import render_clusters
from datamotion.cli.main import run
from datamotion.cli.past import render_history
from datamotion.cli.render import render_plan
from datamotion.cli.render_drill import render_drill
from datamotion.cli.render_explained import render_explained
from datamotion.cli.render_migrations import render_migrations
from datamotion.cli.render_status import render_status
from datamotion.cli.runs import render_runs
from datamotion.cli.terminal import open_console
from datamotion.cli.watching import TerminalWatcher
from datamotion.engine.ports import Delay, Look
from datamotion.hostcopy.progress import CopyProgressReport
from datamotion.model.remark import Remark
from datamotion.service.commands_here import CheckOutcome
from datamotion.service.copying import CopyReport
from datamotion.service.drill_reports import Checksums, DrillReport, MirrorSeen, Served, changes_of
from datamotion.service.explain import ExplainReport, PlaceReport, SiteReport
from datamotion.service.history_reports import HistoryReport, PastRunReport
from datamotion.service.migration_reports import MigrationReport, MigrationsReport
from datamotion.service.open_runs import OpenRunReport, RunsReport, RunState
from datamotion.service.verdict import Verdict
from ontaplab.site.status import ClusterStatus
from tests.datamotion.building import GIB
from tests.datamotion.service.landscapes import NOON, a_group, protected
from tests.faces.test_cli_render import a_plan, plan
from tests.faces.test_cli_watching import Hands, awaited, look

BEGINS = "== face: "

_UUID = "6b1f0c5e-0000-4000-8000-000000000001"
_SNAPSHOT = f"snapmirror.{_UUID}_2159.2031-05-04_115500"
_LONG = "données_客户_invoices_of_the_year_2031_archive_of_paris"


def begin(face: str) -> None:
    """What is printed from here on is that face's."""
    print(f"{BEGINS}{face}", flush=True)


def status() -> None:
    render_status(
        protected("vol_1", "vol_2", _LONG.replace("données", "vol")).status(a_group(rpo=timedelta(minutes=5)))
    )


def a_plan_of_many() -> None:
    plan(open_console())


def nothing_to_do() -> None:
    render_plan(a_plan(holds=3))


def explain() -> None:
    places = (
        PlaceReport(
            backend="gold-lyon", usable=12, volumes=12, loses_s=600, loses="at worst the last 10 min", why_not=None
        ),
        PlaceReport(
            backend="gold-nantes",
            usable=11,
            volumes=12,
            loses_s=None,
            loses="nobody can tell how much",
            why_not="it has no copy of vol_7",
        ),
    )
    made = SiteReport(
        backend="gold-paris",
        cluster="paris",
        serves=True,
        is_seen=True,
        places=places,
        unmirrored=(),
        lost=("vol_12",),
        unsighted=(),
        hint="datamotion apply gold mirrors what it can",
        undecided=(),
        plan=None,
    )
    render_explained(
        ExplainReport(
            at=NOON,
            group="gold",
            home="gold-paris",
            serving="gold-paris",
            epoch=1,
            since=NOON,
            by="anna@ops",
            shut_out=(),
            unmirrored=(),
            sites=(made,),
            verdict=Verdict.ATTENTION,
        )
    )


def following() -> None:
    """First transfers: one stalls while its cluster leaves a request unanswered, one is given up, the others come."""
    clock = Hands()
    one, two, three = awaited()
    with TerminalWatcher(clock, clock.silent) as watcher:
        for clock.seconds, moved, since_s in ((0, 0, None), (10, GIB // 4, None), (50, GIB // 4, 10.0)):
            watcher.looked(look(moved, since_s))
        clock.unanswered["lyon"] = Delay(48, 78)
        clock.seconds = 60
        watcher.passed()
        clock.unanswered.clear()
        clock.seconds = 70
        watcher.given_up([two], "lyon says no: 客户 has no room", behind=False)
        watcher.reached([one])
        watcher.reached([three])
        done = replace(look(0).plan, steps=())
        watcher.looked(Look(due=(), plan=done, standing=look(0).standing, still={}))


def _a_drill() -> DrillReport:
    """One of which a check failed, a file is another one, and a mirror is not as it was."""
    before = [
        MirrorSeen(volume=name, backend="gold-lyon", uuid=_UUID, state="snapmirrored", snapshot=_SNAPSHOT, lag_s=300.0)
        for name in ("vol_1", _LONG)
    ]
    after = [before[0], replace(before[1], state="broken_off")]
    return DrillReport(
        group="gold",
        backend="gold-lyon",
        svm="svm_gold_dr",
        at=NOON,
        until=NOON + timedelta(hours=2),
        seconds_to_serve=1.4,
        served=(
            Served(volume="vol_1", clone="vol_1_drill", path="/drill/vol_1", snapshot=_SNAPSHOT, age_s=300.0),
            Served(volume=_LONG, clone=f"{_LONG}_drill", path=f"/drill/{_LONG}", snapshot=_SNAPSHOT, age_s=None),
        ),
        missing=("vol_2",),
        checks=(
            CheckOutcome(command="restore-test --quick", status=0, printed="", problem=None, seconds=12.3),
            CheckOutcome(command="restore-test", status=None, printed="", problem="no end in 60 s", seconds=60.0),
        ),
        checksums=Checksums(
            manifest="/srv/manifest",
            manifest_sha256="9f" * 32,
            folder="/mnt/drill",
            named=1200,
            equal=1198,
            differing=1,
            differ=("vol_1/ledger.db",),
            unreadable=1,
            missing=("vol_1/客户.db",),
            problem=None,
            seconds=40.2,
        ),
        before=tuple(before),
        after=tuple(after),
        changed=changes_of(before, after),
        unfinished=(),
    )


def drilled() -> None:
    render_drill(_a_drill())


def drill_unfinished() -> None:
    """The command was ended while its second check ran."""
    whole = _a_drill()
    left = ("check restore-test", "checksums of /srv/manifest", "a look at the mirrors afterwards")
    render_drill(
        replace(whole, checks=whole.checks[:1], checksums=None, after=(), changed=(), missing=(), unfinished=left)
    )


def _past(
    run: int, operation: str, phase: str, why: str | None = None, drill_outcome: str | None = None
) -> PastRunReport:
    return PastRunReport(
        run=run,
        group="gold",
        operation=operation,
        who="anna@ops-console-1, process 4711",
        why=why,
        phase=phase,
        drill_outcome=drill_outcome,
        started_at=NOON + timedelta(minutes=run),
        ended_at=NOON + timedelta(minutes=run, seconds=90) if phase != "acting" else None,
        seconds=90.0 if phase != "acting" else None,
    )


_STORM = "a storm at paris: nobody knows when the power comes back, and the customers of gold cannot wait for that"


def past() -> None:
    told = (
        _past(12, "failover", "partly done", _STORM),
        _past(4, "drill stop", "done"),
        _past(3, "drill", "done", drill_outcome="failed"),
    )
    render_history(HistoryReport(runs=told, is_all=False))


def nothing_past() -> None:
    render_history(HistoryReport(runs=(), is_all=True))


def open_ones() -> None:
    states = (RunState.UNDER_WAY, RunState.WAITS, RunState.CUT_OFF)
    told = (_past(12, "failover", "acting", _STORM), _past(13, "update", "acting"), _past(14, "protect", "acting"))
    commands = (None, "datamotion update gold", "datamotion apply gold")
    made = zip(told, states, commands, strict=True)
    render_runs(
        RunsReport(runs=tuple(OpenRunReport(run=run, state=state, goes_on=by, if_lost=None) for run, state, by in made))
    )


def migrations() -> None:
    luns = MigrationReport(
        volume="vol_1/disk",
        source="gold-paris, /vol/vol_1/disk",
        to="gold-other, /vol/vol_3/disk",
        mechanism="LUN copy",
        state="replicating",
        moved=GIB,
        total=4 * GIB,
        rate=100 * 2**20,
        seconds_left=30.7,
    )
    mirrored = MigrationReport(
        volume=_LONG,
        source="gold-paris",
        to="gold-lyon",
        mechanism="SnapMirror and cut-over",
        state="snapmirrored, clients are kept away from gold-paris",
        moved=None,
        total=2 * GIB,
    )
    unseen = "nantes: nantes (https://nantes.example) cannot be reached: nothing answers"
    render_migrations(MigrationsReport(migrations=(luns, mirrored), unseen=(unseen,)))


def copied() -> None:
    """As it goes, and how it ended: with files that were left out, then whole, then not at all."""
    for passed, is_whole, left in ((GIB // 3, False, None), (GIB, True, 61.0)):
        goes = CopyProgressReport(
            passed=passed, total=3 * GIB, is_whole=is_whole, bytes_s=34.6 * 2**20, seconds_left=left
        )
        print(progress_line(goes), flush=True)
    made = CopyReport(
        source="/mnt/gold",
        destination=f"/mnt/silver/{_LONG}",
        kind="folder",
        outcome="done",
        verify="full",
        ways=(),
        files=1200,
        folders=3,
        others=0,
        size=3 * GIB,
        sent=2 * GIB,
        kept=GIB // 2,
        equal=0,
        pieces_sent=1,
        pieces_kept=1,
        resumed=True,
        seconds=95.0,
        failures=(),
        skipped=(
            "/mnt/gold/pipe: neither a file nor a folder, and left out: nobody can tell what would come out of it",
        ),
        notes=(),
        hint=None,
    )
    render_copied(made)
    full = Remark("/mnt/silver: this machine says no: no room", "make room there")
    render_copied(replace(made, outcome="failed", skipped=(), failures=(full,)))


def lab() -> None:
    places = (("paris", 18443, 4711, 4, 592 * 1024), ("lyon", 18444, None, 0, 0))
    render_clusters(
        [
            ClusterStatus(name=name, url=f"https://127.0.0.1:{port}", port=port, pid=pid, volumes=volumes, bytes=size)
            for name, port, pid, volumes, size in places
        ]
    )


def mistakes() -> None:
    for typed in (["failovr"], ["migrate"], ["status", "--sort", "colour"], ["lab", "kill"]):
        run(typed, None)


def help_of_one() -> None:
    run(["failover", "--help"], None)


def help_of_all() -> None:
    run(["--help"], None)


FACES: Mapping[str, Callable[[], None]] = {
    each.__name__: each
    for each in (
        status,
        a_plan_of_many,
        nothing_to_do,
        explain,
        following,
        drilled,
        drill_unfinished,
        past,
        nothing_past,
        open_ones,
        migrations,
        copied,
        lab,
        mistakes,
        help_of_one,
        help_of_all,
    )
}

if __name__ == "__main__":
    for face, show in FACES.items():
        begin(face)
        show()
