"""`plan --out` and `apply --plan`: what was read and agreed to is done, or nothing."""

from __future__ import annotations

import json
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
