"""One operation at a time for a group, across processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datamotion.errors import ConfigError, Refused
from datamotion.store.lock import hold_group

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from datamotion.store.lock import hold_group
with hold_group(Path(sys.argv[1]), "gold", "failover", datetime(2031, 5, 4, 11, tzinfo=UTC)) as hold:
    print(hold.holder.who, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that holds the group, and how it calls itself. It lets go when its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_a_second_holder_is_refused_and_told_who_does_what_since_when(tmp_path: Path) -> None:
    with another_process(tmp_path) as (_, who), pytest.raises(Refused) as refused:
        hold(tmp_path)
    assert who
    for told in (who, "failover", "2031-05-04T11:00:00+00:00", "gold"):
        assert told in refused.value.message


def hold(folder: Path, group: str = "gold") -> None:
    with hold_group(folder, group, "protect", NOON):
        pass


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, _):
        process.kill()
        process.wait()
        hold(tmp_path)


def test_a_process_that_ended_holds_nothing(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, _):
        process.communicate("")
    hold(tmp_path)


def test_other_groups_are_not_concerned(tmp_path: Path) -> None:
    with another_process(tmp_path):
        hold(tmp_path, "silver")


def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with hold_group(tmp_path, "gold", "update", NOON), pytest.raises(Refused, match="update"):
        hold(tmp_path)
    hold(tmp_path)


def test_a_failure_inside_frees_the_group(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), hold_group(tmp_path, "gold", "update", NOON):
        raise ZeroDivisionError
    hold(tmp_path)


def test_a_note_that_cannot_be_read_still_refuses(tmp_path: Path) -> None:
    with another_process(tmp_path):
        (tmp_path / ".gold.holder").write_text("{")
        with pytest.raises(Refused, match="one operation at a time"):
            hold(tmp_path)


def test_a_folder_that_takes_no_lock_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with pytest.raises(ConfigError, match=r"gold cannot be locked in .*plain"):
        hold(tmp_path / "plain")


# -- letting go


def test_a_group_that_was_let_go_is_anybodys_and_who_had_it_is_told(tmp_path: Path) -> None:
    with hold_group(tmp_path, "gold", "protect", NOON) as ours:
        ours.let_go()
        with another_process(tmp_path) as (process, who):
            other = ours.take_again()
            assert other is not None
            assert (who in other.text, other.still) == (True, True)
            process.communicate("")
        other = ours.take_again()
        assert other is not None
        assert (who in other.text, other.still) == (True, False)
        ours.let_go()
        assert ours.take_again() is None


def test_who_let_the_group_go_to_wait_is_known_to_whoever_takes_it(tmp_path: Path) -> None:
    with hold_group(tmp_path, "gold", "protect", NOON) as ours:
        ours.let_go()
        with hold_group(tmp_path, "gold", "failover", NOON) as theirs:
            assert theirs.waiting is not None
            assert theirs.waiting.operation == "protect"
    with hold_group(tmp_path, "gold", "failover", NOON) as later:
        assert later.waiting is None
