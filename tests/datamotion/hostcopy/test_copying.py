"""A copy is the source: bytes, holes and what stands beside them; nothing else is touched."""

from __future__ import annotations

import itertools
import os
import random
import resource
import shutil
import socket
import stat as modes
import struct
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from datamotion.errors import ConfigError, CopyFailed, Refused
from datamotion.hostcopy import Tally, Verify
from datamotion.hostcopy.asked import SMALLEST
from datamotion.hostcopy.buffers import CHUNK, GRAIN, filled_runs
from datamotion.hostcopy.carry import Ends
from datamotion.hostcopy.limit import Limit
from datamotion.hostcopy.mounts import mounts_within
from datamotion.hostcopy.pieces import piece_size
from datamotion.thread_clock import ThreadClock
from tests.datamotion.hostcopy.copies import MIB, PIECE, allocated, copied, filled, left_over, sparse, standing

VERIFICATIONS = list(Verify)
_NOBODY = 65534


@pytest.mark.parametrize("verify", VERIFICATIONS)
@pytest.mark.parametrize("size", [0, 1, GRAIN, MIB + 1, 2 * PIECE + 4097])
def test_a_copy_has_the_bytes_mode_and_times_of_its_source(quick_path: Path, verify: Verify, size: int) -> None:
    source = filled(quick_path / "source", size)
    source.chmod(0o640)
    os.utime(source, ns=(1_000_000_007, 2_000_000_011))
    report = copied(source, quick_path / "copy", verify)
    assert (quick_path / "copy").read_bytes() == source.read_bytes()
    stat = (quick_path / "copy").stat()
    assert (stat.st_mode & 0o7777, stat.st_mtime_ns) == (0o640, 2_000_000_011)
    assert (report.outcome, report.size, left_over(quick_path)) == ("done", size, [])
    assert report.sent == size or report.ways == ("reflink",)


@pytest.mark.parametrize("verify", VERIFICATIONS)
def test_holes_stay_holes_however_large_the_file(tmp_path: Path, verify: Verify) -> None:
    size = 3 << 40
    source = sparse(tmp_path / "source", size, 0, 1 << 40, size - 65536)
    report = copied(source, tmp_path / "copy", verify)
    copy = tmp_path / "copy"
    assert copy.stat().st_size == size
    assert allocated(copy) <= allocated(source) + 65536
    for place in (0, 1 << 40, size - 65536):
        with copy.open("rb") as file:
            file.seek(place)
            assert file.read(65536) == random.Random(place).randbytes(65536)
    assert report.sent <= 4 * 65536


@pytest.mark.parametrize("folder", ["quick_path", "tmp_path"])
def test_zeros_that_take_room_at_the_source_take_none_at_the_copy(request: pytest.FixtureRequest, folder: str) -> None:
    """Whatever file system it is: where the one for temporary files is ext4, room is made ahead."""
    path: Path = request.getfixturevalue(folder)
    source, copy = path / "source", path / "copy"
    source.write_bytes(b"a" * GRAIN + bytes(4 * MIB) + b"b" * 100 + bytes(MIB))
    report = copied(source, copy)
    assert copy.read_bytes() == source.read_bytes()
    assert report.sent == 2 * GRAIN or report.ways == ("reflink",)
    assert allocated(copy) < MIB


@pytest.mark.parametrize("room", [True, False])
def test_room_that_is_made_ahead_is_given_back_where_it_is_not_needed(quick_path: Path, room: bool) -> None:
    """Without enough room for all of it: what is no zeros is written all the same."""
    content = bytes(MIB) + b"a" * GRAIN + bytes(GRAIN) + b"b" * GRAIN + bytes(3 * MIB)
    (quick_path / "source").write_bytes(content)
    (quick_path / "copy").touch()
    there, here = os.open(quick_path / "source", os.O_RDONLY), os.open(quick_path / "copy", os.O_RDWR)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        os.ftruncate(here, len(content))
        unlimited = Limit(None, ThreadClock())
        ends = Ends(there, here, "source", "copy", Verify.FAST, unlimited, Tally(), reserves=True)
        if not room:
            resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, limit[1]))
        ends.carry(0, len(content))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        os.close(there)
        os.close(here)
    assert (quick_path / "copy").read_bytes() == content
    assert allocated(quick_path / "copy") < MIB


