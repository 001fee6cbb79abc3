"""The files of a lock: modes, links, and what else may lie in their place; and a disk that takes nothing."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datamotion.errors import ConfigError, Refused
from datamotion.store.lock import hold_group
from datamotion.store.places import spare_folders
from tests.datamotion.store.test_opening import umask

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
TREASURE = "somebody's"


def held_and_refused(folder: Path) -> str:
    """The group can be held, let go and taken again there, and is then refused to others; returns their refusal."""
    with hold_group(folder, "gold", "update", NOON) as held:
        held.let_go()
        assert held.take_again() is None
        with pytest.raises(Refused) as refused, hold_group(folder, "gold", "protect", NOON):
            pass
    return refused.value.message


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_both_are_their_owners_alone_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    with umask(mask):
        assert "update" in held_and_refused(tmp_path)
        held_and_refused(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {".gold.lock": 0o600, ".gold.holder": 0o600}


def a_link(path: Path) -> None:
    path.symlink_to(path.parent / "treasure")


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "nothing")


def a_second_name(path: Path) -> None:
    path.hardlink_to(path.parent / "treasure")


@pytest.mark.parametrize("make", [a_link, a_link_to_nothing, a_second_name, os.mkfifo, Path.mkdir])
def test_nothing_is_written_through_what_lies_where_the_note_should(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """Nor is anything waited for: the group is held all the same, and only nobody is told by whom."""
    (tmp_path / "treasure").write_text(TREASURE)
    make(tmp_path / ".gold.holder")
    assert "another process holds gold" in held_and_refused(tmp_path)
    assert (tmp_path / "treasure").read_text() == TREASURE
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("make", [a_link, a_link_to_nothing, os.mkfifo, Path.mkdir])
def test_no_group_is_held_by_what_lies_where_the_lock_should(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "treasure").write_text(TREASURE)
    make(tmp_path / ".gold.lock")
    with pytest.raises(ConfigError, match="is a link, or else no regular file"):
        held_and_refused(tmp_path)
    assert (tmp_path / "treasure").read_text() == TREASURE
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    "note",
    [
        "[" * 4000,
        " " * 5000 + "{}",
        '{"number": 1}',
        '{"number": -1, "holder": {"operation": "x", "since": "x", "who": "x"}}',
        '{"number": 1e99, "holder": {"operation": "x", "since": "x", "who": "x"}}',
        '{"number": 1, "holder": {"operation": {}, "since": 5, "who": ["x"]}}',
        '{"number": 1, "holder": {"operation": "x", "since": "x", "who": "' + "x" * 9000 + '"}}',
        "\udcff",
    ],
)
def test_a_note_that_is_none_is_passed_over_and_replaced(tmp_path: Path, note: str) -> None:
    path = tmp_path / ".gold.holder"
    path.write_text(note, errors="surrogateescape")
    with hold_group(tmp_path, "gold", "update", NOON) as held:
        path.write_text(note, errors="surrogateescape")
        with pytest.raises(Refused, match="another process holds gold"), hold_group(tmp_path, "gold", "x", NOON):
            pass
        assert held.waiting is None
    assert json.loads(path.read_text())["number"] == 1


HOLDING = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from datamotion.store.lock import hold_group
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
with hold_group(Path(sys.argv[1]), "gold", "failover", datetime(2031, 5, 4, 11, tzinfo=UTC)) as hold:
    print("held", flush=True)
    sys.stdin.readline()
    hold.let_go()
    print(hold.take_again(), flush=True)
print("ended", flush=True)
"""


@pytest.mark.parametrize("held_before", [True, False])
def test_a_disk_that_takes_no_note_stops_nobody(tmp_path: Path, held_before: bool) -> None:
    """No file can grow there. The group is held, and nobody is taken to have had it meanwhile."""
    if held_before:
        held_and_refused(tmp_path)
    command = [sys.executable, "-c", HOLDING, str(tmp_path), "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Refused, match="holds gold"), hold_group(tmp_path, "gold", "protect", NOON):
            pass
        rest, _ = process.communicate("\n", timeout=60)
    assert (process.returncode, rest) == (0, "None\nended\n")


def test_a_lock_that_is_lost_while_nobody_holds_it_is_told_and_not_raised(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    with hold_group(folder, "gold", "failover", NOON) as held:
        held.let_go()
        shutil.rmtree(folder)
        other = held.take_again()
        assert other is not None
        assert other.still
        assert "its lock cannot be taken: No such file or directory" in other.text


def test_an_account_whose_name_is_no_text_is_told_all_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDING, str(tmp_path), "4096"]
    environ = {**os.environb, b"LOGNAME": b"\xff\x1b[8m"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Refused) as refused, hold_group(tmp_path, "gold", "protect", NOON):
            pass
        process.communicate("\n", timeout=60)
    assert refused.value.message.startswith(r"\udcff\x1b[8m@")


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_a_folder_that_has_to_be_made_is_its_owners_alone_and_all_that_had_to_be_made_for_it(
    tmp_path: Path, mask: int
) -> None:
    with umask(mask):
        tmp_path.chmod(0o755)
        folders = list(spare_folders(tmp_path, {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "made")}))
    assert [str(each.relative_to(tmp_path)) for each in folders] == [
        ".",
        "home/.local/state/datamotion",
        f"made/datamotion-{os.getuid()}",
    ]
    made = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(made) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}
