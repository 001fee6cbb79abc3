"""Errors as programs read them: a code, what to do apart from what is wrong, and where in the configuration that is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faces.documents import check_document
from tests.faces.labs import Tree, World
from tests.faces.terminal import Typed, typed


def error_of(ended: Typed) -> Any:
    """The one line on standard error."""
    document = json.loads(ended.err)
    check_document(document)
    assert (ended.out, document["exit_status"]) == ("", ended.status)
    return document["error"]


def places(error: Any) -> list[tuple[str, int | None, str | None]]:
    return [(Path(each["file"]).name, each["line"], each["key"]) for each in error["places"]]


def line_of(config: Path, text: str) -> int:
    return next(number for number, line in enumerate(config.read_text().splitlines(), 1) if line.strip() == text)


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_every_mistake_of_the_configuration_has_its_place(world: World, form: str) -> None:
    def spoil(tree: Tree) -> None:
        tree["groups"]["gold"]["rpoo"] = "2h"
        tree["groups"]["gold"]["home"] = "gold-rome"

    config = world.configured(spoil)
    error = error_of(typed("status", "-c", config, "-o", form))
    assert error["code"] == "config"
    assert "docs/reference/configuration.md" in error["hint"]
    assert places(error) == [
        (config.name, line_of(config, "home: gold-rome"), "groups.gold.home"),
        (config.name, line_of(config, "rpoo: 2h"), "groups.gold.rpoo"),
    ]
    assert all(each["text"] in error["message"] for each in error["places"])


@pytest.mark.parametrize(
    ("text", "line"),
    [("clusters:\n  paris: {url: [\n", 3), ("clusters:\n  \x01\n", 2), ("", None)],
    ids=["unclosed", "control character", "empty"],
)
def test_what_is_no_configuration_at_all_has_its_line(tmp_path: Path, text: str, line: int | None) -> None:
    config = tmp_path / "datamotion.yaml"
    config.write_text(text)
    assert places(error_of(typed("status", "-c", config, "-o", "json"))) == [(config.name, line, None)]
    absent = error_of(typed("status", "-c", tmp_path / "absent.yaml", "-o", "json"))
    assert places(absent) == [("absent.yaml", None, None)]


def test_a_secret_that_cannot_be_had_is_where_the_configuration_names_it(world: World) -> None:
    def without(tree: Tree) -> None:
        for cluster in tree["clusters"].values():
            cluster["password"] = {"env": "NOT_SET"}

    config = world.configured(without)
    error = error_of(typed("status", "-c", config, "-o", "json"))
    assert places(error) == [(config.name, line_of(config, "password:"), "clusters.lyon.password")]
    assert error["hint"] == "It holds a secret: export NOT_SET=…"


def test_what_is_not_from_the_configuration_has_no_place(world: World) -> None:
    error = error_of(typed("status", "silver", "-c", world.configured(), "-o", "json"))
    assert (error["code"], error["places"], error["cluster"]) == ("config", [], None)
    usage = error_of(typed("status", "--bogus", "-ojson"))
    assert (usage["code"], usage["places"]) == ("usage", [])
    assert typed("status", "json", "-c", world.configured()).err.startswith("error: "), "a group of that name"