def _tree(folder: Path) -> Path:
    """One of everything that a folder may hold."""
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "empty").mkdir(mode=0o750)
    filled(folder / "deep" / "file", 5000)
    filled(folder / "deep" / "er" / "large", PIECE + 1)
    os.link(folder / "deep" / "file", folder / "hard link")
    (folder / "link").symlink_to("deep/file")
    (folder / "nowhere").symlink_to("/does/not/exist")
    os.mkfifo(folder / "pipe", 0o620)
    (folder / os.fsdecode(b"no text \xff")).write_bytes(b"")
    os.utime(folder / "link", ns=(5, 6), follow_symlinks=False)
    if os.geteuid() == 0:
        os.chown(folder / "deep" / "file", 1234, 5678)
        os.chown(folder / "link", 4321, 8765, follow_symlinks=False)
    (folder / "deep" / "file").chmod(0o4711)
    for each in (folder / "deep" / "er", folder / "deep", folder / "empty", folder):
        os.utime(each, ns=(7, 8_000_000_009))
    return folder


@pytest.mark.parametrize("verify", VERIFICATIONS)
def test_a_folder_is_copied_with_all_that_it_holds(quick_path: Path, verify: Verify) -> None:
    source = _tree(quick_path / "source")
    report = copied(source, quick_path / "copy", verify)
    assert list(standing(quick_path / "copy")) == list(standing(source))
    assert (quick_path / "copy").stat().st_mtime_ns == 8_000_000_009
    assert (report.files, report.folders, report.outcome) == (3, 4, "done")
    assert left_over(quick_path) == []


@pytest.mark.parametrize("verify", VERIFICATIONS)
def test_files_of_a_folder_are_copied_whole_whatever_their_sizes_are_of_what_goes_by_at_once(
    quick_path: Path, verify: Verify
) -> None:
    source = quick_path / "source"
    source.mkdir()
    sizes = [many * unit + more for many in (1, 2, 4) for unit in (GRAIN, CHUNK) for more in (-1, 0, 1)]
    sizes += [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + CHUNK + 1]
    for number, size in enumerate(sizes):
        filled(source / f"file{number:02}", size, number)
    report = copied(source, quick_path / "copy", verify)
    assert report.failures == ()
    assert list(standing(quick_path / "copy")) == list(standing(source))


@pytest.mark.parametrize("delta", [False, True])
def test_folders_themselves_keep_owner_mode_times_and_attributes(tmp_path: Path, delta: bool) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    for folder in (source, copy) if delta else (source,):
        (folder / "in" / "side").mkdir(parents=True)
    filled(source / "in" / "side" / "file", 100)
    names = [Path(), Path("in"), Path("in/side")]
    for number, name in enumerate(names):
        if os.geteuid() == 0:
            os.chown(source / name, 1000 + number, 2000 + number)
        (source / name).chmod((0o2750, 0o711, 0o1777)[number])
        with suppress(OSError):  # a file system without them
            os.setxattr(source / name, "user.number", b"%d" % number)
    for number, name in reversed([*enumerate(names)]):
        os.utime(source / name, ns=(number, 8_000_000_009 + number))
    assert copied(source, copy, delta=delta).folders == 3

    def kept(folder: Path) -> Iterator[tuple[object, ...]]:
        for stat, path in ((each.stat(), each) for each in (folder / name for name in names)):
            attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)}
            yield stat.st_uid, stat.st_gid, stat.st_mode, stat.st_mtime_ns, attributes

    assert list(kept(copy)) == list(kept(source))


def _granted(path: Path) -> bytes:
    """An attribute, and an access control list that lets user 1234 read it; that is returned."""
    granted = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, rights, who)
        for tag, rights, who in (
            (1, 6, 2**32 - 1),
            (2, 4, 1234),
            (4, 4, 2**32 - 1),
            (16, 4, 2**32 - 1),
            (32, 0, 2**32 - 1),
        )
    )
    try:
        os.setxattr(path, "user.colour", b"blue")
        os.setxattr(path, "system.posix_acl_access", granted)
    except OSError as error:
        pytest.skip(f"this file system has none: {error}")
    return granted


def test_extended_attributes_and_access_control_lists_are_kept(tmp_path: Path) -> None:
    source = filled(tmp_path / "source", 10)
    granted = _granted(source)
    assert copied(source, tmp_path / "copy").notes == ()
    assert os.getxattr(tmp_path / "copy", "user.colour") == b"blue"
    assert os.getxattr(tmp_path / "copy", "system.posix_acl_access") == granted


