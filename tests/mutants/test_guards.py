"""The table of safety guards is of this source tree: each can be switched off."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants.__main__ import switch_off
from tests.mutants.guards import GUARDS, Guard

_SOURCE = Path(__file__).parents[2] / "src"


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_a_guard_is_where_the_table_says(guard: Guard, tmp_path: Path) -> None:
    there, copy = _SOURCE / guard.file, tmp_path / guard.file
    copy.parent.mkdir(parents=True)
    copy.write_text(there.read_text())
    switch_off(guard, tmp_path)
    assert ast.dump(ast.parse(copy.read_text())) != ast.dump(ast.parse(there.read_text()))
