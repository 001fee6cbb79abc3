"""Snapshots: whole, shared where nothing changed, never changed afterwards."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontaplab.disk.volume import VolumeDirectory
from tests.ontaplab.disk.trees import (
    LONG_AGO_NS,
    Edit,
    contents,
    histories,
    keeping_mtime,
    let_the_clock_tick,
    put_directory,
    put_file,
    put_symlink,
    rename,
    write_at,
)


def a_volume(root: Path) -> VolumeDirectory:
    """A writable volume of a few files of some blocks, all older than what happens next."""
    volume = VolumeDirectory(root)
    volume.create()
    for folder, mode in (("docs", 0o755), ("empty", 0o750)):
        (volume.live / folder).mkdir()
        (volume.live / folder).chmod(mode)  # whatever the umask takes away
    for name in ("docs/one", "docs/two", "three"):
        (volume.live / name).write_bytes(name.encode() * 5000)
        (volume.live / name).chmod(0o644)
    (volume.live / "link").symlink_to("docs/one")
    let_the_clock_tick(root)
    return volume


def inode(path: Path) -> int:
    return path.lstat().st_ino


EDITS: dict[str, Edit] = {
    "write in place": lambda live: write_at(live / "docs/one", 5000, b"new"),
    "append": lambda live: write_at(live / "docs/one", 40_000, b"more"),
    "truncation": lambda live: os.truncate(live / "docs/one", 10),
    "touch": lambda live: (live / "docs/one").touch(),
    "write that keeps the mtime": lambda live: keeping_mtime(live / "docs/one", lambda file: write_at(file, 0, b"new")),
    "chmod": lambda live: (live / "docs/one").chmod(0o600),
    "chmod of a directory": lambda live: (live / "docs").chmod(0o700),
    "removal": lambda live: (live / "docs/one").unlink(),
    "rename": rename("docs/one", "docs/two"),
    "rename of a directory": rename("docs", "papers"),
    "new file": put_file("docs/new", b"new"),
    "symlink elsewhere": put_symlink("link", "three"),
    "file becomes directory": put_directory("three", 0o755),
    "directory becomes file": put_file("docs", b""),
    "directory becomes symlink": put_symlink("docs", "empty"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_an_edit_is_in_the_next_snapshot_and_not_in_the_one_before(tmp_path: Path, edit: Edit) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.take_snapshot("before", None)
    was = contents(volume.live)
    let_the_clock_tick(tmp_path)
    edit(volume.live)
    volume.take_snapshot("after", "before")
    assert contents(volume.snapshot("before")) == was
    assert contents(volume.snapshot("after")) == contents(volume.live) != was


def test_unchanged_files_are_shared_with_the_newest_snapshot_and_changed_ones_are_not(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.take_snapshot("first", None)
    write_at(volume.live / "three", 0, b"new")
    volume.take_snapshot("second", "first")
    first, second = volume.snapshot("first"), volume.snapshot("second")
    assert inode(second / "docs/one") == inode(first / "docs/one") != inode(volume.live / "docs/one")
    assert inode(second / "three") != inode(first / "three")


def test_a_file_that_only_its_ctime_says_changed_is_compared_and_shared(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.take_snapshot("first", None)
    keeping_mtime(volume.live / "three", lambda file: write_at(file, 0, b"three"))
    volume.take_snapshot("second", "first")
    assert inode(volume.snapshot("second") / "three") == inode(volume.snapshot("first") / "three")


def test_directories_that_changed_places_are_noticed_though_their_files_look_alike(tmp_path: Path) -> None:
    volume = VolumeDirectory(tmp_path / "volume")
    volume.create()
    for release, data in (("old", b"1.0"), ("new", b"2.0")):
        file = volume.live / release / "lib/version"
        file.parent.mkdir(parents=True)
        file.write_bytes(data)
        os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))
    let_the_clock_tick(tmp_path)
    volume.take_snapshot("before", None)
    for former, new in (("old", "aside"), ("new", "old"), ("aside", "new")):
        (volume.live / former).rename(volume.live / new)
    volume.take_snapshot("after", "before")
    assert (volume.snapshot("after") / "old/lib/version").read_bytes() == b"2.0"


def test_a_place_that_was_a_link_out_of_the_volume_shares_nothing_with_what_it_led_to(tmp_path: Path) -> None:
    put_file("deep/file", b"same")(tmp_path / "outside")
    volume = a_volume(tmp_path / "volume")
    put_symlink("place", str(tmp_path / "outside"))(volume.live)
    volume.take_snapshot("before", None)
    put_file("place/deep/file", b"same")(volume.live)
    shutil.copystat(tmp_path / "outside/deep/file", volume.live / "place/deep/file")
    volume.take_snapshot("after", "before")
    assert inode(volume.snapshot("after") / "place/deep/file") != inode(tmp_path / "outside/deep/file")


def test_what_was_learned_of_a_dropped_snapshot_is_not_held_against_an_older_one(tmp_path: Path) -> None:
    volume = VolumeDirectory(tmp_path / "volume")
    volume.create()
    for folder in ("a", "b"):
        put_file(f"{folder}/file", folder.encode())(volume.live)
        os.utime(volume.live / folder / "file", ns=(LONG_AGO_NS, LONG_AGO_NS))
    let_the_clock_tick(tmp_path)
    volume.take_snapshot("older", None)
    for former, new in (("a", "aside"), ("b", "a"), ("aside", "b")):
        (volume.live / former).rename(volume.live / new)
    volume.take_snapshot("dropped", "older")
    volume.drop_snapshot("dropped")
    volume.take_snapshot("next", "older")
    assert (volume.snapshot("next") / "a/file").read_bytes() == b"b"


def test_the_caller_says_which_snapshot_is_the_newest(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.take_snapshot("known", None)
    volume.take_snapshot("leftover", None)
    volume.take_snapshot("next", "known")
    assert inode(volume.snapshot("next") / "three") == inode(volume.snapshot("known") / "three")


def test_a_renamed_snapshot_still_shares_its_files(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.take_snapshot("first", None)
    volume.rename_snapshot("first", "hourly.0")
    volume.take_snapshot("second", "hourly.0")
    assert not volume.snapshot("first").exists()
    assert inode(volume.snapshot("second") / "three") == inode(volume.snapshot("hourly.0") / "three")


def test_sockets_and_fifos_are_left_out(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    os.mkfifo(volume.live / "fifo")
    with chdir(volume.live), socket.socket(socket.AF_UNIX) as listening:  # a socket's path must be short
        listening.bind("socket")
        volume.take_snapshot("first", None)
    names = {path.name for path in volume.snapshot("first").iterdir()}
    assert names == {".snapshot", "docs", "empty", "link", "three"}


def test_dot_snapshot_leads_to_the_snapshots_and_is_an_ordinary_name_further_down(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    (volume.live / "docs/.snapshot").write_bytes(b"ours")
    volume.take_snapshot("first", None)
    assert (volume.live / ".snapshot/first/docs/.snapshot").read_bytes() == b"ours"
    assert (volume.snapshot("first") / ".snapshot/first").samefile(volume.snapshot("first"))


def test_holes_stay_holes(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    sparse = volume.live / "sparse"
    sparse.touch()
    os.truncate(sparse, 1 << 30)
    write_at(sparse, 1 << 20, b"data")
    volume.take_snapshot("first", None)
    copy = volume.snapshot("first") / "sparse"
    assert copy.stat().st_size == 1 << 30
    assert copy.stat().st_blocks * 512 < 1 << 20
    with copy.open("rb") as file:
        file.seek(1 << 20)
        assert file.read(5) == b"data\0"


def test_a_snapshot_does_not_replace_another(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.take_snapshot("first", None)
    was = contents(volume.snapshot("first"))
    (volume.live / "three").unlink()
    with pytest.raises(FileExistsError):
        volume.take_snapshot("first", "first")
    assert contents(volume.snapshot("first")) == was


@pytest.mark.parametrize("name", ["", ".", "..", "../live", "a/b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        a_volume(tmp_path / "volume").take_snapshot(name, None)


@pytest.mark.slow
@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(st.lists(st.tuples(histories, st.booleans()), min_size=2, max_size=5))
def test_every_snapshot_stays_what_live_was_whatever_happens_afterwards(
    steps: Sequence[tuple[Sequence[Edit], bool]],
) -> None:
    with TemporaryDirectory() as folder:
        volume = VolumeDirectory(Path(folder, "volume"))
        volume.create()
        taken = {}
        newest = None
        for number, (history, tick) in enumerate(steps):
            for edit in history:
                edit(volume.live)
            if tick:
                let_the_clock_tick(Path(folder))
            volume.take_snapshot(f"hourly.{number}", newest)
            newest = f"hourly.{number}"
            taken[newest] = contents(volume.live)
        assert {name: contents(volume.snapshot(name)) for name in taken} == taken
