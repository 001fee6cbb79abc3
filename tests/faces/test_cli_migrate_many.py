"""Files brought elsewhere by a pattern and by their folder, as commands are typed: one plan, one total, one consent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.labs import Lab, done, some_files

pytestmark = pytest.mark.slow


def test_a_folder_is_brought_elsewhere_in_its_volume(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    what = ("migrate", "gold-paris:vol_1/shelf 0/", "--to", "gold-paris:vol_1/new/")
    shown, in_json = lab.looked(*what, "--explain")
    told = " ".join(shown.out.split())
    assert shown.status == 0
    assert "Rename vol_1/shelf 0/book0.bin of gold-paris to gold-paris:vol_1/new/book0.bin" in told
    assert "Together: 8 migrations, 0 B" in told
    assert "Ways to do it, the cheapest first" in told
    assert [report["verdict"] for report in in_json.report] == ["done"] * 8
    carried = done(lab.typed(*what, "--yes"))
    assert "(8 of 8, 0 B of 0 B)" in carried.err
    again, as_json = lab.looked(*what)
    assert "Nothing to do: 8 at gold-paris:vol_1/new/, and none at gold-paris:vol_1/shelf 0/." in again.out
    assert (again.status, as_json.report) == (0, [])
    for wrong, said in (
        ("gold-paris:vol_1/shelf 8/", "there is no LUN or file that is gold-paris:vol_1/shelf 8/"),
        ("gold-paris:vol_1/../x", "'../x' is no path in a volume"),
    ):
        lab.typed("migrate", wrong, "--to", "gold-paris:vol_1/new/", "--yes").failed_cleanly(2, said)
    reports = done(
        lab.typed("migrate", "gold-paris:vol_1/new/book*", "--to", "gold-paris:vol_1/", "--yes", "-o", "json")
    )
    assert [report["verdict"] for report in reports.report] == ["done"] * 8


def test_that_the_old_ones_go_is_said_before_it_is_agreed_to(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 2)
    what = ("migrate", "gold-paris:vol_1/shelf 0/", "--to", "gold-paris:vol_2/new/")
    shown, _ = lab.looked(*what, "--dry-run")
    assert "What goes: the old one of each, once the new one was checked; --keep-source leaves it" in " ".join(
        shown.out.split()
    )
    kept, _ = lab.looked(*what, "--dry-run", "--keep-source")
    assert "What goes" not in kept.out


def test_all_volumes_of_a_back_end_go(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 2)
    for wrong, said in (
        ("gold-rome", "no back end 'gold-rome'"),
        ("gold", "--all means all volumes of a back end, and gold is a group"),
        ("gold-paris:vol_1", "--all means all volumes of a back end, and 'gold-paris:vol_1' names vol_1"),
        ("gold-paris:vol_1/lun*", "and 'gold-paris:vol_1/lun*' names vol_1/lun*"),
    ):
        lab.typed("migrate", wrong, "--all", "--to", "gold-lyon", "--yes").failed_cleanly(2, said)
    lab.typed("migrate", "gold-paris", "--to", "gold-lyon", "--yes").failed_cleanly(2, "a back end and --all")
    _, by_pattern = lab.looked("migrate", "gold-paris:*", "--to", "gold-lyon", "--dry-run")
    shown, in_json = lab.looked("migrate", "gold-paris", "--all", "--to", "gold-lyon", "--dry-run")
    assert (shown.status, in_json.report) == (0, by_pattern.report)
    done(lab.typed("migrate", "gold-paris", "--all", "--to", "gold-lyon", "--yes"))
    served = lab.site.exports("lyon", "svm_gold_dr")
    assert {path.name for path in served.iterdir()} == {"vol_1", "vol_2"}