def test_what_was_revoked_at_the_source_is_revoked_by_an_update(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.mkdir()
    _granted(filled(source / "file", 10))
    _granted(source)
    copied(source, copy)
    for each in (source, source / "file"):
        os.removexattr(each, "system.posix_acl_access")
        os.removexattr(each, "user.colour")
        each.chmod(0o700)
    assert copied(source, copy, delta=True).notes == ()
    assert [os.listxattr(each) for each in (copy, copy / "file")] == [[], []]
    assert list(standing(copy)) == list(standing(source))


def test_a_copy_has_nothing_that_the_folder_it_is_in_hands_on(tmp_path: Path) -> None:
    source, folder = filled(tmp_path / "source", 10), tmp_path / "folder"
    folder.mkdir()
    os.setxattr(folder, "system.posix_acl_default", _granted(folder))
    copied(source, folder / "copy")
    assert os.listxattr(folder / "copy") == []


def test_a_socket_is_copied_as_what_it_is(quick_path: Path) -> None:
    (quick_path / "source").mkdir()
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(quick_path / "source" / "socket"))
    copied(quick_path / "source", quick_path / "copy")
    assert list(standing(quick_path / "copy")) == list(standing(quick_path / "source"))


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("change", ["longer", "shorter", "equal", "zeroed"])
def test_an_older_copy_is_brought_up_to_date_by_changed_blocks(quick_path: Path, change: str, in_place: bool) -> None:
    source, copy = filled(quick_path / "source", 4 * MIB), quick_path / "copy"
    copied(source, copy)
    with source.open("r+b") as file:
        file.seek(MIB + 5)
        file.write({"zeroed": bytes(GRAIN)}.get(change, b"changed"))
        file.truncate({"longer": 4 * MIB + 100, "shorter": 3 * MIB - 7}.get(change, 4 * MIB))
    inode = copy.stat().st_ino
    report = copied(source, copy, delta=True, in_place=in_place)
    assert copy.read_bytes() == source.read_bytes()
    assert report.sent <= 3 * GRAIN
    assert report.sent + report.equal > source.stat().st_size - GRAIN, "the rest is a hole"
    assert (copy.stat().st_ino == inode) == in_place
    assert copy.stat().st_mtime_ns == source.stat().st_mtime_ns
    assert copied(source, copy, delta=True, in_place=in_place).sent == 0


def test_an_older_folder_is_brought_up_to_date_and_keeps_what_only_it_holds(quick_path: Path) -> None:
    source, copy = _tree(quick_path / "source"), quick_path / "copy"
    copied(source, copy)
    (copy / "its own").write_bytes(b"kept")
    with (source / "deep" / "er" / "large").open("r+b") as file:
        file.write(b"changed")
    (source / "empty" / "new").write_bytes(b"new")
    (source / "no text \udcff").chmod(0o604)
    report = copied(source, copy, delta=True)
    assert report.sent == GRAIN + len(b"new")
    (copy / "its own").unlink()
    os.utime(copy, ns=(7, source.stat().st_mtime_ns))
    assert list(standing(copy)) == list(standing(source))


