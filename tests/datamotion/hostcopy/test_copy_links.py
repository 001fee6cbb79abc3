"""Hard links and kinds that change at the source between two runs: no name has what is another file's."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from datamotion.errors import CopyFailed
from datamotion.hostcopy import Verify
from tests.datamotion.hostcopy.copies import MIB, PIECE, Ailing, as_nobody, copied, cut_off, filled, left_over, standing
from tests.datamotion.hostcopy.test_copy_failing import Failing


def _linked(folder: Path, *names: str, content: bytes = b"first", size: int = 0) -> None:
    first = folder / names[0]
    first.parent.mkdir(parents=True, exist_ok=True)
    first.write_bytes(content + bytes(size))
    for name in names[1:]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(first, folder / name)


def _severed(path: Path, content: bytes) -> None:
    """As editors save: a file of its own."""
    path.unlink()
    path.write_bytes(content)


def _are_equal(source: Path, copy: Path) -> None:
    assert list(standing(copy)) == list(standing(source))


@pytest.mark.parametrize("verify", list(Verify))
@pytest.mark.parametrize("name", ["a", "b", "c"])
@pytest.mark.parametrize("size", [0, 2 * PIECE])
def test_a_copy_that_goes_on_writes_no_file_into_another_that_was_one_with_it(
    quick_path: Path, verify: Verify, name: str, size: int
) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "b", "c", size=size)
    cut_off(source, copy)
    _severed(source / name, b"second, longer" + bytes(size))
    assert copied(source, copy, verify).outcome == "done"
    _are_equal(source, copy)


@pytest.mark.parametrize("verify", [Verify.FAST, Verify.FULL])
@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("size", [0, 2 * PIECE])
def test_an_update_writes_no_file_into_another_that_was_one_with_it(
    quick_path: Path, verify: Verify, in_place: bool, size: int
) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "b", "deeper/c", size=size)
    copied(source, copy)
    _severed(source / "b", b"second, longer" + bytes(size))
    assert copied(source, copy, verify, delta=True, in_place=in_place).outcome == "done"
    _are_equal(source, copy)
    again = copied(source, copy, verify, delta=True, in_place=in_place)
    assert (again.sent, again.equal) == (0, again.size)


@pytest.mark.parametrize("in_place", [False, True])
def test_what_is_set_of_a_file_is_not_of_another_that_was_one_with_it(quick_path: Path, in_place: bool) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "b")
    copied(source, copy)
    shutil.copy2(source / "b", source / "c")
    (source / "c").replace(source / "b")
    (source / "b").chmod(0o600)
    assert copied(source, copy, delta=True, in_place=in_place).outcome == "done"
    assert [(copy / name).stat().st_mode & 0o777 for name in "ab"] == [0o644, 0o600]
    _are_equal(source, copy)


@pytest.mark.parametrize("way", ["goes on", "delta", "in place"])
@pytest.mark.parametrize("gained", ["0", "b2", "e"])
def test_links_that_changed_partners_do_at_the_copy(quick_path: Path, way: str, gained: str) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "b", content=b"one")
    _linked(source, "c", "d", content=b"another")
    if way == "goes on":
        cut_off(source, copy)
    else:
        copied(source, copy)
    for before, after in (("b", "t"), ("d", "b"), ("t", "d")):
        (source / before).rename(source / after)
    os.link(source / "a", source / gained)
    assert copied(source, copy, delta=way != "goes on", in_place=way == "in place").outcome == "done"
    _are_equal(source, copy)


@pytest.mark.parametrize("way", ["goes on", "delta", "in place"])
@pytest.mark.parametrize("change", ["bytes", "mode"])
@pytest.mark.parametrize("size", [0, 2 * PIECE])
def test_a_name_outside_of_the_copy_keeps_what_it_has(quick_path: Path, way: str, change: str, size: int) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "b", size=size)
    _linked(source, "c", size=size)
    os.link(source / "c", quick_path / "at the source's side")
    if way == "goes on":
        there = cut_off(source, copy)
    else:
        copied(source, copy)
        there = copy
    (quick_path / "outside").mkdir()
    for name in "ac":
        os.link(there / name, quick_path / "outside" / name)
    for name in "ac":
        if change == "bytes":
            (source / name).write_bytes(b"second, longer" + bytes(size))
        else:
            (source / name).chmod(0o640)
    assert copied(source, copy, delta=way != "goes on", in_place=way == "in place").outcome == "done"
    _are_equal(source, copy)
    kept = b"first" + bytes(size), 0o644, 1
    for each in (quick_path / "outside").iterdir():
        assert (each.read_bytes(), each.stat().st_mode & 0o777, each.stat().st_nlink) == kept


@pytest.mark.parametrize("in_place", [False, True])
def test_a_copy_whose_files_are_links_to_those_of_the_source_gets_files_of_its_own(
    quick_path: Path, in_place: bool
) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "b")
    _linked(source, "c", content=b"third")
    copy.mkdir()
    for name, other in (("a", "a"), ("b", "c"), ("c", "b")):
        os.link(source / other, copy / name)
    assert copied(source, copy, delta=True, in_place=in_place).outcome == "done"
    assert [(source / name).read_bytes() for name in "abc"] == [b"first", b"first", b"third"]
    assert {each.stat().st_ino for each in copy.iterdir()}.isdisjoint(each.stat().st_ino for each in source.iterdir())
    _are_equal(source, copy)


def test_links_that_stayed_are_not_sent_again(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "deeper/b", size=5000)
    _linked(source, "large", "deeper/large", size=2 * PIECE)
    cut_off(source, copy)
    report = copied(source, copy)
    assert (report.sent, report.kept) == (0, report.size)
    inode = (copy / "a").stat().st_ino
    (source / "a").chmod(0o600)
    report = copied(source, copy, delta=True)
    assert (report.sent, report.equal) == (0, report.size)
    assert (copy / "deeper" / "b").stat().st_ino == (copy / "a").stat().st_ino == inode
    _are_equal(source, copy)


@pytest.mark.parametrize("gone", ["a", "b", "c"])
@pytest.mark.parametrize("change", ["bytes", "mode"])
def test_a_copy_that_lost_a_name_since_it_was_written_counts_only_if_it_is_equal(
    quick_path: Path, gone: str, change: str
) -> None:
    """What was changed at the source with its old times, before the copy of it was touched."""
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "b", "c")
    cut_off(source, copy)
    before = (source / "a").stat()
    _severed(source / gone, b"its own")
    for name in {"a", "b", "c"} - {gone}:
        (source / name).write_bytes(b"FIRST" if change == "bytes" else b"first")
        (source / name).chmod(0o644 if change == "bytes" else 0o600)
        os.utime(source / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert copied(source, copy).outcome == "done"
    _are_equal(source, copy)


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()
    filled(path / "file", 10)
    (path / "link").symlink_to("..")


def _link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "outside")


def _file(path: Path) -> None:
    filled(path, 8)


def _large(path: Path) -> None:
    filled(path, 2 * PIECE + 8)


def _hard_links(path: Path) -> None:
    filled(path, 8)
    os.link(path, path.with_name("its other name"))


def _device(path: Path) -> None:
    try:
        os.mknod(path, 0o020666, os.makedev(1, 3))
    except OSError as error:
        pytest.skip(f"this account may make no device: {error}")


_KINDS = [_device, _fifo, _folder, _link, _file, _large, _hard_links]


@pytest.mark.parametrize("was", _KINDS)
@pytest.mark.parametrize("becomes", _KINDS)
@pytest.mark.parametrize("target", ["file", "folder"])
def test_a_copy_goes_on_where_something_became_another_kind(
    quick_path: Path, was: Callable[[Path], None], becomes: Callable[[Path], None], target: str
) -> None:
    source, copy, outside = quick_path / "source", quick_path / "copy", quick_path / "outside"
    source.mkdir()
    if target == "folder":
        outside.mkdir()
        filled(outside / "file", 10, seed=7)
    else:
        filled(outside, 10, seed=7)
    was(source / "changing")
    cut_off(source, copy)
    (source / "its other name").unlink(missing_ok=True)
    changing = source / "changing"
    shutil.rmtree(changing) if changing.is_dir() and not changing.is_symlink() else changing.unlink()
    becomes(changing)
    assert copied(source, copy).outcome == "done"
    _are_equal(source, copy)
    assert (outside / "file" if target == "folder" else outside).read_bytes() == random.Random(7).randbytes(10)
    assert left_over(quick_path) == []


def test_what_was_copied_read_only_is_in_nobodys_way(quick_path: Path) -> None:
    quick_path.chmod(0o777)
    source, copy = quick_path / "source", quick_path / "copy"
    with as_nobody():
        (source / "removed" / "deeper").mkdir(parents=True)
        (source / "a file").mkdir()
        for name in ("removed/deeper/file", "a file/file", "small", "large"):
            filled(source / name, 2 * PIECE + 1 if name == "large" else 10).chmod(0o444)
        for name in ("removed/deeper", "removed", "a file"):
            (source / name).chmod(0o555)
        cut_off(source, copy)
        for name in ("removed/deeper", "removed", "a file"):
            (source / name).chmod(0o755)
            shutil.rmtree(source / name) if name != "removed/deeper" else None
        for name in ("a file", "small", "large"):
            path = source / name
            path.unlink(missing_ok=True)
            filled(path, 2 * PIECE + 1 if name == "large" else 10, seed=2).chmod(0o444)
        assert copied(source, copy).outcome == "done"
        _are_equal(source, copy)
        (old := quick_path / "old" / "deeper").mkdir(parents=True)
        filled(old / "file", 10)
        old.chmod(0o555)
        copied(source, quick_path / "old", force=True)
        _are_equal(source, quick_path / "old")
    assert left_over(quick_path) == []


@pytest.mark.parametrize("in_place", [False, True])
def test_what_a_kill_left_of_a_link_is_not_written_through(quick_path: Path, in_place: bool) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    _linked(source, "a", "b")
    copied(source, copy)
    os.link(copy / "a", copy / ".b.datamotion-copy")  # it was to be b
    _severed(source / "b", b"second, longer")
    copied(source, copy, delta=True, in_place=in_place)
    assert [(copy / name).read_bytes() for name in "ab"] == [b"first", b"second, longer"]
    assert (copy / "a").stat().st_ino != (copy / "b").stat().st_ino


def test_a_folder_that_is_called_as_a_copy_on_its_way_is_left_alone(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.mkdir()
    filled(source / "file", 10)
    copied(source, copy)
    (copy / ".file.datamotion-copy").mkdir()
    filled(copy / ".file.datamotion-copy" / "its own", 10)
    filled(source / "file", 20)
    assert copied(source, copy, delta=True).outcome == "done"
    assert (copy / "file").read_bytes() == (source / "file").read_bytes()
    assert [each.name for each in (copy / ".file.datamotion-copy").iterdir()] == ["its own"]


@pytest.mark.parametrize("way", ["again", "delta", "force"])
def test_an_unfinished_copy_of_a_file_that_has_another_name_is_made_anew(quick_path: Path, way: str) -> None:
    """As after a kill between its name and the removal of the one that it grew under."""
    source, copy = filled(quick_path / "source", 2 * MIB), quick_path / "copy"
    with pytest.raises(CopyFailed):
        copied(source, copy, read=Failing(MIB))
    unfinished = quick_path / ".copy.datamotion-copy"
    other = copy if way != "again" else quick_path / "other"
    os.link(unfinished, other)
    before = other.read_bytes()
    filled(source, 3 * MIB, seed=2)
    with pytest.raises(CopyFailed):
        copied(source, copy, read=Failing(MIB), delta=way == "delta", force=way == "force")
    assert other.read_bytes() == before
    assert copied(source, copy, delta=way == "delta", force=way == "force").outcome == "done"
    assert copy.read_bytes() == source.read_bytes()
    assert left_over(quick_path) == []


@pytest.mark.parametrize("in_place", [False, True])
def test_no_name_becomes_a_link_to_an_older_copy_of_what_could_not_be_read(quick_path: Path, in_place: bool) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    for folder in (source, copy):
        folder.mkdir()
    filled(copy / "a", 10, seed=5)
    filled(copy / "b", 20, seed=6)
    _linked(source, "a", "b")
    report = copied(source, copy, read=Ailing(errno.EIO, source / "a"), delta=True, in_place=in_place)
    assert [each.text.split(":")[0] for each in report.failures] == [str(copy / "b"), str(source / "a")]
    assert (copy / "b").read_bytes() == random.Random(6).randbytes(20)
    assert copied(source, copy, delta=True, in_place=in_place).outcome == "done"
    _are_equal(source, copy)


@pytest.mark.parametrize("others", [0, 1, 2])
def test_a_file_that_is_written_in_place_stays_one_with_its_other_names_and_the_report_says_so(
    quick_path: Path, others: int
) -> None:
    source, copy = filled(quick_path / "source", MIB, seed=2), filled(quick_path / "copy", MIB)
    names = [quick_path / f"link {number}" for number in range(others)]
    for name in names:
        os.link(copy, name)
    report = copied(source, copy, delta=True, in_place=True)
    told = {1: ["has another name, a hard link, which"], 2: ["has 2 other names, hard links, which"]}.get(others, [])
    assert len(report.notes) == len(told)
    assert all(each in note for each, note in zip(told, report.notes, strict=True))
    assert all(name.samefile(copy) and name.read_bytes() == source.read_bytes() for name in names)


def test_a_file_that_is_brought_up_to_date_beside_itself_leaves_its_other_names(quick_path: Path) -> None:
    source, copy = filled(quick_path / "source", MIB, seed=2), filled(quick_path / "copy", MIB)
    before, other = copy.read_bytes(), quick_path / "link"
    os.link(copy, other)
    report = copied(source, copy, delta=True)
    assert (report.notes, copy.read_bytes(), other.read_bytes()) == ((), source.read_bytes(), before)
