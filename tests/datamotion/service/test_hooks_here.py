"""Hooks as processes of this host: what they are told, what they print, how they end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest

from datamotion.engine.ports import Accepted, Declined, Reply
from datamotion.model.acts import THIS_HOST, Act, RunHook
from datamotion.service.commands_here import run_here
from datamotion.service.hooks import Hooks

ENVIRON = {"PATH": "/usr/bin:/bin", "PARIS_PASSWORD": "not to be seen"}


def act(*command: str, limit_s: float = 30.0) -> Act:
    change = RunHook(command=command, limit_s=limit_s, facts=(("DATAMOTION_GROUP", "gold"),))
    text = f"before-freeze: {command[0]}"
    return Act(cluster=THIS_HOST, backend="hook", volume=None, change=change, title="Run hooks", text=text)


def python(code: str, *, limit_s: float = 30.0) -> Act:
    return act(sys.executable, "-S", "-c", code, limit_s=limit_s)


def ask(*acts: Act) -> Sequence[Reply]:
    return anyio.run(Hooks(ENVIRON, run_here).ask, acts)


def test_it_is_told_what_moves_and_no_secret() -> None:
    told = "import os, sys; sys.exit(os.environ['DATAMOTION_GROUP'] != 'gold' or 'PARIS_PASSWORD' in os.environ)"
    assert ask(python(told)) == [Accepted()]


@pytest.mark.parametrize(
    ("hook", "why"),
    [
        (python("print('starting'); print('not now'); raise SystemExit(3)"), "ended with status 3: not now"),
        (python("import time; time.sleep(600)", limit_s=0.3), "did not end within 0.3 s"),
        (act("/nonexistent/program"), "cannot be run: No such file or directory"),
        (python("import os; os.kill(os.getpid(), 9)"), "was ended by signal 9"),
    ],
)
def test_why_it_has_failed_is_told_and_none_is_run_behind_it(hook: Act, why: str) -> None:
    first, second = ask(hook, python("raise SystemExit(7)"))
    assert isinstance(first, Declined)
    assert f"hook before-freeze: {hook.change.command[0]} {why}" in first.error.message  # type: ignore[union-attr]
    assert second == first


def test_what_failed_afterwards_is_not_said_to_be_run_again() -> None:
    failing = replace(python("raise SystemExit(3)"), text="after-serve: python")
    (reply,) = ask(failing)
    assert isinstance(reply, Declined)
    assert (reply.error.hint or "").startswith("run it by hand")
