"""What the pages lead to is there: files, and the tests that they say show something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from datamotion.exit_status import ExitStatus

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


def test_every_link_leads_to_a_file_of_the_checkout() -> None:
    missing = [f"{page}: {target}" for page, _, target in _links() if not target.exists()]
    assert not missing


def test_every_test_that_is_named_is_there() -> None:
    named = [(page, words.strip("`"), target) for page, words, target in _links() if words.startswith("`test_")]
    assert len(named) > 20
    assert not [f"{page}: {test}" for page, test, target in named if test not in _tests(target)]


def test_the_readme_has_the_table_of_exit_statuses() -> None:
    table = [f"| {each.value} | {each.sentence} |" for each in ExitStatus]
    assert "\n".join(table) in (ROOT / "README.md").read_text(encoding="utf-8")


def _links() -> Iterator[tuple[str, str, Path]]:
    """Of all pages, but for those that lead out of the checkout or stay on their page."""
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        for words, target in _LINK.findall(page.read_text(encoding="utf-8")):
            if "://" not in target and not target.startswith(("#", "mailto:")):
                yield str(page.relative_to(ROOT)), words, page.parent / target.partition("#")[0]


@cache
def _tests(module: Path) -> frozenset[str]:
    return frozenset(re.findall(r"^(?:async )?def (test_\w+)", module.read_text(encoding="utf-8"), re.MULTILINE))
