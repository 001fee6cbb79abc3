"""`plan --exit-code`, for scripts: changes are told apart from nothing to do, and from every mistake."""

from __future__ import annotations

from tests.faces.labs import World
from tests.faces.terminal import typed
from tests.faces.test_cli_silence import a_closed_port, with_paris_at


def test_changes_end_with_2_and_nothing_else_does(world: World) -> None:
    config = world.configured()
    with world.unchanged():
        assert typed("plan", "-c", config).status == 0
        assert typed("plan", "--exit-code", "-c", config).status == 2
        for form in ("text", "json"):
            assert typed("plan", "--exit-code", "silver", "-c", config, "-o", form).status == 1
            assert typed("plan", "silver", "-c", config, "-o", form).status == 2
        assert typed("plan", "--exit-code", "--bogus").status == 1


def test_a_plan_that_cannot_be_made_says_so_by_its_status(world: World) -> None:
    config = with_paris_at(world, a_closed_port())
    assert typed("plan", "--exit-code", "-c", config).status == 4
