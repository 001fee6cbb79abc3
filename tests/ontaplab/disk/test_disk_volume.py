"""A volume's directory: writable or a mirror, and what a crash or a fault leaves of it."""

from __future__ import annotations

import errno
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ontaplab.disk.volume import VolumeDirectory
from tests.ontaplab.disk.trees import contents, write_at


def a_volume(root: Path) -> VolumeDirectory:
    """A writable volume with a file, and the snapshot `first` of it."""
    volume = VolumeDirectory(root)
    volume.create()
    (volume.live / "folder").mkdir()
    (volume.live / "folder/file").write_bytes(b"first" * 2000)
    volume.take_snapshot("first", None)
    return volume


def unfinished(volume: VolumeDirectory) -> list[str]:
    return sorted(path.name for path in (volume.root / "unfinished").iterdir())


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Writing past that size fails, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_new_volume_is_writable_and_empty(tmp_path: Path) -> None:
    volume = VolumeDirectory(tmp_path / "volume")
    volume.create()
    assert [path.name for path in volume.live.iterdir()] == [".snapshot"]
    assert list((volume.live / ".snapshot").iterdir()) == []
    assert volume.used_bytes() == 0


def test_a_mirror_has_snapshots_and_no_live(tmp_path: Path) -> None:
    volume = VolumeDirectory(tmp_path / "volume")
    volume.create_mirror()
    assert volume.snapshots.is_dir()
    assert not volume.live.exists()


def test_a_volume_is_not_created_over_another(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    with pytest.raises(FileExistsError):
        volume.create()
    assert (volume.live / "folder/file").exists()


def test_writing_to_a_mirror_made_writable_leaves_its_snapshots_alone(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    was = contents(volume.snapshot("first"))
    volume.make_mirror()
    volume.make_writable("first")
    assert contents(volume.live) == was
    write_at(volume.live / "folder/file", 10, b"new")
    (volume.live / "folder/file").chmod(0o600)
    (volume.live / "folder/other").touch()
    assert contents(volume.snapshot("first")) == was


def test_a_mirror_that_never_received_anything_becomes_writable_empty(tmp_path: Path) -> None:
    volume = VolumeDirectory(tmp_path / "volume")
    volume.create_mirror()
    volume.make_writable(None)
    assert [path.name for path in volume.live.iterdir()] == [".snapshot"]


def test_a_restored_volume_holds_what_the_snapshot_holds(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    (volume.live / "folder/file").unlink()
    (volume.live / "later").touch()
    volume.restore("first")
    assert contents(volume.live) == contents(volume.snapshot("first"))
    assert unfinished(volume) == []


def test_a_mirror_that_was_writable_loses_live_and_keeps_its_snapshots(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.make_mirror()
    assert not volume.live.exists()
    assert (volume.snapshot("first") / "folder/file").exists()


def test_used_bytes_count_whole_blocks_of_live_or_of_a_snapshot(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    (volume.live / "small").write_bytes(b"x")
    assert volume.used_bytes("first") == 3 * 4096
    assert volume.used_bytes() == 4 * 4096


def test_a_dropped_snapshot_is_gone_and_the_one_that_shares_its_files_is_whole(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.take_snapshot("second", "first")
    was = contents(volume.live)
    volume.drop_snapshot("first")
    volume.drop_snapshot("first")
    assert [path.name for path in volume.snapshots.iterdir()] == ["second"]
    assert contents(volume.snapshot("second")) == was


def test_folders_closed_to_their_owner_can_be_taken_restored_and_dropped(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    (volume.live / "folder").chmod(0o500)
    volume.take_snapshot("closed", "first")
    volume.restore("closed")
    assert contents(volume.live) == contents(volume.snapshot("closed"))
    volume.remove()
    assert not volume.root.exists()


def test_sweeping_keeps_known_snapshots_and_the_incoming_transfer_only(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.take_snapshot("unknown", "first")
    for transfer in ("mine", "other"):
        volume.incoming(transfer).mkdir()
    volume.sweep(["first"], keep_transfer="mine")
    assert [path.name for path in volume.snapshots.iterdir()] == ["first"]
    assert volume.incoming("mine").exists()
    assert not volume.incoming("other").exists()
    volume.sweep(["first"])
    assert unfinished(volume) == []


def test_sweeping_puts_live_back_that_a_crash_in_a_restore_left_aside(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    was = contents(volume.live)
    volume.live.rename(volume.root / "unfinished/former-live")
    volume.sweep(["first"])
    assert contents(volume.live) == was
    assert unfinished(volume) == []


def test_a_fault_while_taking_a_snapshot_leaves_nothing_of_it_and_is_passed_on(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    (volume.live / "large").write_bytes(b"x" * 100_000)
    with no_file_longer_than(50_000), pytest.raises(OSError) as caught:  # noqa: PT011 - errno is what matters
        volume.take_snapshot("second", "first")
    assert caught.value.errno == errno.EFBIG
    assert [path.name for path in volume.snapshots.iterdir()] == ["first"]
    assert unfinished(volume) == []


def test_a_fault_while_restoring_leaves_live_as_it_was(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    (volume.live / "later").touch()
    was = contents(volume.live)
    with no_file_longer_than(5000), pytest.raises(OSError) as caught:  # noqa: PT011 - errno is what matters
        volume.restore("first")
    assert caught.value.errno == errno.EFBIG
    assert contents(volume.live) == was
    assert unfinished(volume) == []


def test_a_received_tree_becomes_a_snapshot_unless_the_name_is_taken(tmp_path: Path) -> None:
    volume = a_volume(tmp_path / "volume")
    volume.incoming("transfer").mkdir()
    (volume.incoming("transfer") / ".snapshot").symlink_to("..")
    with pytest.raises(OSError) as caught:  # noqa: PT011 - errno is what matters
        volume.accept("transfer", "first")
    assert caught.value.errno in {errno.EEXIST, errno.ENOTEMPTY}
    volume.accept("transfer", "second")
    assert contents(volume.snapshot("second")).keys() == {""}
