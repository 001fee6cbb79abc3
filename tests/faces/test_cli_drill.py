"""Drills as they are typed: served, checked, told of as a page and as JSON, and taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.labs import Lab, done, some_files

pytestmark = pytest.mark.slow


def test_a_drill_from_its_start_to_its_stop(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    done(lab.typed("apply", "--yes"))
    lab.looked("drill", "start", "gold", "--dry-run")
    page = tmp_path / "drill.html"
    failed = lab.typed(
        *("drill", "start", "gold", "--yes", "--report", str(page)), *("--check", "echo <b>", "--check", "false")
    )
    assert failed.status == 1
    assert "Check false: failed: status 1" in failed.out
    assert "Mirrors changed: no: 1 mirror compared before and after" in failed.out
    written = page.read_text()
    assert "<pre>&lt;b&gt;" in written
    assert "<b>" not in written

    again = done(lab.typed("drill", "start", "gold", "--yes", "--check", "true", "-o", "json")).report["evidence"]
    assert [(each["clone"], each["path"]) for each in again["served"]] == [("vol_1_drill", "/drill/vol_1")]
    assert (again["changed"], again["missing"], [each["status"] for each in again["checks"]]) == ([], [], [0])
    manifest = tmp_path / "manifest"
    names = [f"0{'1' * 63}  vol_1/nothing"]
    manifest.write_text("\n".join(names))
    wrong = lab.typed(
        *("drill", "start", "gold", "--yes", "--manifest", str(manifest), "--mount", str(tmp_path)),
        *("--report", str(page)),
    )
    assert wrong.status == 1
    assert "0 of 1 file equal, 0 differ, 1 missing" in " ".join(wrong.out.split())
    assert "vol_1/nothing" in page.read_text()
    assert lab.typed("drill", "start", "gold", "--yes", "--manifest", str(manifest)).status == 2
    shown, _ = lab.looked("drill", "start", "gold", "--prefix", "/other", "--yes")
    assert (shown.status, "a drill of gold runs at gold-lyon since" in " ".join(shown.out.split())) == (3, True)
    assert lab.typed("drill", "start", "gold", "--prefix", "other", "--yes").status == 2

    done(lab.typed("drill", "stop", "gold", "--yes"))
    shown, _ = lab.looked("drill", "stop", "gold", "--yes")
    assert shown.status == 0
