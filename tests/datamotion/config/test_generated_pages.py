"""The pages made from code are written, and are called stale when they are not what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from datamotion.config.keys import walk
from datamotion.config.mistakes import key_path
from docs.commands import commands
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


def test_every_command_has_a_manual_page_with_all_that_it_takes() -> None:
    for each in commands():
        page = PAGES[f"man/datamotion-{'-'.join(each.words)}.1"]()
        lines = page.replace(r"\-", "-").splitlines()
        sections = [line.removeprefix(".SH ") for line in lines if line.startswith(".SH ")]
        wanted = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"]
        assert sections == [name for name in wanted if name != "OPTIONS" or each.takes]
        assert {rf"\fB{name}\fR" for name, _ in each.takes} <= set(lines), each.name
        assert set(each.examples) <= set(lines), each.name


def test_the_manual_page_of_all_names_each() -> None:
    page = PAGES["man/datamotion.1"]().replace(r"\-", "-")
    assert all(f"datamotion-{'-'.join(each.words)}" in page for each in commands())


def test_every_phase_that_waits_has_its_way_out_and_no_other_is_called_so() -> None:
    found = [each for _, own in phases() for each in own]
    assert len(found) > 60
    for each in found:
        assert each.title.startswith("Wait") == bool(each.awaits) == bool(each.way_out), each.title
