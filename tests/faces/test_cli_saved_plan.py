"""`plan --out` and `apply --plan`: what was read and agreed to is done, or nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.faces.labs import World
from tests.faces.terminal import typed


def test_a_saved_plan_is_refused_once_something_else_is_to_be_done(world: World, tmp_path: Path) -> None:
    config, saved = world.configured(), tmp_path / "gold.plan"
    with world.unchanged():
        shown = typed("plan", "gold", "--out", saved, "-c", config)
        assert shown.status == 0, shown.err
        assert saved.stat().st_mode & 0o777 == 0o600
        assert json.loads(saved.read_text())["kind"] == "operations"
        same = typed("apply", "--plan", saved, "--dry-run", "-c", config)
        assert (same.status, same.out) == (0, shown.out)
        fewer = world.configured(lambda tree: tree["backends"]["gold-paris"].update(volumes=["vol_1"]))
        changed = typed("apply", "--plan", saved, "--yes", "-c", fewer)
        assert changed.status == 3
        assert "the plan of gold is not what was saved: not to be done any more: " in changed.err
        assert "datamotion plan --out FILE" in changed.err
        for change, told in (
            (lambda tree: tree["groups"]["gold"]["targets"][0].update(policy="Asynchronous"), "(Asynchronous, hourly)"),
            (lambda tree: tree["groups"]["gold"]["targets"][0].update(schedule="daily"), "daily)"),
        ):
            other = typed("apply", "--plan", saved, "--yes", "-c", world.configured(change))
            assert (other.status, told in other.err) == (3, True), other.err
        document = json.loads(saved.read_text())
        saved.write_text(json.dumps({**document, "schema_version": "2.0"}))
        ended = typed("apply", "--plan", saved, "--yes", "-c", config)
        assert ended.status == 2
        assert "is of schema version 2.0, and this release reads 1." in ended.err


def test_a_plan_takes_the_place_of_nothing_but_a_plan(world: World, tmp_path: Path) -> None:
    config = world.configured()
    before = config.read_bytes()
    for out, told in (
        (config, f"{config} is there, and no saved plan"),
        (Path("/dev/null"), "/dev/null is there, and no saved plan"),
        (tmp_path, f"{tmp_path} is there, and no saved plan"),
    ):
        typed("plan", "--out", out, "-c", config).failed_cleanly(2, told)
    assert config.read_bytes() == before
    nowhere = typed("plan", "--out", tmp_path / "none" / "plan", "-c", config)
    assert (nowhere.status, f"{tmp_path}/none/plan cannot be written: No such file" in nowhere.err) == (2, True)
    saved = tmp_path / "gold.plan"
    saved.touch()
    for _ in range(2):
        assert typed("plan", "--out", saved, "-c", config).status == 0


def test_a_saved_plan_is_that_though_time_passes_and_clients_write_on(world: World, tmp_path: Path) -> None:
    config, saved = world.configured(), tmp_path / "gold.plan"
    assert typed("plan", "gold", "--out", saved, "-c", config).status == 0
    document = saved.read_text()
    assert "0 B to copy" in document or "iB to copy" in document, document
    saved.write_text(re.sub(r"[\d.]+ [KMG]?i?B to copy", "7 GiB to copy", document))
    with world.unchanged():
        assert typed("apply", "--plan", saved, "--dry-run", "-c", config).status == 0


@pytest.mark.parametrize(
    "written", ["", "{}", "[]", '{"kind": "status", "report": []}', "\x00\xff", '{"kind": "operations"}']
)
def test_what_is_no_saved_plan_is_a_mistake(world: World, tmp_path: Path, written: str) -> None:
    config, saved = world.configured(), tmp_path / "gold.plan"
    saved.write_bytes(written.encode("latin-1"))
    with world.unchanged():
        ended = typed("apply", "--plan", saved, "--yes", "-c", config)
        assert ended.status == 2, ended
        assert "is no saved plan" in ended.err
        assert typed("apply", "--plan", tmp_path / "none", "-c", config, "--yes").status == 2
