"""What a person reads at the end of a run, whatever its size."""

from __future__ import annotations

import pytest

from datamotion.cli.render import render_run
from datamotion.service.reports import Outcome, RunReport, Verdict, VolumeReport


def a_run(*volumes: VolumeReport) -> RunReport:
    return RunReport(
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


def failed(volume: str, backend: str) -> VolumeReport:
    return VolumeReport(backend=backend, volume=volume, outcome=Outcome.FAILED, detail="no room", hint="make some")


def done(volume: str, backend: str) -> VolumeReport:
    return VolumeReport(backend=backend, volume=volume, outcome=Outcome.DONE)


def read(run: RunReport, capsys: pytest.CaptureFixture[str]) -> list[str]:
    render_run(run)
    return capsys.readouterr().out.splitlines()[2:]


def test_a_volume_that_failed_at_one_back_end_and_not_at_another_is_told_of_both(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = a_run(failed("vol_1", "gold-lyon"), done("vol_1", "gold-oslo"), done("vol_2", "gold-oslo"))
    assert read(run, capsys) == [
        "  failed at gold-lyon: vol_1",
        "    vol_1: no room",
        "      hint: make some",
        "  done at gold-oslo: vol_1, vol_2",
    ]


def test_what_went_alike_everywhere_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    run = a_run(*(done(volume, backend) for backend in ("gold-lyon", "gold-oslo") for volume in ("vol_1", "vol_2")))
    assert read(run, capsys) == ["  done: vol_1, vol_2"]


def test_a_thousand_failures_fit_on_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    lines = read(a_run(*(failed(f"vol_{number:04}", "gold-lyon") for number in range(1000))), capsys)
    assert len(lines) < 30
    assert lines[0].endswith("vol_0010, vol_0011 and 988 more")
    assert lines[-1] == "    ... and 988 more; -o json lists all"
