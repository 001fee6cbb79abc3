"""One operation at a time for a group, across processes."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datamotion.errors import ConfigError, Refused
from datamotion.store.lock import hold_group, holder_of

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from datamotion.store.lock import hold_group
with hold_group(Path(sys.argv[1]), "gold", "failover", datetime(2031, 5, 4, 11, tzinfo=UTC)) as hold:
    print(hold.holder.who, flush=True)
    for _ in sys.stdin:
        hold.let_go()
        print("let go", flush=True)
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


def test_a_process_that_ended_holds_nothing_and_does_not_wait(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, _):
        process.communicate("")
    with hold_group(tmp_path, "gold", "protect", NOON) as held:
        assert held.waiting is None


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


# -- letting go, and taking again


def lets_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("let go\n")
    process.stdin.flush()
    assert process.stdout.readline() == "let go\n"


def test_a_group_that_was_let_go_is_anybodys_who_is_told_who_waits(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, who):
        lets_go(process)
        with hold_group(tmp_path, "gold", "update", NOON) as held:
            assert held.waiting is not None
            assert (held.waiting.who, held.waiting.operation) == (who, "failover")


def test_who_waits_and_is_killed_is_nobody_and_at_another_host_may_come_back(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, who):
        lets_go(process)
        held = holder_of(tmp_path, "gold")
        assert held is not None
        assert (held.who, held.waits) == (who, True)
        process.kill()
        process.wait()
        assert holder_of(tmp_path, "gold") is None
        note = tmp_path / ".gold.holder"
        note.write_text(note.read_text().replace(f"@{socket.gethostname()},", "@elsewhere,"))
        assert holder_of(tmp_path, "gold") is not None


def test_nobody_had_the_group_meanwhile(tmp_path: Path) -> None:
    with hold_group(tmp_path, "gold", "protect", NOON) as held:
        for _ in range(3):
            held.let_go()
            assert held.take_again() is None
        with pytest.raises(Refused, match="protect"):
            hold(tmp_path)


def test_who_had_the_group_meanwhile_is_told_once(tmp_path: Path) -> None:
    with hold_group(tmp_path, "gold", "protect", NOON) as held:
        held.let_go()
        with hold_group(tmp_path, "gold", "failover", NOON) as other:
            assert other.waiting is not None
        taken = held.take_again()
        assert taken is not None
        assert not taken.still
        assert "failover" in taken.text
        held.let_go()
        assert held.take_again() is None


def test_who_holds_the_group_still_is_told_and_keeps_it(tmp_path: Path) -> None:
    with hold_group(tmp_path, "gold", "protect", NOON) as held:
        held.let_go()
        with another_process(tmp_path) as (_, who):
            taken = held.take_again()
            assert taken is not None
            assert taken.still
            for told in (who, "failover", "2031-05-04T11:00:00+00:00"):
                assert told in taken.text
            held.end()
            with pytest.raises(Refused, match="failover"):
                hold(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "a file"
    missing.write_text("")
    with pytest.raises(ConfigError) as refused:
        hold(missing)
    assert str(missing) in refused.value.message
