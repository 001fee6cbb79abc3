"""What the site shows of the pages, without MkDocs: `make docs` runs that, strictly."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from typer.core import TyperGroup

from datamotion.cli.main import command_line
from docs.commands import commands
from docs.on_site import on_page_markdown
from tests.faces.test_pages import ROOT


@dataclass
class File:
    src_uri: str


@dataclass
class Page:
    file: File


def on_site(markdown: str, page: str = "design/lab.md") -> list[str]:
    return on_page_markdown(markdown, Page(File(page))).splitlines()


def test_every_page_is_in_the_navigation_once() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    pages = (path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md"))
    assert sorted(_named(nav)) == sorted(pages)


def _named(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    return [page for each in (nav.values() if isinstance(nav, dict) else nav) for page in _named(each)]


def test_a_link_that_leads_out_of_the_pages_becomes_its_words() -> None:
    assert on_site("See [words](glossary.md#x), [status](../status.md) and [here](#here).") == [
        "See [words](glossary.md#x), [status](../status.md) and [here](#here)."
    ]
    assert on_site("The [licence](../../LICENSE), [`test_pages`](../../tests/faces/test_pages.py).") == [
        "The licence (`LICENSE`), `test_pages`."
    ]
    assert on_site("```\n[x](nowhere.md)\n```") == ["```", "[x](nowhere.md)", "```"]


@pytest.mark.parametrize("target", ["nowhere.md", "../../tests/nowhere.py", "glossary.txt#x"])
def test_a_dead_link_is_warned_of_which_stops_the_site(target: str, caplog: pytest.LogCaptureFixture) -> None:
    on_site(f"See [this]({target}).")
    (warning,) = caplog.records
    assert (warning.levelname, warning.name.partition(".")[0], target in warning.message) == ("WARNING", "mkdocs", True)


def test_a_list_below_a_paragraph_is_a_list() -> None:
    assert on_site("So:\n- one\n  goes on\n- two\n\nAnd:\n1. three") == [
        *("So:", "", "- one", "  goes on", "- two", "", "And:", "", "1. three")
    ]


def test_every_command_has_an_example_of_itself_and_says_what_each_option_means() -> None:
    found = list(commands())
    assert len(found) > 30
    for each in found:
        assert any(example.startswith(f"datamotion {each.name}") for example in each.examples), each.name
        assert each.usage.startswith(f"datamotion {each.name} [OPTIONS]"), each.name
        assert all(meaning for _, meaning in each.takes), each.name


def test_whatever_pages_say_to_type_can_be_typed() -> None:
    """The runbook's words above all: parsed as they would be, and not carried out."""
    shown = sorted(set(_shown()))
    assert len(shown) > 60
    for words in shown:
        command: Any = command_line()
        left = shlex.split(words, comments=True)[1:]
        while isinstance(command, TyperGroup):
            command = command.commands[left.pop(0)]
        command.make_context(words, left)


_SHOWN = re.compile(r"(?: {4,}|\$ )?(datamotion [a-z]+ .*|datamotion [a-z]+$)")
_SYNOPSIS = re.compile(r" \[[-A-Z]")


def _shown() -> Iterator[str]:
    """Lines of commands: those of pages, and those that the commands show of themselves."""
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        is_code = False
        for line in page.read_text(encoding="utf-8").splitlines():
            is_code = is_code != line.startswith("```")
            found = _SHOWN.fullmatch(line)
            if found and (is_code or line.startswith("    ")) and not _SYNOPSIS.search(line):
                yield found[1]


def test_the_picture_loads_nothing() -> None:
    picture = (ROOT / "docs/pictures/status.svg").read_text(encoding="utf-8")
    assert "datamotion" in picture
    assert "url(" not in picture.replace("url(#", "")
    assert "href" not in picture


def test_the_site_is_told_to_load_nothing() -> None:
    """Material would fetch fonts, and a script for each diagram that is left to the browser."""
    told = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert (told["theme"]["font"], told["strict"], told["plugins"]) == (False, True, ["search"])
    assert not {"extra_javascript", "extra_css"} & told.keys()