def test_what_became_something_else_at_the_source_does_at_the_copy_unless_that_takes_a_folder(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    for folder in (source / "a folder", source / "to be a link"):
        folder.mkdir(parents=True)
        filled(folder / "file", 10)
    filled(source / "to be a folder", 10)
    copied(source, copy)
    (source / "to be a folder").unlink()
    (source / "to be a folder").mkdir()
    filled(source / "to be a folder" / "file", 20)
    for name in ("a folder", "to be a link"):
        (source / name / "file").unlink()
        (source / name).rmdir()
    filled(source / "a folder", 30)
    (source / "to be a link").symlink_to("a folder")
    report = copied(source, copy, delta=True)
    assert report.outcome == "part"
    assert [each.text for each in report.failures] == [
        f"{copy}/{name}: is a folder, and is none at the source any more" for name in ("a folder", "to be a link")
    ]
    assert sorted(each.name for each in copy.rglob("*")) == [
        "a folder",
        "file",
        "file",
        "file",
        "to be a folder",
        "to be a link",
    ]
    assert "move it away" in str(report.failures[0].hint)
    for name in ("a folder", "to be a link"):
        (copy / name).rename(quick_path / name)
    assert copied(source, copy, delta=True).failures == ()
    assert list(standing(copy)) == list(standing(source))


def test_what_the_source_calls_as_copies_are_called_on_their_way_is_copied_too(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.mkdir()
    for name in ("file", ".file.datamotion-copy", "..file.datamotion-copy.datamotion-copy"):
        filled(source / name, 100, seed=len(name))
    copied(source, copy)
    filled(source / "file", 200)
    copied(source, copy, delta=True)
    assert list(standing(copy)) == list(standing(source))


def test_what_an_earlier_copy_left_and_is_of_no_use_is_told_when_it_goes(quick_path: Path) -> None:
    source, copy = filled(quick_path / "source", 100), quick_path / "copy"
    left = filled(quick_path / ".copy.datamotion-copy", 50)
    assert copied(source, copy).notes == (f"{left}: what an earlier copy had left there was removed",)
    assert copy.read_bytes() == source.read_bytes()


def test_what_is_there_is_left_alone_without_consent_and_replaced_with_it(quick_path: Path) -> None:
    source, copy = filled(quick_path / "source", 100), filled(quick_path / "copy", 50, seed=2)
    with pytest.raises(Refused) as refused:
        copied(source, copy)
    assert "--force" in str(refused.value.hint)
    assert "--delta" in str(refused.value.hint)
    assert copy.read_bytes() == random.Random(2).randbytes(50)
    copied(source, copy, force=True)
    assert copy.read_bytes() == source.read_bytes()
    folder = _tree(quick_path / "folder")
    with pytest.raises(Refused):
        copied(folder, copy)
    copied(folder, copy, force=True)
    assert list(standing(copy)) == list(standing(folder))
    copied(source, copy, force=True)
    assert copy.read_bytes() == source.read_bytes()
    assert left_over(quick_path) == []


def test_what_cannot_be_meant_is_told_and_nothing_is_made(quick_path: Path) -> None:
    source = _tree(quick_path / "source")
    before = list(standing(quick_path))
    for there, here, told in (
        (quick_path / "absent", quick_path / "copy", "no such file"),
        (source, source / "deep" / "copy", "inside it"),
        (source, source, "inside it"),
        (source / "deep", source, "holds the source"),
        (source / "deep", quick_path, "holds the source"),
        (source / "deep" / "file", source / "hard link", "the source itself"),
        (source / "pipe", quick_path / "copy", "neither a file"),
        (source, quick_path / "absent" / "copy", "no such folder"),
        (source, source / "deep" / "file" / "copy", "deep/file: is no folder"),
    ):
        for force in (False, True):
            with pytest.raises(ConfigError, match=told):
                copied(there, here, force=force)
    assert list(standing(quick_path)) == before


@pytest.mark.parametrize("is_folder", [False, True])
def test_what_appears_while_it_is_copied_is_left_alone_and_what_was_copied_counts(
    quick_path: Path, is_folder: bool
) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    if is_folder:
        source.mkdir()
    filled(source / "file" if is_folder else source, 3 * PIECE)

    def read(fd: int, buffers: list[memoryview], offset: int) -> int:
        copy.write_text("mine")
        return os.preadv(fd, buffers, offset)

    with pytest.raises(Refused, match="somebody made it while this was copied") as refused:
        copied(source, copy, read=read)
    assert "--force" in str(refused.value.hint)
    assert copy.read_text() == "mine"
    copy.unlink()
    report = copied(source, copy)
    assert (report.sent, report.kept) == (0, 3 * PIECE)
    assert list(standing(copy)) == list(standing(source))
    assert left_over(quick_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to have a file of somebody else's")
def test_a_program_that_runs_as_its_owner_does_not_as_a_copy_of_somebody_elses(quick_path: Path) -> None:
    source, copy = filled(quick_path / "source", 100), quick_path / "copy"
    source.chmod(0o6755)
    quick_path.chmod(0o777)
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
            report = copied(source, copy)
            os._exit(0 if any("run as their owner" in each for each in report.notes) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (copy.stat().st_uid, copy.stat().st_mode & 0o7777) == (_NOBODY, 0o755)
    copied(source, quick_path / "by root")
    assert (quick_path / "by root").stat().st_mode & 0o7777 == 0o6755


def test_nothing_takes_the_place_of_a_mount(quick_path: Path) -> None:
    with pytest.raises(ConfigError, match="/proc: is a mount"):
        copied(_tree(quick_path / "source"), Path("/proc"), force=True)
    assert {"/", "/proc"} <= set(mounts_within("/"))


def test_of_a_chunk_all_but_its_zeros_is_written() -> None:
    luck = random.Random(seed := random.randrange(2**32))
    for number in range(200):
        steps = [
            luck.choice((bytes(GRAIN), luck.randbytes(GRAIN), b"\0" * (GRAIN - 1) + b"1", b"1" * GRAIN))
            for _ in range(luck.randrange(1, 9))
        ]
        content = b"".join(steps)[: luck.randrange(1, len(steps) * GRAIN + 1)]
        buffer = bytearray(content + b"left of another" * GRAIN)
        written = bytearray(len(content))
        for begin, end in filled_runs(buffer, len(content)):
            written[begin:end] = content[begin:end]
        assert written == content, (seed, number)
        kept = sum(end - begin for begin, end in filled_runs(buffer, len(content)))
        grains = [content[at : at + GRAIN] for at in range(0, len(content), GRAIN)]
        assert kept == sum(len(each) for each in grains if any(each)), (seed, number)


def test_a_journal_stays_short_however_large_the_file() -> None:
    assert piece_size(1) == piece_size(2 << 30) == SMALLEST
    for size in (1 << 40, 100 << 40, (1 << 50) + 1):
        assert size / piece_size(size) <= 8192
        assert piece_size(size) % MIB == 0


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Path]:
    """A block device of 4 MiB with bytes of its own."""
    image = filled(tmp_path / "image", 4 * MIB, seed=3)
    losetup = shutil.which("losetup", path=f"{os.environ['PATH']}:/sbin:/usr/sbin")
    if losetup is None:
        pytest.skip("there is no losetup here, which makes block devices")
    made = subprocess.run([losetup, "-f", "--show", image], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"this account may make no block device: {made.stderr}")
    path = made.stdout.strip()
    yield Path(path)
    subprocess.run([losetup, "-d", path], check=True)


@pytest.mark.slow
def test_a_block_device_is_read_and_written_in_place_only_where_it_differs(quick_path: Path, device: Path) -> None:
    content = random.Random(3).randbytes(4 * MIB)
    report = copied(device, quick_path / "copy")
    assert (report.kind, report.size, (quick_path / "copy").read_bytes()) == ("device", 4 * MIB, content)
    with (quick_path / "copy").open("r+b") as file:
        file.seek(MIB)
        file.write(bytes(GRAIN))
    with pytest.raises(Refused, match="in place") as refused:
        copied(quick_path / "copy", device, force=True)
    assert "--inplace" in str(refused.value.hint)
    report = copied(quick_path / "copy", device, force=True, in_place=True)
    assert (report.sent, report.equal) == (GRAIN, 4 * MIB - GRAIN)
    assert device.read_bytes() == (quick_path / "copy").read_bytes()
    large = sparse(quick_path / "large", 5 * MIB)
    with pytest.raises(CopyFailed, match="holds less"):
        copied(large, device, force=True, in_place=True)
    assert left_over(device.parent) == []


@pytest.mark.parametrize("kind", ["pipe", "socket", "character device", "block device"])
def test_nothing_takes_the_place_of_what_cannot_become_its_copy(quick_path: Path, kind: str) -> None:
    there, sources = quick_path / "special", [_tree(quick_path / "source")]
    kinds = {"pipe": modes.S_IFIFO, "socket": modes.S_IFSOCK, "character device": modes.S_IFCHR}
    try:
        os.mknod(there, kinds.get(kind, modes.S_IFBLK) | 0o600, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("this account may make no devices")
    if kind != "block device":
        sources.append(filled(quick_path / "file", 100))
    before = there.lstat()
    told = "a folder cannot be written" if kind == "block device" else "keeps no bytes"
    for source in sources:
        for force, delta, in_place in itertools.product((False, True), repeat=3):
            with pytest.raises(ConfigError, match=told):
                copied(source, there, force=force, delta=delta, in_place=in_place)
    assert there.lstat() == before
    assert left_over(quick_path) == []


def test_a_block_device_that_somebody_uses_is_left_alone(quick_path: Path, device: Path) -> None:
    source, content = filled(quick_path / "source", MIB), device.read_bytes()
    user = os.open(device, os.O_RDWR | os.O_EXCL)  # as a mount has it
    try:
        with pytest.raises(Refused, match="is in use"):
            copied(source, device, force=True, in_place=True)
    finally:
        os.close(user)
    assert device.read_bytes() == content


@pytest.mark.slow
def test_a_device_that_fails_in_the_middle_is_told_with_the_byte_and_leaves_no_half_file(
    quick_path: Path, tmp_path: Path, device: Path
) -> None:
    os.truncate(tmp_path / "image", 3 * MIB)  # what is behind the device is gone from there on
    with pytest.raises(CopyFailed, match=f"cannot be read at byte {3 * MIB}: Input/output error") as raised:
        copied(device, quick_path / "copy")
    assert str(device) in raised.value.message
    assert not (quick_path / "copy").exists()
