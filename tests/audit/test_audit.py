"""What `make audit` says of what pip-audit found, or could not look at."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.audit.__main__ import main

WELL = {"name": "anyio", "version": "4.0", "vulns": []}
ILL = {"name": "h11", "version": "0.1", "vulns": [{"id": "CVE-1", "fix_versions": ["0.2", "1.0"]}]}
UNKNOWN = {"name": "rich", "skip_reason": "Dependency not found on PyPI and could not be audited: rich (1)"}


def audited(folder: Path, *packages: dict[str, Any], status: int = 0, printed: str | None = None) -> int:
    """What comes of an audit in which pip-audit prints this report, or that text, and ends so."""
    program = folder / "pip-audit"
    report = json.dumps({"dependencies": packages, "fixes": []}) if printed is None else printed
    program.write_text(f"import sys; sys.stdout.write({report!r}); sys.stderr.write('no route'); sys.exit({status})")
    return main([sys.executable, str(program)])


@pytest.mark.parametrize(
    ("packages", "status", "said"),
    [
        ([WELL, WELL], 0, "2 packages of constraints.txt: no advisory is known"),
        ([WELL, ILL], 1, "h11 0.1: CVE-1, mended in 0.2, 1.0"),
        ([WELL, UNKNOWN], 2, "1 of 2 packages could not be asked about: not known: rich"),
        ([UNKNOWN], 2, "1 of 1 packages could not be asked about: none of them is known there"),
        ([ILL, UNKNOWN], 1, "1 of 2 packages could not be asked about"),
    ],
)
def test_what_was_not_looked_at_never_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packages: list[dict[str, Any]], status: int, said: str
) -> None:
    assert audited(tmp_path, *packages) == status
    told = "".join(capsys.readouterr())
    assert said in told
    assert ("no advisory is known" in told) == (status == 0)


@pytest.mark.parametrize("printed", ["", "[]", "{}", "nonsense"])
def test_an_index_that_cannot_be_reached_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], printed: str
) -> None:
    assert audited(tmp_path, printed=printed, status=1) == 2
    assert "no index of advisories could be asked: no route" in capsys.readouterr().err
