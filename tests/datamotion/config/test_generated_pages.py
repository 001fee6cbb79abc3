"""The pages made from code are written, and are called stale when they are not what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from datamotion.config.keys import walk
from datamotion.config.mistakes import key_path
from docs.configuration import configuration_page
from docs.generate import PAGES, main
from docs.phases import phases


def test_written_pages_are_fresh_and_a_changed_one_is_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    page = tmp_path / "reference" / "configuration.md"
    page.write_text(page.read_text(encoding="utf-8") + "more", encoding="utf-8")
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err == "docs/reference/configuration.md is stale; run `make docs`\n"
    assert page.read_text(encoding="utf-8").endswith("more")


def test_missing_pages_are_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], tmp_path) == 1
    assert len(capsys.readouterr().err.splitlines()) == len(PAGES)


def test_the_reference_has_a_row_with_meaning_and_example_for_every_key() -> None:
    rows = [line.split(" | ") for line in configuration_page().splitlines() if line.startswith("| `")]
    paths = [key_path(key.pattern).replace("[0]", "[]") for key in walk()]
    assert sorted(row[0] for row in rows) == sorted(f"| `{path}`" for path in paths)
    assert all(len(row) == 5 and row[3] and row[4].startswith("`") for row in rows)


def test_every_phase_that_waits_has_its_way_out_and_no_other_is_called_so() -> None:
    found = [each for _, own in phases() for each in own]
    assert len(found) > 60
    for each in found:
        assert each.title.startswith("Wait") == bool(each.awaits) == bool(each.way_out), each.title
