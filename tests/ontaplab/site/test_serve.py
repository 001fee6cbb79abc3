"""A folder that holds no cluster is not served: which file, where in it, what belongs there."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ontaplab.settings import Settings
from ontaplab.site import Site, SiteError
from ontaplab.site.lab import lay_out, planned
from tests.ontaplab.site.labs import ontaplab

pytestmark = pytest.mark.slow

_PAGE = Path(__file__).parents[3] / "docs" / "ontaplab.md"
_WRONG = """{
\t"name": "",
\t"host": "127.0.0.1",
\t"port": "18443",
\t"adress": "192.0.2.1",
\t"aggregates": {
\t\t"aggr1": 0
\t}
}"""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('{\n"name": "paris",\n}', [":3:1: not valid JSON: "]),
        (
            "[]",
            ["1 mistake:", "line 1: found a list, expected an object with the keys name, host, port, "],
        ),
        (
            _WRONG,
            [
                "has 5 mistakes:",
                "line 1: address: required, but missing",
                'line 2: name: found "", expected some text',
                'line 4: port: found "18443", expected a whole number',
                "line 5: adress: unknown key, expected one of name, host, port, address, aggregates; did you mean",
                "line 7: aggregates.aggr1: found 0, expected a number from 1 on",
            ],
        ),
    ],
    ids=["no JSON", "no object", "wrong keys"],
)
def test_settings_that_are_wrong_are_told_all_at_once_by_line_and_key(
    written: str, said: list[str], tmp_path: Path
) -> None:
    (tmp_path / "cluster.json").write_text(written)
    refused = ontaplab("serve", tmp_path)
    assert refused.returncode == 2
    assert [each for each in said if each not in refused.stderr] == [], refused.stderr
    assert refused.stderr.startswith(f"ontaplab: {tmp_path / 'cluster.json'}")
    assert ' hint: "A cluster by itself" in docs/ontaplab.md' in refused.stderr
    assert "pydantic" not in refused.stderr


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("paris/server.pem", "expected a private key and its certificate, in PEM"),
        ("ca.pem", "expected the certificate of a CA, in PEM"),
        ("paris/password", "is not UTF-8"),
    ],
)
def test_a_file_that_is_missing_or_no_such_file_is_named(name: str, expected: str, tmp_path: Path) -> None:
    lay_out(tmp_path, planned(["paris"]), [1])
    file = tmp_path / name
    file.write_bytes(b"\xff")
    refused = ontaplab("serve", tmp_path / "paris")
    assert (refused.returncode, f"{file}: {expected}" in refused.stderr.replace(" is", ": is")) == (2, True)
    file.unlink()
    refused = ontaplab("serve", tmp_path / "paris")
    assert (refused.returncode, f"{file}: No such file or directory" in refused.stderr) == (2, True)


def test_a_lab_whose_cluster_cannot_be_told_says_so(tmp_path: Path) -> None:
    lay_out(tmp_path, replace(planned(["paris"]), finished=True), [1])
    settings = tmp_path / "paris" / "cluster.json"
    settings.write_text('{"name": 1}')
    with pytest.raises(SiteError, match="has 5 mistakes:") as refused:
        Site.open(tmp_path).status()
    assert "  line 1: name: found 1, expected text" in refused.value.below
    settings.unlink()
    with pytest.raises(SiteError, match=r"cluster\.json: No such file or directory"):
        Site.open(tmp_path).status()


def test_the_page_tells_every_key_and_shows_settings_that_are_right() -> None:
    section = _PAGE.read_text().partition("## A cluster by itself")[2].partition("\n## ")[0]
    shown = re.search("```json\n(.*?)```", section, re.DOTALL)
    assert shown is not None
    assert set(json.loads(shown[1])) == set(Settings.model_fields)
    Settings.model_validate(json.loads(shown[1]))
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(Settings.model_fields)
