"""What goes wrong is one line with the path; the source is untouched, and nothing half has the final name."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from datamotion.errors import CopyFailed, Refused
from datamotion.hostcopy import Asked, Tally, Verify, copy
from datamotion.hostcopy.buffers import CHUNK
from datamotion.hostcopy.failing import SourceChanged, identity
from datamotion.hostcopy.journal import Journal
from datamotion.hostcopy.limit import Limit
from tests.datamotion.hostcopy.copies import MIB, PIECE, as_nobody, copied, filled, left_over, standing


class Failing:
    """Reads as a device whose sector cannot be read."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self, fd: int, buffers: list[memoryview], offset: int) -> int:
        if offset <= self.at < offset + len(buffers[0]):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.preadv(fd, buffers, offset)


class Meanwhile:
    """Reads, and has something happen once a byte is reached."""

    def __init__(self, path: Path, at: int, size: int) -> None:
        self.path, self.at, self.size = path, at, size

    def __call__(self, fd: int, buffers: list[memoryview], offset: int) -> int:
        if offset >= self.at:
            os.truncate(self.path, self.size)
        return os.preadv(fd, buffers, offset)


def test_a_read_error_in_the_middle_is_told_and_what_was_verified_is_kept(quick_path: Path) -> None:
    source = filled(quick_path / "source", 3 * PIECE)
    with pytest.raises(CopyFailed) as raised:
        copied(source, quick_path / "copy", read=Failing(2 * PIECE + MIB))
    assert str(source) in raised.value.message
    assert f"byte {2 * PIECE + MIB}" in raised.value.message
    assert raised.value.hint is not None
    assert not (quick_path / "copy").exists()
    report = copied(source, quick_path / "copy")
    assert (report.pieces_kept, report.pieces_sent) == (2, 1)
    assert (quick_path / "copy").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("size", [MIB // 2, 4 * PIECE])
def test_a_source_that_shrinks_or_grows_is_told_and_nothing_is_renamed(quick_path: Path, size: int) -> None:
    source = quick_path / "source"
    for final in (size // 4, size + 1):
        filled(quick_path / "source", size)
        reads = Meanwhile(source, size // 2 if size > MIB else 0, final)
        with pytest.raises(SourceChanged) as raised:
            copied(source, quick_path / "copy", read=reads)
        assert str(source) in raised.value.message
        assert not (quick_path / "copy").exists()
    report = copied(source, quick_path / "copy")
    assert (quick_path / "copy").read_bytes() == source.read_bytes()
    assert report.pieces_kept == 0, "these pieces were of another state of the source"


@pytest.mark.parametrize("verify", list(Verify))
@pytest.mark.parametrize("path", ["/proc/cpuinfo", "/sys/kernel/mm/transparent_hugepage/enabled"])
def test_a_file_that_is_not_as_long_as_its_size_tells_is_told_and_not_renamed(
    quick_path: Path, path: str, verify: Verify
) -> None:
    source = Path(path)
    if not source.exists() or len(source.read_bytes()) == source.stat().st_size:
        pytest.skip(f"{path} is as long as its size tells here")
    how = "more" if source.stat().st_size < len(source.read_bytes()) else "fewer"
    with pytest.raises(CopyFailed, match=f"{path}: holds {how} bytes than its size tells"):
        copied(source, quick_path / "copy", verify)
    assert not (quick_path / "copy").exists()


def test_an_older_copy_stays_as_it_is_where_its_replacement_fails(quick_path: Path) -> None:
    source, old = filled(quick_path / "source", 2 * MIB), filled(quick_path / "copy", MIB, seed=2)
    before = old.read_bytes()
    for delta in (True, False):
        with pytest.raises(CopyFailed):
            copied(source, old, read=Failing(MIB), delta=delta, force=not delta)
        assert old.read_bytes() == before


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_a_replacement_that_failed_left_is_told_and_the_next_copy_of_any_kind_ends_it(
    quick_path: Path, is_folder: bool, in_place: bool
) -> None:
    source, old = quick_path / "source", quick_path / "copy"
    if is_folder:
        source.mkdir()
        old.mkdir()
    file, older = (source / "file", old / "file") if is_folder else (source, old)
    filled(file, 2 * PIECE)
    filled(older, MIB, seed=2)
    failing = Failing(PIECE + MIB)
    if is_folder:
        told = copied(source, old, read=failing, force=True).hint or ""
    else:
        with pytest.raises(CopyFailed) as raised:
            copied(source, old, read=failing, force=True)
        told = raised.value.hint or ""
    left = [".copy.datamotion-copy", ".copy.datamotion-journal"]
    assert left_over(quick_path) == left
    assert f"to give up, remove {quick_path / left[0]} and {quick_path / left[1]}" in told
    report = copied(source, old, delta=True, in_place=in_place)
    assert file.read_bytes() == older.read_bytes()
    assert left_over(quick_path) == []
    if is_folder or in_place:
        assert report.notes == (f"{quick_path / left[0]}: what an earlier copy had left there was removed",)
    else:
        assert (report.notes, report.pieces_kept) == ((), 1), "it was gone on with"


def test_in_a_folder_what_can_be_copied_is_and_nothing_is_renamed(quick_path: Path) -> None:
    source = quick_path / "source"
    source.mkdir()
    for number in range(5):
        filled(source / f"file{number}", (number + 1) * 1000)
    report = copied(source, quick_path / "copy", read=Failing(4500))
    assert report.outcome == "failed"
    assert [each.text.split(":")[0] for each in report.failures] == [str(source / "file4")]
    assert not (quick_path / "copy").exists()
    assert report.hint is not None, "what came of it is kept"
    assert report.hint.startswith("run the same command again: what was copied counts; to give up, remove ")
    again = copied(source, quick_path / "copy")
    assert (again.outcome, again.sent, again.kept, again.hint) == ("done", 5000, 10_000, None)
    assert list(standing(quick_path / "copy")) == list(standing(source))


def test_an_older_folder_is_brought_up_to_date_but_for_what_fails(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.mkdir()
    for each in ("a", "b"):
        filled(source / each, 1000)
    copied(source, copy)
    before = (copy / "b").read_bytes()
    for each in ("a", "b"):
        filled(source / each, 2000, seed=2)
    report = copied(source, copy, delta=True, read=_Only("a", source))
    assert (report.outcome, report.exit_status) == ("part", 1)
    assert [each.text.split(":")[0] for each in report.failures] == [str(source / "b")]
    assert (copy / "a").read_bytes() == (source / "a").read_bytes()
    assert (copy / "b").read_bytes() == before


class Spoiling:
    """Reads, and changes a byte at the destination that was written before, as a bad disk would."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, fd: int, buffers: list[memoryview], offset: int) -> int:
        if offset == MIB:
            with self.path.open("r+b") as file:
                file.seek(77)
                file.write(b"\x00spoilt")
        return os.preadv(fd, buffers, offset)


@pytest.mark.parametrize("verify", [Verify.FAST, Verify.FULL])
def test_a_destination_that_changes_what_is_written_is_found_out(quick_path: Path, verify: Verify) -> None:
    source = filled(quick_path / "source", 2 * MIB)
    with pytest.raises(CopyFailed, match="not what was written"):
        copied(source, quick_path / "copy", verify, read=Spoiling(quick_path / ".copy.datamotion-copy"))
    assert not (quick_path / "copy").exists()


def test_two_copies_to_one_destination_do_not_meet(quick_path: Path) -> None:
    source = filled(quick_path / "source", MIB)
    refusals: list[Refused] = []

    def read(fd: int, buffers: list[memoryview], offset: int) -> int:
        if not refusals:
            with pytest.raises(Refused, match="under way") as refused:
                copied(source, quick_path / "copy")
            refusals.append(refused.value)
        return os.preadv(fd, buffers, offset)

    assert copied(source, quick_path / "copy", read=read).outcome == "done"
    assert len(refusals) == 1


_AS_COMMAND = "import sys; from datamotion.__main__ import main; main()"


def typed(*words: object, before: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a process, behind what the shell does before."""
    script = f'{before}\nexec "$0" "$@"'
    command = ["sh", "-c", script, sys.executable, "-c", _AS_COMMAND, "copy", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def failed_cleanly(ended: subprocess.CompletedProcess[str], *told: str) -> None:
    assert (ended.returncode, ended.stdout) == (1, ""), ended
    assert "Traceback" not in ended.stderr
    for each in told:
        assert each in ended.stderr, ended.stderr


def _small_disk(folder: Path) -> str:
    """What mounts a file system of 3 MiB there, for this command alone."""
    return _mounting(f'mount -t tmpfs -o size=3m small "{folder}"', folder)


def _mounting(mounted: str, folder: Path) -> str:
    """What mounts something for this command alone, and lists the folder after it."""
    before = f"""exec unshare -rm sh -c '{mounted} && "$@"; s=$?; ls -A "{folder}" >&2; exit $s' sh "$0" "$@" """
    if subprocess.run(["sh", "-c", before, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this account may not mount anything")
    return before


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--delta",), ("--force",)])
def test_a_place_that_a_mount_leads_back_to_is_within_the_source(quick_path: Path, options: tuple[str, ...]) -> None:
    source, inner, other = quick_path / "source", quick_path / "source" / "in ner", quick_path / "other"
    inner.mkdir(parents=True)
    other.mkdir()
    filled(source / "file", 100)
    (inner / "copy").mkdir()
    (other / "copy").mkdir()
    before = list(standing(quick_path))
    bound = f'mount --bind "{inner}" "{other}"', f'mount --bind "{other}" "{inner}"'
    for mounted in bound:  # the source's own folder is seen elsewhere, and one from elsewhere in the source
        ended = typed(source, other / "copy", *options, before=_mounting(mounted, other))
        assert (ended.returncode, ended.stdout) == (2, ""), ended
        assert "is the source, or inside it" in ended.stderr
        ended = typed(other / "copy", source, "--force", before=_mounting(mounted, other))
        assert (ended.returncode, ended.stdout) == (2, ""), ended
        assert "holds the source" in ended.stderr
    assert list(standing(quick_path)) == before


@pytest.mark.slow
def test_a_full_disk_is_told_with_what_to_do(quick_path: Path) -> None:
    disk = quick_path / "disk"
    disk.mkdir()
    source = filled(quick_path / "source", 5 * MIB)
    ended = typed(source, disk / "copy", before=_small_disk(disk))
    failed_cleanly(ended, "error: ", str(disk), "No space left on device", "make room")
    assert "copy" not in ended.stderr.splitlines(), "nothing half has the final name"
    folder = quick_path / "folder"
    folder.mkdir()
    for number in range(10):
        filled(folder / f"file{number}", MIB)
    ended = typed(folder, disk / "copy", before=_small_disk(disk))
    failed_cleanly(ended, "No space left on device", "make room")
    assert ended.stderr.count("No space left") == 1, "it is told once"
    assert "copy" not in ended.stderr.splitlines()


@pytest.mark.slow
def test_nothing_is_left_where_not_even_a_journal_can_be_written(quick_path: Path) -> None:
    disk = quick_path / "disk"
    disk.mkdir()
    full = f'mount -t tmpfs -o size=4k full "{disk}" && head -c 4096 /dev/zero > "{disk}/full"'
    ended = typed(filled(quick_path / "source", 100), disk / "copy", before=_mounting(full, disk))
    failed_cleanly(ended, "cannot be written: No space left on device", "make room")
    assert "full" in ended.stderr.splitlines()
    assert ".copy.datamotion-journal" not in ended.stderr.splitlines()


def test_of_a_name_that_is_too_long_it_is_told_that_it_is_the_name(quick_path: Path) -> None:
    with pytest.raises(CopyFailed, match="File name too long") as raised:
        copied(filled(quick_path / "source", 100), quick_path / ("n" * 300))
    assert raised.value.hint == "one of its names is longer than that file system takes: choose a shorter one"
    assert left_over(quick_path) == []


@pytest.mark.slow
def test_a_file_that_may_not_be_that_large_is_told(quick_path: Path) -> None:
    source = filled(quick_path / "source", MIB)
    failed_cleanly(typed(source, quick_path / "copy", before="ulimit -f 100"), "File too large", "ulimit")
    assert not (quick_path / "copy").exists()


@pytest.mark.slow
def test_devices_that_may_not_be_made_are_told_and_the_rest_is_copied(quick_path: Path) -> None:
    quick_path.chmod(0o777)
    source = quick_path / "source"
    source.mkdir()
    filled(source / "file", 100)
    try:
        os.mknod(source / "device", 0o020666, os.makedev(1, 3))
    except OSError as error:
        pytest.skip(f"this account may make no device: {error}")
    assert copied(source, quick_path / "as root").outcome == "done"
    assert os.lstat(quick_path / "as root" / "device").st_rdev == os.makedev(1, 3)
    with as_nobody():
        report = copied(source, quick_path / "copy")
    assert (report.outcome, report.exit_status) == ("part", 1)
    assert [each.split(":")[0] for each in report.skipped] == [str(source / "device")]
    assert sorted(each.name for each in (quick_path / "copy").iterdir()) == ["file"]


@pytest.mark.slow
def test_a_source_that_may_not_be_read_and_a_folder_that_may_not_be_written_are_told(quick_path: Path) -> None:
    quick_path.chmod(0o777)
    source, hidden = filled(quick_path / "source", MIB), filled(quick_path / "hidden", MIB)
    hidden.chmod(0)
    closed = quick_path / "closed"
    closed.mkdir(mode=0o555)
    with as_nobody():
        for there, folder in ((hidden, quick_path), (source, closed)):
            with pytest.raises(CopyFailed, match="Permission denied") as raised:
                copied(there, folder / "copy")
            assert str(there if there is hidden else folder) in raised.value.message
            assert not (folder / "copy").exists()
        assert copied(source, quick_path / "copy").outcome == "done"


@pytest.mark.parametrize("size", [1000, 2 * PIECE])
def test_a_file_that_cannot_be_compared_is_told_by_its_path_and_the_rest_is_brought_up_to_date(
    quick_path: Path, size: int
) -> None:
    quick_path.chmod(0o777)
    source, old = quick_path / "source", quick_path / "copy"
    source.mkdir()
    for each in ("a", "b"):
        filled(source / each, size)
    copied(source, quick_path / "first")  # what it imports, nobody may not be able to
    with as_nobody():
        assert copied(source, old).outcome == "done"
    (source / "a").chmod(0)
    filled(source / "b", size + 1, seed=2)
    with as_nobody():
        report = copied(source, old, Verify.FULL, delta=True)
    assert (report.outcome, report.exit_status) == ("part", 1)
    assert [each.text for each in report.failures] == [f"{source / 'a'}: cannot be copied: Permission denied"]
    assert (old / "b").read_bytes() == (source / "b").read_bytes()


class Counted:
    """A clock that only a pause moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic_s(self) -> float:
        return self.now_s

    def pause(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.mark.parametrize("verify", list(Verify))
def test_no_more_goes_by_than_the_limit_allows(quick_path: Path, verify: Verify) -> None:
    clock, tally = Counted(), Tally()
    source = filled(quick_path / "source", 10 * MIB)
    copy(Asked(str(source), str(quick_path / "copy"), verify, bytes_per_s=MIB), clock, tally)
    assert clock.now_s == 10 - CHUNK / MIB or tally.ways == {"reflink"}


def test_threads_share_one_limit() -> None:
    clock = Counted()
    limit = Limit(1000, clock)

    def take() -> None:
        for _ in range(10):
            limit.take(100)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert clock.now_s >= 2.9


@pytest.mark.parametrize("is_folder", [False, True])
def test_a_copy_that_was_killed_after_it_got_its_name_is_done(quick_path: Path, is_folder: bool) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    if is_folder:
        source.mkdir()
        copy.mkdir()
    filled(source / "file" if is_folder else source, 1000)
    journal = Journal(str(quick_path / ".copy.datamotion-journal"), str(source), source.stat())
    temporary = quick_path / ".copy.datamotion-copy"
    temporary.mkdir() if is_folder else filled(temporary, 10)
    journal.renaming(temporary.stat().st_ino, identity(source.stat()))
    journal.close()
    if is_folder:  # they have changed places, and the old one is not removed yet
        copy.rename(quick_path / "old")
        temporary.rename(copy)
        (quick_path / "old").rename(temporary)
    else:
        temporary.rename(copy)
    assert copied(source, copy).outcome == "done"
    assert left_over(quick_path) == []
    with pytest.raises(Refused):
        copied(source, copy)


@pytest.mark.parametrize("is_other", [False, True])
def test_pieces_of_another_state_or_another_source_do_not_count(quick_path: Path, is_other: bool) -> None:
    source = filled(quick_path / "source", 3 * PIECE)
    with pytest.raises(CopyFailed):
        copied(source, quick_path / "copy", read=Failing(2 * PIECE))
    if is_other:
        stat = source.stat()
        source = filled(quick_path / "other", 3 * PIECE, seed=2)
        os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    else:
        filled(source, 3 * PIECE, seed=2)
    report = copied(source, quick_path / "copy")
    assert (report.pieces_kept, report.pieces_sent, report.resumed) == (0, 3, False)
    assert (quick_path / "copy").read_bytes() == source.read_bytes()


def test_of_another_folder_nothing_that_was_copied_before_counts(quick_path: Path) -> None:
    """Not even where names, sizes and times are the same."""
    for number, name in enumerate(("source", "other")):
        (quick_path / name).mkdir()
        for each in ("a", "b"):
            filled(quick_path / name / each, 1000, seed=number)
            os.utime(quick_path / name / each, ns=(1, 1))
    assert (
        copied(quick_path / "source", quick_path / "copy", read=_Only("a", quick_path / "source")).outcome == "failed"
    )
    report = copied(quick_path / "other", quick_path / "copy")
    assert (report.sent, report.kept) == (2000, 0)
    assert list(standing(quick_path / "copy")) == list(standing(quick_path / "other"))


class _Only:
    """Reads one file alone."""

    def __init__(self, name: str, folder: Path) -> None:
        self.inode = (folder / name).stat().st_ino

    def __call__(self, fd: int, buffers: list[memoryview], offset: int) -> int:
        if os.fstat(fd).st_ino != self.inode:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.preadv(fd, buffers, offset)
