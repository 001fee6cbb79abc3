"""docs/licences.md names the licence of every package that constraints.txt pins."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"\| ([a-z0-9-]+) \| ([^|]+) \|")
_LONGEST = 60


def pinned() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return sorted(re.sub("[-_.]+", "-", line.partition("==")[0]).lower() for line in lines if "==" in line)


def listed() -> dict[str, str]:
    rows = map(_ROW.fullmatch, (ROOT / "docs/licences.md").read_text(encoding="utf-8").splitlines())
    return {row[1]: row[2] for row in rows if row and row[1] != "package"}


def licence_of(package: Distribution) -> str:
    """What its metadata says: an SPDX expression, else the classifiers, else a name; a text in its place is "?"."""
    told = package.metadata
    if "License-Expression" in told:
        return str(told["License-Expression"])
    classifiers: list[str] = told.get_all("Classifier", [])
    classified = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::")]
    if classified or "License" not in told:
        return ", ".join(classified) or "?"
    named = told["License"].strip()
    return named if len(named) <= _LONGEST else "?"


def test_every_dependency_is_listed_and_nothing_else() -> None:
    assert list(listed()) == pinned()


@pytest.mark.parametrize("name", pinned())
def test_a_licence_is_what_the_packages_own_metadata_says(name: str) -> None:
    """Of what is installed here: some are needed on other systems only."""
    try:
        told = licence_of(distribution(name))
    except PackageNotFoundError:
        told = "?"
    assert listed()[name] != "?"
    assert told in ("?", listed()[name])
