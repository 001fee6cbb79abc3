"""Installed without the extra `lab`: the product does its work, and says what the lab needs where that is asked for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ontaplab.extra import MODULES
from tests.faces.test_pages import ROOT

pytestmark = pytest.mark.slow

_WITHOUT = f"""
import runpy, sys
sys.modules |= dict.fromkeys({MODULES!r})  # as if they were not installed
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def without_the_extra(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WITHOUT, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_is_asked_for_is_what_the_extra_brings_and_the_product_alone_brings_none_of_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = [_module(each) for each in project["optional-dependencies"]["lab"]]
    assert sorted(extra) == sorted(MODULES)
    assert not set(MODULES) & {_module(each) for each in project["dependencies"]}


def _module(requirement: str) -> str:
    return re.split(r"[<>=\[]", requirement)[0].replace("-", "_")


@pytest.mark.parametrize("words", [("demo",), ("lab", "fault", "list", "paris")])
def test_the_lab_says_what_to_install(words: tuple[str, ...]) -> None:
    ended = without_the_extra("datamotion", *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    told, hint = ended.stderr.splitlines()
    assert told == f"error: the lab is not installed here: {', '.join(MODULES)} cannot be found"
    assert hint == " hint: pip install 'datamotion[lab]'"


def test_ontaplab_says_what_to_install() -> None:
    ended = without_the_extra("ontaplab", "routes")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.endswith("cannot be found: pip install 'datamotion[lab]'\n")


def test_the_product_goes_without(tmp_path: Path) -> None:
    assert without_the_extra("datamotion", "lab", "up", "--help").returncode == 0
    looked = without_the_extra("datamotion", "status", "-o", "json", "-c", str(tmp_path / "none.yaml"))
    assert json.loads(looked.stderr)["error"]["code"] == "config"
