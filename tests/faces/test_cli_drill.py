"""Drills as they are typed: served, checked, told of as a page and as JSON, taken away, and found again in history."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.documents import check_document
from tests.faces.labs import Lab, done, some_files
from tests.faces.terminal import offered, typed_as_process

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
    config = ("-c", str(lab.folder / "datamotion.yaml"))
    assert offered("only", "status", *config) == ["late", "broken", "vol_1"], "no clone of the drill that was stopped"
    assert offered("volumes", "pause", "gold", *config) == ["vol_1"]


def drillable(lab: Lab, tmp_path: Path) -> None:
    """One volume, mirrored: the first run of its group."""
    lab.lab("seed", "--from", some_files(tmp_path / "files", 2), "--volumes", 1)
    done(lab.typed("apply", "--yes"))


def started(*checks: str, page: Path | None = None) -> list[object]:
    words: list[object] = ["drill", "start", "gold", "--yes"]
    for each in checks:
        words += ["--check", each]
    return [*words, "--report", page] if page is not None else words


def past(lab: Lab) -> list[tuple[int, str, str, str | None]]:
    """The runs behind the first, the oldest first."""
    _, in_json = lab.looked("history")
    runs = [(each["run"], each["operation"], each["phase"], each["drill_outcome"]) for each in in_json.report["runs"]]
    return runs[-2::-1]


def test_each_drill_is_found_again_as_it_was_told_and_its_page_is_written_anew(lab: Lab, tmp_path: Path) -> None:
    drillable(lab, tmp_path)
    pages = tmp_path / "then.html", tmp_path / "later.html"
    failed = lab.typed(*started("echo <b>", "false", page=pages[0]))
    passed = done(lab.typed(*started("true"), "-o", "json"))
    done(lab.typed("drill", "stop", "gold", "--yes"))
    assert passed.report["operation"]["run"] is None, "its clones were served already"
    assert past(lab) == [
        (2, "drill", "done", "failed"),
        (3, "drill", "done", "passed"),
        (4, "drill stop", "done", None),
    ]

    shown, _ = lab.looked("history", "gold")
    told = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert told[0] == "run group what outcome began took drill who why"
    assert [f" s {outcome} " in line for outcome, line in zip(("passed", "failed"), told[2:4], strict=True)] == [
        True
    ] * 2
    written = lab.folder / "datamotion.yaml"
    for words in (("history", 2), ("drill", "start", "gold", "--yes")):
        lab.typed(*words, "--report", written).failed_cleanly(2, f"{written} is there, and no page")
    shown, in_json = lab.looked("history", 2, "--report", pages[1])
    assert shown.out.startswith("Run 2: drill of gold, done, drill failed\n")
    evidence = failed.out[failed.out.index("Drill: gold at gold-lyon") :]
    assert "Check false: failed: status 1" in evidence
    assert shown.out.endswith(evidence)
    assert pages[1].read_bytes() == pages[0].read_bytes()
    assert [each["printed"] for each in in_json.report["evidence"]["checks"]] == ["<b>\n", ""]
    _, in_json = lab.looked("history", 3)
    assert in_json.report["evidence"] == passed.report["evidence"]
    for each in (passed, in_json):
        check_document(each.document)

    nowhere = tmp_path / "none" / "page.html"
    lab.typed("drill", "start", "gold", "--yes", "--report", nowhere).failed_cleanly(2, f"{nowhere} cannot be written")
    lab.typed("history", 10**30).failed_cleanly(2, "the store knows no run 1000000")
    no_page = tmp_path / "none.html"
    for what, why in ((4, "no evidence of a drill is kept with run 4"), ("gold", "--report is of one run")):
        lab.typed("history", what, "--report", no_page).failed_cleanly(2, why)
    assert not no_page.exists()


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(("ends", "status"), [("kill -TERM $PPID; exec sleep 60", 130), ("kill -KILL $PPID", -9)])
def test_what_was_seen_before_the_command_was_ended_is_kept(lab: Lab, tmp_path: Path, ends: str, status: int) -> None:
    drillable(lab, tmp_path)
    words = started("echo first", f"sh -c '{ends}'", "true")
    ended = typed_as_process(*words, "-c", lab.folder / "datamotion.yaml", folder=tmp_path)
    assert (ended.status, "Check" in ended.out) == (status, False)
    assert past(lab) == [(2, "drill", "done", "unfinished")]
    shown, in_json = lab.looked("history", 2)
    evidence = in_json.report["evidence"]
    assert [(each["command"], each["printed"]) for each in evidence["checks"]] == [("echo first", "first\n")]
    assert evidence["unfinished"] == [f"check sh -c '{ends}'", "check true", "a look at the mirrors afterwards"]
    assert (evidence["after"], evidence["changed"]) == ([], [])
    assert "Unfinished: check true\n" in shown.out
    assert "Mirrors changed: no" not in shown.out


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ("mv {0} {0}.away; ln -s nowhere {0}", "it is a link"),
        ("rm {0}", "the store knows no run 2 any more"),
    ],
)
def test_a_store_that_does_not_take_the_evidence_is_told_of_and_the_report_stands(
    lab: Lab, tmp_path: Path, spoil: str, why: str
) -> None:
    drillable(lab, tmp_path)
    store, page = lab.folder / "datamotion.db", tmp_path / "drill.html"
    assert store.exists()
    told = done(lab.typed(*started(f"sh -c '{spoil.format(store)}'", page=page)))
    (warning,) = (line for line in told.err.splitlines() if "the evidence of this drill is not kept" in line)
    assert why in warning
    assert "Mirrors changed: no: 1 mirror compared before and after" in told.out
    assert "passed</h1>" in page.read_text()
