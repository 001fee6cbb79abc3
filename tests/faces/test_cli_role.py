"""The role of an account, as it is printed."""

from __future__ import annotations

import pytest

from datamotion.service.role import role
from tests.faces.terminal import typed


def test_it_is_printed_as_commands_that_make_it_and_its_account() -> None:
    shown = typed("role", "--name", "dm")
    assert (shown.status, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert "security login rest-role create -role dm -api /api/svm/svms -access readonly" in lines
    assert lines[-1].startswith("security login create -user-or-group-name dm -application http")
    assert len(lines) == len(role("dm").privileges) + 1


def test_as_json_it_is_what_a_request_takes() -> None:
    told = typed("role", "-o", "json").report
    assert told["name"] == "datamotion"
    assert {"path", "access", "because"} == set(told["privileges"][0])


@pytest.mark.parametrize("name", ["", "two words", "-x", "a" * 41, "x;reboot"])
def test_what_is_no_name_of_a_role_is_refused(name: str) -> None:
    ended = typed("role", f"--name={name}")
    assert (ended.status, ended.out) == (2, "")
    assert "is no name of a role" in " ".join(ended.err.split())
