"""What a person reads, beside what was kept of it below `kept/`: on terminals of two widths, and off a terminal.

After a change that is meant, `KEEP=1 pytest tests/faces/test_cli_render.py` keeps what is printed now.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from datamotion.cli.render import render_plan
from datamotion.cli.render_check import render_check
from datamotion.cli.render_run import render_run
from datamotion.cli.render_status import render_status
from datamotion.engine.result import Outcome
from datamotion.model.mirror_records import Transfer
from datamotion.model.remark import Remark
from datamotion.model.units import duration_text
from datamotion.model.words import TransferState
from datamotion.service.act_reports import ActReport
from datamotion.service.check_reports import CheckKind, CheckLine, CheckReport, Finding
from datamotion.service.reports import LossReport, PlanReport, RefusalReport, RunReport, StepReport, VolumeReport
from datamotion.service.status_reports import ServedReport
from datamotion.service.verdict import Verdict
from tests.datamotion.service.landscapes import LYON, NANTES, PARIS, Landscape, a_group, failed_over, protected

KEPT = Path(__file__).parent / "kept"


def on(width: int | None) -> Console:
    """A terminal of that width without colours, or a file."""
    is_terminal = width is not None
    return Console(
        file=io.StringIO(), width=width, force_terminal=is_terminal, color_system=None, highlight=False, _environ={}
    )


def read(render: Callable[[Console], None], width: int | None = 200) -> list[str]:
    console = on(width)
    render(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def status(console: Console) -> None:
    """Twelve volumes after a failover, not all of it as it should be."""
    world = failed_over(*(f"vol_{number}" for number in range(1, 13)), targets=(LYON, NANTES))
    world.change("vol_2", PARIS, path="/vol_2", export="default")
    world.mirror("vol_3", NANTES, source=LYON, lag=timedelta(days=3))
    world.mirror("vol_4", NANTES, source=LYON)
    arriving = Transfer(uuid="t", state=TransferState.TRANSFERRING, bytes_transferred=3 * 2**30, ended_at=None)
    world.relate("vol_4", NANTES, transfer=arriving)
    render_status(world.status(a_group(LYON, NANTES, rpo=timedelta(hours=2))), console)


def all_is_well(console: Console) -> None:
    render_status(protected("vol_1", "vol_2", "vol_10").status(a_group(rpo=timedelta(hours=2))), console)


def a_plan(**changes: object) -> PlanReport:
    made = PlanReport(
        operation="failover",
        group="gold",
        title="Fail over gold to gold-lyon (epoch 2)",
        changes=False,
        steps=(),
        losses=(),
        refusals=(),
        notes=(),
        verdict=Verdict.DONE,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def _duration(seconds: float) -> str:
    return duration_text(timedelta(seconds=seconds))


def plan(console: Console) -> None:
    """Twenty volumes, of which one copy is three weeks old and some cannot be had."""
    ages = {f"vol_{number}": float(number * 60) for number in range(1, 20)} | {"vol_20": 21 * 86400.0}
    losses = tuple(
        LossReport(volume=name, text=f"at most the last {_duration(age)} of writes at gold-paris", at_most_s=age)
        for name, age in ages.items()
    )
    refusals = tuple(
        RefusalReport(
            backend="gold-lyon",
            volume=f"data_{number}",
            text=f"data_{number} has no complete copy at gold-lyon: its first transfer never ended",
            hint="--allow-partial leaves it where it is",
        )
        for number in range(1, 31)
    )
    step = StepReport(
        cluster="lyon",
        title="Break off the mirrors",
        because="they are read-only until then, and nothing that the home still has can be carried any more",
        acts=tuple(
            ActReport(backend="gold-lyon", volume=f"vol_{number}", kind="break", bytes=0, text=f"svm_lyon:vol_{number}")
            for number in range(1, 21)
        ),
    )
    render_plan(
        a_plan(changes=True, steps=(step,), losses=losses, refusals=refusals, notes=(Remark("paris is not asked."),)),
        console=console,
    )


def a_run(*volumes: VolumeReport, **changes: object) -> RunReport:
    made = RunReport(
        operation="update",
        group="gold",
        title="Update gold",
        verdict=Verdict.PARTLY,
        run=1,
        went_on_from=None,
        volumes=volumes,
        refusals=(),
        notes=(),
        serving=None,
        epoch=None,
        seconds=1.0,
        calls=7,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def failed(volume: str, backend: str, **changes: object) -> VolumeReport:
    made = VolumeReport(backend=backend, volume=volume, outcome=Outcome.FAILED, detail="no room", hint="make some")
    return replace(made, **changes)  # type: ignore[arg-type]


def done(volume: str, backend: str, **changes: object) -> VolumeReport:
    return replace(VolumeReport(backend=backend, volume=volume, outcome=Outcome.DONE), **changes)  # type: ignore[arg-type]


def run(console: Console) -> None:
    """A failover of which a part was cut short."""
    cut_short = {
        "detail": "lyon closed the connection before it answered",
        "hint": "datamotion failover gold --to gold-lyon goes on with it",
        "came_about": ("the mirror was paused", "the mirror was broken off"),
        "uncertain": ("mounting it at /vol",),
        "outcome": Outcome.UNKNOWN,
    }
    volumes = [failed(f"vol_{number}", "gold-lyon", **cut_short) for number in (1, 2)]
    volumes += [
        done(f"vol_{number}", "gold-lyon", recovery_point=f"snap.{number}", recovery_age_s=number * 3600.0)
        for number in range(3, 21)
    ]
    render_run(
        a_run(
            *volumes,
            title="Fail over gold to gold-lyon (epoch 2)",
            served=(
                ServedReport(backend="gold-lyon", is_seen=True, volumes=18, epoch=2, since=None, by=None),
                ServedReport(backend="gold-paris", is_seen=True, volumes=2, epoch=1, since=None, by=None),
            ),
        ),
        console,
    )


def check(console: Console) -> None:
    lines = (
        CheckLine(
            kind=CheckKind.CLUSTER, subject="paris", what="answers as paris, ONTAP 9.14.1", finding=Finding.PASSED
        ),
        CheckLine(
            kind=CheckKind.LICENCE,
            subject="lyon",
            what="has a SnapMirror licence",
            finding=Finding.NOTE,
            detail="it tells none",
        ),
        CheckLine(
            kind=CheckKind.SVM_PEER,
            subject="gold-lyon",
            what="its SVM is peered with that of gold-paris",
            finding=Finding.FAILED,
            detail="the peering is suspended",
            hint="at lyon: `vserver peer resume` there",
        ),
        CheckLine(
            kind=CheckKind.POLICY,
            subject="gold-nantes",
            what="policy",
            finding=Finding.NOT_LOOKED,
            detail="nantes is silent",
        ),
    )
    render_check(CheckReport(ready=False, lines=lines, verdict=Verdict.FAILED), console)


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("render", [status, all_is_well, plan, run, check], ids=lambda each: each.__name__)
def test_it_is_printed_as_it_was_kept(render: Callable[[Console], None], width: int) -> None:
    path = KEPT / f"{render.__name__}-{width}.txt"
    shown = "\n".join(read(render, width)) + "\n"
    if os.environ.get("KEEP"):
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("render", [status, plan, run, check], ids=lambda each: each.__name__)
def test_no_line_is_wider_than_the_terminal_and_no_word_is_broken(render: Callable[[Console], None]) -> None:
    narrow, whole = read(render, 60), read(render, None)
    assert max(map(len, narrow)) <= 60
    assert {word for line in narrow for word in line.split()} <= {word for line in whole for word in line.split()}


def test_a_word_that_is_wider_than_the_terminal_stays_whole() -> None:
    address = "https://paris.storage.example.com/api/snapmirror/relationships"
    line = CheckLine(
        kind=CheckKind.CLUSTER,
        subject="paris",
        what="answers",
        finding=Finding.FAILED,
        detail=f"asked {address} in vain",
    )
    shown = read(
        lambda console: render_check(CheckReport(ready=False, lines=(line,), verdict=Verdict.FAILED), console), 40
    )
    assert any(address in each for each in shown)


def test_off_a_terminal_a_sentence_is_a_line_and_a_volume_is_a_row() -> None:
    lines = read(status, None)
    assert sum(line.startswith("  vol_") for line in lines) == 12
    assert sum(line.startswith("  !") for line in lines) == 5


def test_a_lost_home_is_said_to_serve_only_as_far_as_is_known() -> None:
    world = protected()
    world.lose(PARIS)
    lines = read(lambda console: render_status(world.status(), console))
    assert lines[0] == (
        "gold is served by gold-paris since 2031-05-03 12:00 UTC (epoch 1, taken by anna@ops), as far as is known: it"
        " cannot be seen"
    )
    assert lines[3].split() == ["vol_1", "10", "GiB", "not", "seen", "snapmirrored,", "10", "min", "old"]


def test_a_group_without_volumes_is_said_to_have_none() -> None:
    lines = read(lambda console: render_status(Landscape().status(), console))
    assert lines[:2] == ["gold: no volumes are seen", "  ! no volume at gold-paris matches vol_*"]


def test_a_copy_that_nobody_can_place_is_marked_without_colour() -> None:
    world = protected()
    world.policies = Landscape().policies
    lines = read(lambda console: render_status(world.status(), console))
    assert lines[0] == "gold: nobody can tell who serves it"
    assert "! unclear /vol_1" in lines[3]


def test_that_two_serve_stands_in_the_first_line() -> None:
    world = protected(targets=(LYON, NANTES))
    for backend in (LYON, NANTES):
        world.claim(2, backend, told=(backend,))
        world.broken("vol_1", backend, path="/vol_1")
    lines = read(lambda console: render_status(world.status(a_group(LYON, NANTES)), console))
    assert lines[0] == "gold is served by two at once, and which one is to be nobody can tell"


def test_a_volume_that_failed_at_one_back_end_and_not_at_another_is_told_of_both() -> None:
    made = a_run(failed("vol_1", "gold-lyon"), done("vol_1", "gold-oslo"), done("vol_2", "gold-oslo"))
    assert read(lambda console: render_run(made, console))[2:] == [
        "  failed at gold-lyon: vol_1",
        "    ! vol_1: no room",
        "      hint: make some",
        "  done at gold-oslo: vol_1, vol_2",
    ]


def test_what_went_alike_everywhere_is_told_once() -> None:
    made = a_run(*(done(volume, backend) for backend in ("gold-lyon", "gold-oslo") for volume in ("vol_1", "vol_2")))
    assert read(lambda console: render_run(made, console))[2:] == ["  done: vol_1, vol_2"]


def test_what_was_refused_to_volumes_for_which_all_else_was_done_is_told_once_for_all() -> None:
    refusals = tuple(
        RefusalReport(backend="gold-oslo", volume=volume, text=f"{volume} served before", hint="it stays as it is")
        for volume in ("vol_1", "vol_2")
    )
    made = replace(a_run(*(done(volume, "gold-oslo") for volume in ("vol_1", "vol_2"))), refusals=refusals)
    assert read(lambda console: render_run(made, console))[2:] == [
        "  ! gold-oslo: vol_1 served before; the same holds for 1 other volume: vol_2",
        "    hint: it stays as it is",
        "  done: vol_1, vol_2",
    ]


def test_what_a_volume_failed_for_is_not_told_a_second_time_as_a_refusal() -> None:
    refusal = RefusalReport(backend="gold-lyon", volume="vol_1", text="no room", hint="make some")
    made = replace(a_run(failed("vol_1", "gold-lyon")), refusals=(refusal,))
    assert read(lambda console: render_run(made, console))[2:] == [
        "  failed: vol_1",
        "    ! vol_1: no room",
        "      hint: make some",
    ]


def test_a_thousand_failures_of_one_kind_are_said_once() -> None:
    made = a_run(*(failed(f"vol_{number}", "gold-lyon") for number in range(1000)))
    assert read(lambda console: render_run(made, console))[2:] == [
        "  failed: 1000 volumes: vol_0, vol_1, vol_2, vol_3, vol_4, vol_5, vol_6, vol_7, vol_8, vol_9, vol_10, vol_11"
        " and 988 more",
        "    ! vol_0, vol_1, vol_2, vol_3 and 996 more: no room",
        "      hint: make some",
    ]


def test_a_thousand_failures_of_as_many_kinds_fit_on_a_screen() -> None:
    made = a_run(*(failed(f"vol_{number}", "gold-lyon", detail=f"code {number}") for number in range(1000)))
    lines = read(lambda console: render_run(made, console))[2:]
    assert len(lines) < 30
    assert lines[-1] == "    ... and 988 more; -o json lists all"


def test_one_lost_cluster_is_told_once_of_its_volumes_its_back_end_and_the_group() -> None:
    lost = "lyon cannot be reached: nothing answers"
    serve = f"Serve was sent, and is not known to have come about: {lost}"
    whole = (
        ("gold-lyon", f"it waits for every volume, and this failed: Serve (vol_1 at gold-lyon: {serve})"),
        (None, f"gold-lyon cannot take over gold: {lost}"),
    )
    refusals = tuple(RefusalReport(backend=backend, volume=None, text=text, hint=None) for backend, text in whole)
    volumes = [failed(f"vol_{number}", "gold-lyon", detail=serve) for number in (1, 2, 3)]
    lines = read(lambda console: render_run(a_run(*volumes, refusals=refusals), console))
    assert sum(lost in line for line in lines) == 1, lines
    other = RefusalReport(backend="gold-lyon", volume=None, text=f"Confirm was sent: {lost}", hint=None)
    lines = read(lambda console: render_run(a_run(*volumes, refusals=(other,)), console))
    assert sum(lost in line for line in lines) == 2, "it tells something else too"


def test_the_greatest_loss_is_in_the_first_line_and_first_below_it() -> None:
    lines = read(plan)
    first = next(number for number, line in enumerate(lines) if "What this gives up" in line)
    assert lines[first : first + 2] == [
        "  What this gives up: 20 volumes, at worst the last 21 d",
        "       vol_20: at most the last 21 d of writes at gold-paris",
    ]


def test_a_loss_that_nobody_knows_is_the_greatest() -> None:
    losses = (
        LossReport(volume="vol_1", text="the last 5 min", at_most_s=300.0),
        LossReport(volume="vol_2", text="all that was written at gold-paris", at_most_s=None),
    )
    lines = read(lambda console: render_plan(a_plan(losses=losses, changes=True), console=console))
    assert lines[2:4] == [
        "  What this gives up: 2 volumes, of some nobody can tell how much",
        "       vol_2: all that was written at gold-paris",
    ]


@pytest.mark.parametrize(
    ("changes", "is_said"),
    [
        ({"holds": 3}, True),
        ({"holds": 0}, False),
        ({"holds": 3, "lacks": 1}, False),
        ({"holds": 3, "changes": True}, False),
        ({"holds": 3, "refusals": (RefusalReport(backend=None, volume=None, text="no", hint=None),)}, False),
    ],
)
def test_all_is_as_wanted_only_where_that_was_seen(changes: dict[str, object], is_said: bool) -> None:
    lines = read(lambda console: render_plan(a_plan(**changes), console=console))
    assert ("  Nothing to do: all is as wanted." in lines) is is_said


def test_what_is_wanted_and_nothing_here_makes_is_counted() -> None:
    lines = read(lambda console: render_plan(a_plan(holds=3, lacks=2), console=console))
    assert "  Nothing to do here, yet not all is as wanted: the notes above say what helps with 2 mirrors." in lines


def test_who_serves_is_what_was_seen_at_the_end() -> None:
    nobody = a_run(failed("vol_1", "gold-lyon"))
    assert not any("serves" in line for line in read(lambda console: render_run(nobody, console)))
    served = replace(nobody, serving="gold-paris", epoch=1)
    assert read(lambda console: render_run(served, console))[-1] == "  gold-paris serves gold, epoch 1"
    paris = ServedReport(backend="gold-paris", is_seen=False, volumes=1, epoch=1, since=None, by=None)
    unseen = replace(served, served=(paris,))
    told = "  gold-paris serves gold, epoch 1, as far as is known: it cannot be seen"
    assert read(lambda console: render_run(unseen, console))[-1] == told


def test_how_long_clients_waited_is_told_of_each_bound_apart(capsys: pytest.CaptureFixture[str]) -> None:
    volumes = [
        done("vol_1", "gold-lyon", frozen_s=30.0),
        done("vol_2", "gold-lyon", frozen_s=20.0),
        done("vol_3", "gold-lyon", frozen_s=25.0, frozen_at_least=True),
        done("vol_4", "gold-lyon"),
    ]
    render_run(a_run(*volumes), console=Console(width=200))
    told = [line.strip() for line in capsys.readouterr().out.splitlines() if "could not write" in line]
    assert told == [
        "clients could not write: 1 volume, for 25 s at least: a run before this one began it (vol_3)",
        "clients could not write: 2 volumes, for 30 s at most (vol_1)",
    ]
