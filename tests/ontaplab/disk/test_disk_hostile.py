"""What a cluster that lies can make of a transfer: nothing outside the tree, and no file that runs as somebody else."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ontaplab.disk.content import Range
from ontaplab.disk.difference import Compared, Difference, difference
from ontaplab.disk.entries import Directory, Entry, File, Removed, Symlink, to_document
from ontaplab.disk.receiver import Receiver
from ontaplab.disk.stream import read_stream
from ontaplab.disk.volume import VolumeDirectory

ROOT = Directory("", 0o755, 0)


def a_file(path: str, content: bytes = b"evil", **changes: Any) -> File:
    ranges = (Range(0, len(content)),) if content else ()
    fields = {"mode": 0o644, "mtime_ns": 0, "size": len(content), "is_new": True, "ranges": ranges}
    return File(path, **{**fields, "compared": len(content), **changes})


def sent(*entries: Entry) -> Difference:
    """As it comes from another cluster."""
    return Difference.from_json(json.dumps({"entries": [to_document(each) for each in entries]}))


class Ground:
    """A mirror whose one snapshot has links that lead out of it, to a folder with a secret."""

    def __init__(self, root: Path) -> None:
        self.outside = root / "outside"
        self.outside.mkdir(mode=0o755)
        (self.outside / "secret").write_bytes(b"treasure")
        (self.outside / "secret").chmod(0o640)
        self.before = self.seen()
        self.mirror = VolumeDirectory(root / "mirror")
        self.mirror.create_mirror()
        links = [Symlink("folder", str(self.outside), 0), Symlink("file", str(self.outside / "secret"), 0)]
        receiver = Receiver(self.mirror.incoming("1"), None, sent(ROOT, *links), 0)
        receiver.finish()
        self.mirror.accept("1", "base")

    @property
    def base(self) -> Path:
        return self.mirror.snapshot("base")

    def seen(self) -> object:
        paths = (self.outside, *self.outside.iterdir())
        status = {str(path): path.lstat() for path in paths}
        kept = {path: (each.st_mode, each.st_mtime_ns, each.st_nlink) for path, each in status.items()}
        return kept, (self.outside / "secret").read_bytes()

    def receive(self, base: Path | None, *entries: Entry, position: int = 0, data: bytes = b"evil" * 9) -> None:
        receiver = Receiver(self.mirror.incoming("1"), base, sent(*entries), position)
        left = sent(*entries).bytes - receiver.position
        receiver.feed(data[:left])
        receiver.finish()

    def assert_untouched(self) -> None:
        assert self.seen() == self.before
        received = self.mirror.incoming("1")
        files = [path for path in received.rglob("*") if not path.is_symlink() and path.is_file()]
        assert not [path for path in files if b"treasure" in path.read_bytes()]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


LINK = "link"


@pytest.mark.parametrize(
    "entries",
    [
        (ROOT, Symlink("a", LINK, 0), a_file("a/secret")),
        (ROOT, Symlink("a", LINK, 0), Directory("a/b", 0o777, 5)),
        (ROOT, Symlink("a", LINK, 0), Symlink("a/b", "x", 5)),
        (ROOT, Symlink("a", LINK, 0), Directory("a", 0o777, 5), a_file("a/secret")),
        (ROOT, Directory("a", 0o777, 5), Symlink("a", LINK, 0), a_file("a/secret")),
        (ROOT, a_file("b"), Symlink("b", LINK, 0)),
        (ROOT, a_file("x/y")),
        (ROOT, Removed("x"), a_file("x/y")),
    ],
)
@pytest.mark.parametrize("with_base", [True, False])
def test_nothing_is_written_through_a_link_that_the_difference_brings(
    ground: Ground, entries: Sequence[Entry], with_base: bool
) -> None:
    there = [
        Symlink(each.path, str(ground.outside), 0) if isinstance(each, Symlink) and each.target == LINK else each
        for each in entries
    ]
    with pytest.raises(ValueError, match=r"twice|in no directory"):
        ground.receive(ground.base if with_base else None, *there)
    ground.assert_untouched()


@pytest.mark.parametrize(
    "entry",
    [
        a_file("folder/secret"),
        a_file("folder/secret", is_new=False),
        a_file("folder/secret", b"", is_new=False, size=8, compared=8, mode=0o640),
        Directory("folder/x", 0o777, 5),
        Symlink("folder/x", "y", 5),
    ],
)
def test_nothing_is_written_through_a_link_of_the_base(ground: Ground, entry: Entry) -> None:
    with pytest.raises(ValueError, match="in no directory"):
        ground.receive(ground.base, entry)
    ground.assert_untouched()


@pytest.mark.parametrize("is_looked_for", [True, False])
def test_nothing_is_read_through_a_link_of_the_base(ground: Ground, is_looked_for: bool) -> None:
    """A directory takes the link's place; the file in it pretends to go on from the base's."""
    status = (ground.outside / "secret").lstat()
    mtime_ns = status.st_mtime_ns if is_looked_for else 0
    secret = a_file("folder/secret", b"", is_new=False, size=8, compared=8, mode=0o640, mtime_ns=mtime_ns)
    with pytest.raises(ValueError, match="in no directory of the base"):
        ground.receive(ground.base, Directory("folder", 0o755, 0), secret)
    ground.assert_untouched()


def test_a_link_of_the_base_is_replaced_and_not_followed(ground: Ground) -> None:
    ground.receive(ground.base, a_file("file"), Directory("folder", 0o700, 7), a_file("folder/secret"))
    ground.assert_untouched()
    received = ground.mirror.incoming("1")
    assert (received / "file").read_bytes() == b"evil"
    assert (received / "folder/secret").read_bytes() == b"evil"


def a_link_to_the_folder(ground: Ground) -> Sequence[Entry]:
    return ROOT, Symlink("a", str(ground.outside), 0), a_file("z", b"0123456789")


def a_link_to_the_file(ground: Ground) -> Sequence[Entry]:
    return ROOT, Symlink("a", str(ground.outside / "secret"), 0), a_file("z", b"0123456789")


@pytest.mark.parametrize("first", [a_link_to_the_folder, a_link_to_the_file])
@pytest.mark.parametrize(
    "then",
    [
        (ROOT, Directory("a", 0o777, 5), a_file("a/secret"), a_file("z", b"0123456789")),
        (ROOT, a_file("a", b"0123456789")),
        (ROOT, a_file("a", b"012"), a_file("z", b"0123456789")),
        (ROOT, a_file("z", b"0123456789")),
    ],
)
def test_a_transfer_that_goes_on_with_other_entries_begins_anew(
    ground: Ground, first: Callable[[Ground], Sequence[Entry]], then: Sequence[Entry]
) -> None:
    """What the first part brought is not gone on with: a link may be where a file is announced now."""
    receiver = Receiver(ground.mirror.incoming("1"), None, sent(*first(ground)), 0)
    receiver.feed(b"01234")
    with pytest.raises(FileNotFoundError):
        Receiver(ground.mirror.incoming("1"), None, sent(*then), 4)
    ground.assert_untouched()
    ground.receive(None, *then)
    ground.assert_untouched()


def test_a_transfer_goes_on_with_the_same_entries(ground: Ground) -> None:
    entries = (*a_link_to_the_folder(ground), Directory("d", 0o700, 0), a_file("d/e"))
    receiver = Receiver(ground.mirror.incoming("1"), ground.base, sent(*entries), 0)
    receiver.feed(b"01234")
    ground.receive(ground.base, *entries, position=5, data=b"56789evil")
    assert (ground.mirror.incoming("1") / "z").read_bytes() == b"0123456789"
    assert (ground.mirror.incoming("1") / "d/e").read_bytes() == b"evil"
    ground.assert_untouched()


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": 0o4755},
        {"mode": 0o2755},
        {"mode": 0o1777},
        {"mode": -1},
        {"mode": "755"},
        {"mtime_ns": 2**63},
        {"mtime_ns": -(2**70)},
        {"mtime_ns": "now"},
        {"size": -1, "compared": -1, "ranges": []},
        {"size": 2**64, "compared": 4},
        {"compared": 5},
        {"ranges": [[-1, 2]]},
        {"ranges": [[0, 5]]},
        {"ranges": [[0, 0]]},
        {"ranges": [[2, 1], [1, 1]]},
        {"ranges": [[0, 2], [1, 1]]},
        {"ranges": [["0", 2]]},
        {"ranges": 7},
        {"path": "../a"},
        {"path": "/a"},
        {"path": "a//b"},
        {"path": ".snapshot/a"},
        {"path": 7},
        {"kind": "device"},
        {"more": 1},
    ],
)
def test_an_entry_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    document = {**to_document(a_file("a")), **changes}
    with pytest.raises(ValueError, match=r".+"):
        Difference.from_json(json.dumps({"entries": [document]}))


@pytest.mark.parametrize("document", ["[" * 100_000, '{"entries": 7}', "[]", "", '{"entries": [7]}'])
def test_what_is_no_difference_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Difference.from_json(document)


@pytest.mark.parametrize("more", [Range(0, 2), Range(3, 9), Range(-1, 1)])
def test_what_is_found_later_lies_in_the_file_and_behind_what_was_known(more: Range) -> None:
    known = sent(ROOT, a_file("a", size=10))
    with pytest.raises(ValueError, match="are not between"):
        known.with_more([Compared(8, (more,))])


@pytest.mark.parametrize("path", ["a\0b", "x" * 300])
def test_a_name_that_no_file_can_have_fails_the_transfer_alone(ground: Ground, path: str) -> None:
    with pytest.raises((ValueError, OSError)):
        ground.receive(None, ROOT, a_file(path))
    ground.assert_untouched()


def test_who_a_program_runs_as_is_kept_by_no_snapshot_and_no_transfer(tmp_path: Path) -> None:
    source, mirror = VolumeDirectory(tmp_path / "source"), VolumeDirectory(tmp_path / "mirror")
    source.create()
    mirror.create_mirror()
    (source.live / "program").write_bytes(b"#!")
    (source.live / "program").chmod(0o6755)
    (source.live / "folder").mkdir()
    (source.live / "folder").chmod(0o3777)
    source.take_snapshot("one", None)
    told = difference(None, source.snapshot("one"))
    receiver = Receiver(mirror.incoming("1"), None, Difference.from_json(told.to_json()), 0)
    receiver.feed(b"".join(read_stream(source.snapshot("one"), told, 0)))
    receiver.finish()
    mirror.accept("1", "one")
    mirror.make_writable("one")
    for tree in (source.snapshot("one"), mirror.snapshot("one"), mirror.live):
        modes = {name: stat.S_IMODE(os.lstat(tree / name).st_mode) for name in ("program", "folder")}
        assert modes == {"program": 0o755, "folder": 0o777}
