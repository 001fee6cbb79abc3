"""The runbook as whoever is woken up types it, from its first command to its last: half a minute, so in `make soak`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.record import in_a_checkout
from tests.faces.test_pages import ROOT

_BEFORE = ("lab up --dir lab --port 0", "lab seed --dir lab --from docs", "cd lab", "apply --yes")
_HAPPENS = {"A site is lost": "lab kill paris --dir .", "The lost site is back": "lab start paris --dir ."}
"""What makes somebody look under that heading."""
_ENDS_WITH = {
    ("The lost site is back", "status gold"): 1,  # something is to be seen to
    ("The lost site is back", "reprotect gold"): 3,  # it shows what they hold, and gives nothing up
    ("The lost site will not come back", "forget gold gold-paris"): 3,  # here it is back
}
_HAS_TO_DO = ("Home again", "Maintenance of a site")
_ONLY_LOOKS = re.compile(r"(status|explain|check|runs|history|migrations)\b|.* --dry-run")


@pytest.mark.slow
def test_the_runbook_brings_a_lost_site_home(tmp_path: Path, soaking: int | None) -> None:
    if soaking is None:
        pytest.skip("half a minute: make soak")
    shell = in_a_checkout(tmp_path)
    try:
        for words in _BEFORE:
            shell.type(words if words.startswith("cd ") else f"datamotion {words}")
        typed = list(_typed())
        assert len(typed) > 12
        for heading, words in typed:
            agreed = words if _ONLY_LOOKS.match(words) or words.startswith("lab ") else f"{words} --yes"
            ended = shell.type(f"datamotion {agreed}")
            assert ended.status == _ENDS_WITH.get((heading, words), 0), f"{heading}: {words}\n{ended.printed}"
            if heading in _HAS_TO_DO and agreed != words:
                assert "Nothing to do" not in ended.printed, f"{heading}: {words} is on the page for nothing"
    finally:
        shell.type(f"datamotion lab down --remove --dir {tmp_path / 'lab'}")


def _typed() -> Iterator[tuple[str, str]]:
    """The commands of the page below their headings, and before them what happens."""
    heading = ""
    for line in (ROOT / "docs/runbook.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
            if heading in _HAPPENS:
                yield heading, _HAPPENS[heading]
        elif line.startswith("    datamotion "):
            yield heading, line.partition("#")[0].strip().removeprefix("datamotion ")
