"""So many files that other processes help: the copy, what fails of it, and an end that nobody expected."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from datamotion.errors import CopyFailed
from datamotion.hostcopy import Asked, Tally, Verify, copy
from datamotion.thread_clock import ThreadClock
from tests.datamotion.hostcopy.copies import Ailing, copied, cut_off, filled, left_over, standing

_FOLDERS, _EACH = 10, 120


@pytest.fixture(autouse=True)
def _two_cores(request: pytest.FixtureRequest) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("on one core no process helps")


def _many(folder: Path) -> Path:
    for number in range(_FOLDERS):
        (folder / f"folder{number}").mkdir(parents=True)
        for each in range(_EACH):
            filled(folder / f"folder{number}" / f"file{each}", 100 + each, number * _EACH + each)
    first = folder / "folder0" / "file0"
    os.link(first, folder / "folder9" / "linked")
    (folder / "folder9" / "link").symlink_to("linked")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("verify", list(Verify))
def test_many_files_are_copied_counted_and_brought_up_to_date(quick_path: Path, verify: Verify) -> None:
    source, copy = _many(quick_path / "source"), quick_path / "copy"
    size = _FOLDERS * sum(range(100, 100 + _EACH))
    report = copied(source, copy, verify)
    assert report.failures == ()
    assert list(standing(copy)) == list(standing(source))
    assert (report.files, report.folders, report.others) == (_FOLDERS * _EACH, _FOLDERS + 1, 2)
    assert (report.size, report.sent or size) == (size, size)
    filled(source / "folder9" / "file7", 5000)
    again = copied(source, copy, verify, delta=True)
    assert (copy / "folder9" / "file7").read_bytes() == (source / "folder9" / "file7").read_bytes()
    assert (again.sent or 5000, again.equal) == (5000, size - 107)
    assert multiprocessing.active_children() == []
    assert left_over(quick_path) == []


@pytest.mark.slow
def test_what_fails_among_many_is_told_and_the_rest_goes_on_and_counts(quick_path: Path) -> None:
    source, copy = _many(quick_path / "source"), quick_path / "copy"
    bad = [source / f"folder{number}" / "file5" for number in range(_FOLDERS)]
    report = copied(source, copy, read=Ailing(errno.EIO, *bad))
    assert sorted(each.text.split(":")[0] for each in report.failures) == sorted(map(str, bad))
    assert not copy.exists()
    again = copied(source, copy)
    assert (again.outcome, again.sent) == ("done", 105 * _FOLDERS)
    assert list(standing(copy)) == list(standing(source))


@pytest.mark.slow
def test_what_was_written_with_its_old_times_between_two_runs_is_copied_again(quick_path: Path) -> None:
    source, copy = _many(quick_path / "source"), quick_path / "copy"
    copied(source, copy, read=Ailing(errno.EIO, source / "folder0" / "file5"))
    changed = source / "folder1" / "file7"
    before, content = changed.stat(), changed.read_bytes()
    changed.write_bytes(bytes(len(content)))
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert copied(source, copy).outcome == "done"
    assert (copy / "folder1" / "file7").read_bytes() == bytes(len(content)) != content
    assert list(standing(copy)) == list(standing(source))


@pytest.mark.slow
def test_a_full_disk_among_many_is_told_once_and_ends_it(quick_path: Path) -> None:
    source, copy = _many(quick_path / "source"), quick_path / "copy"
    all_files = [each for each in source.rglob("*") if each.is_file()]
    late = [each for each in all_files if each.parent.name < "folder3"]  # folders are copied in order from the last
    report = copied(source, copy, read=Ailing(errno.ENOSPC, *late))
    assert [("make room" in (each.hint or ""), "No space" in each.text) for each in report.failures] == [(True, True)]
    assert 0 < report.files < len(all_files) - len(late) + 1
    assert not copy.exists()


@pytest.mark.slow
def test_a_process_that_was_killed_while_it_helped_is_told_and_the_same_command_goes_on(quick_path: Path) -> None:
    source, copy = _many(quick_path / "source"), quick_path / "copy"
    mine = os.getpid()

    def read(fd: int, buffers: list[memoryview], offset: int) -> int:
        if os.getpid() != mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return os.preadv(fd, buffers, offset)

    with pytest.raises(CopyFailed, match="a process that helped was killed") as raised:
        copied(source, copy, read=read)
    assert "again" in str(raised.value.hint)
    assert multiprocessing.active_children() == []
    assert not copy.exists()
    report = copied(source, copy)
    assert report.resumed
    assert report.kept > 0
    assert list(standing(copy)) == list(standing(source))


@pytest.mark.slow
def test_with_a_limit_nobody_helps(quick_path: Path) -> None:
    source = _many(quick_path / "source")
    mine, others = os.getpid(), quick_path / "others"

    def read(fd: int, buffers: list[memoryview], offset: int) -> int:
        if os.getpid() != mine:
            others.touch()
        return os.preadv(fd, buffers, offset)

    asked = Asked(str(source), str(quick_path / "copy"), bytes_per_s=1 << 30)
    assert copy(asked, ThreadClock(), Tally(), read=read).outcome == "done"
    assert not others.exists()


@pytest.mark.slow
@pytest.mark.parametrize("way", ["goes on", "delta", "in place"])
def test_of_many_files_with_several_names_each_stays_one_or_becomes_its_own(quick_path: Path, way: str) -> None:
    source, copy = _many(quick_path / "source"), quick_path / "copy"
    (source / "names").mkdir()
    for number in range(_FOLDERS):
        for each in range(_EACH):
            os.link(source / f"folder{number}" / f"file{each}", source / "names" / f"{number} {each}")
    if way == "goes on":
        cut_off(source, copy)
    else:
        copied(source, copy)
    for each in range(0, _EACH, 7):
        severed = source / ("names" if each % 2 else "folder3") / (f"3 {each}" if each % 2 else f"file{each}")
        severed.unlink()
        filled(severed, 50 + each, seed=each)
    report = copied(source, copy, delta=way != "goes on", in_place=way == "in place")
    assert report.failures == ()
    assert list(standing(copy)) == list(standing(source))
    changed = sum(50 + each for each in range(0, _EACH, 7))
    assert report.sent <= changed + sum(100 + each for each in range(0, _EACH, 7)), "what stayed is passed over"
