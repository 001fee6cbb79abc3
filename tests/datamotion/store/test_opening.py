"""The store's file and URL: whom they let in, what is followed, and what is said about them."""

from __future__ import annotations

import gc
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from datamotion.errors import ConfigError
from datamotion.store.journal import Store, open_store
from datamotion.store.opening import find_problem


@contextmanager
def umask(mask: int) -> Iterator[None]:
    former = os.umask(mask)
    try:
        yield
    finally:
        os.umask(former)


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_a_new_store_is_its_owners_alone_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "datamotion.db"
    with umask(mask), open_store(str(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_path_may_hold_what_means_something_in_a_url(tmp_path: Path) -> None:
    path = tmp_path / "50% of?a=b#c.db"
    with open_store(str(path)) as store:
        assert store.runs() == []
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def a_link(path: Path) -> None:
    (path.parent / "elsewhere.db").touch()
    path.symlink_to(path.parent / "elsewhere.db")


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.parent / "elsewhere.db")


def a_journal_that_is_a_link(path: Path) -> None:
    path.touch()
    path.with_name(f"{path.name}-journal").symlink_to(path.parent / "elsewhere.db")


def a_journal_that_is_a_pipe(path: Path) -> None:
    path.touch()
    os.mkfifo(path.with_name(f"{path.name}-journal"))


@pytest.mark.parametrize(
    "make",
    [a_link, a_link_to_nothing, a_journal_that_is_a_link, a_journal_that_is_a_pipe, os.mkfifo, Path.mkdir],
)
def test_what_is_no_file_of_ours_is_refused_and_not_followed(tmp_path: Path, make: object) -> None:
    path = tmp_path / "datamotion.db"
    assert callable(make)
    make(path)
    before = {each.name: each.lstat().st_size for each in tmp_path.iterdir()}
    with pytest.raises(ConfigError, match="cannot be opened") as refused:
        Store(str(path))
    problem = find_problem(str(path))
    assert problem is not None
    assert (problem.message, problem.hint) == (refused.value.message, refused.value.hint)
    assert {each.name: each.lstat().st_size for each in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@/db?host=/nowhere",
        "postgresql://me%3Ahunter2@/db?host=/nowhere",
        "postgresql://me@/db?host=/nowhere&password=hunter2",
        "postgresql://me@/db?host=/nowhere&passw%6Frd=hunter2",
        "postgresql://me@/db?host=/nowhere&hunter2=hunter2",
        "postgresql://me@/db?host=/nowhere&sslmode=hunter2",
        "postgresql+psycopg://me:hunter%32@/db?host=/nowhere",
    ],
)
def test_nothing_of_a_url_that_may_be_a_secret_is_shown(url: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(ConfigError) as refused:
        Store(url)
    assert "postgresql database db at this machine cannot be opened: " in refused.value.message
    assert "hunter" not in f"{refused.value.message} {refused.value.hint} {refused.value.__context__!r}"


def test_a_store_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    path = tmp_path / "datamotion.db"
    path.write_bytes(b"no database" * 100)
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0  # noqa: PTH208
    with pytest.raises(ConfigError):
        Store(str(path))
    gc.collect()  # a connection that was not closed is a warning, which is an error here
    assert (len(os.listdir("/proc/self/fd")) if before else 0) == before  # noqa: PTH208


_OPENED = """
import sys
from datamotion.errors import DataMotionError
from datamotion.store.journal import Store
try:
    Store(sys.argv[1])
except DataMotionError as error:
    print(error.code, error.exit_status, error, error.hint, sep="\\n")
"""


@pytest.mark.slow
def test_a_full_disk_is_no_mistake_of_whoever_configured_the_store(tmp_path: Path) -> None:
    full = f'mount -t tmpfs -o size=4k full "{tmp_path}" && head -c 4096 /dev/zero > "{tmp_path}/full"'
    mounting = ["unshare", "-rm", "sh", "-c", f'{full} && exec "$0" "$@"']
    if subprocess.run([*mounting, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this account may not mount anything")
    path = tmp_path / "datamotion.db"
    opened = [sys.executable, "-c", _OPENED, str(path)]
    ended = subprocess.run([*mounting, *opened], capture_output=True, text=True, check=True, timeout=60)
    code, status, message, hint = ended.stdout.splitlines()
    assert (code, status) == ("store", "1")
    assert message.startswith(f"the store {path} cannot be opened: ")
    assert hint == "make room for the store, then run the same command again"


# -- looking for a problem beforehand


def test_where_there_is_no_store_yet_none_is_made(tmp_path: Path) -> None:
    assert find_problem(str(tmp_path / "datamotion.db")) is None
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "datamotion.db"
    with open_store(str(path)):
        pass
    before = path.read_bytes()
    assert find_problem(str(path)) is None
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_missing_or_no_folder_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    for folder, told in (("missing", "No such file"), ("plain", "is not a folder")):
        problem = find_problem(str(tmp_path / folder / "datamotion.db"))
        assert problem is not None
        assert told in problem.message


def test_a_file_that_is_no_database_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "datamotion.db"
    path.write_bytes(b"no database" * 100)
    problem = find_problem(str(path))
    assert problem is not None
    assert "file is not a database" in problem.message
