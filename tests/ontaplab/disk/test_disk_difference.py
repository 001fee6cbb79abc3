"""The difference of two trees: exact, minimal, and the same after a journey as JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from ontaplab.disk.content import CHUNK, Range, changed_ranges, opened
from ontaplab.disk.difference import Compared, Difference, compare_on, difference
from ontaplab.disk.entries import Directory, Entry, File, Removed, Symlink
from ontaplab.disk.stream import read_stream
from ontaplab.disk.tree import BLOCK
from tests.ontaplab.disk.trees import (
    LONG_AGO_NS,
    Edit,
    both,
    keeping_mtime,
    put_directory,
    put_file,
    put_symlink,
    rename,
    write_at,
)

BLOCKS = bytes(range(1, 11)) * 4096  # ten blocks, none of them zero


def a_tree(root: Path) -> Path:
    """Two directories, a file of ten blocks, a short one, a link; everything of the same age."""
    (root / "docs/deep").mkdir(parents=True)
    (root / "file").write_bytes(BLOCKS)
    (root / "docs/short").write_bytes(b"short")
    (root / "link").symlink_to("file")
    for path in (root / "file", root / "docs/short"):
        path.chmod(0o644)
    age(root)
    return root


def age(root: Path) -> None:
    for path in [*root.rglob("*"), root]:
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS), follow_symlinks=False)
        if path.is_dir():
            path.chmod(0o755)


def a_file(path: str, size: int, *ranges: tuple[int, int], mode: int = 0o644, is_new: bool = False) -> File:
    return File(path, mode, LONG_AGO_NS, size, is_new, tuple(Range(*one) for one in ranges), compared=size)


def a_directory(path: str) -> Directory:
    return Directory(path, 0o755, LONG_AGO_NS)


CASES: dict[str, tuple[Edit, Sequence[Entry]]] = {
    "nothing": (lambda _: None, []),
    "a byte": (lambda root: write_at(root / "file", 5000, b"!"), [a_file("file", 40960, (4096, 4096))]),
    "a byte on each side of a block's end": (
        lambda root: write_at(root / "file", 8191, b"!!"),
        [a_file("file", 40960, (4096, 8192))],
    ),
    "the first and the last byte": (
        both(lambda root: write_at(root / "file", 0, b"!"), lambda root: write_at(root / "file", 40959, b"!")),
        [a_file("file", 40960, (0, 4096), (36864, 4096))],
    ),
    "more at the end": (
        lambda root: write_at(root / "file", 40960, b"more"),
        [a_file("file", 40964, (40960, 4))],
    ),
    "less at the end": (lambda root: os.truncate(root / "file", 5000), [a_file("file", 5000)]),
    "zeros at the end": (lambda root: os.truncate(root / "file", 90_000), [a_file("file", 90_000)]),
    "data after a hole": (
        lambda root: write_at(root / "docs/short", 10_000, b"!"),
        [a_file("docs/short", 10_001, (8192, 1809))],
    ),
    "mode": (lambda root: (root / "file").chmod(0o600), [a_file("file", 40960, mode=0o600)]),
    "an empty file": (put_file("new", b""), [a_file("new", 0, is_new=True)]),
    "a removed directory": (rename("docs/deep", "moved"), [Removed("docs/deep"), a_directory("moved")]),
    "a link elsewhere": (put_symlink("link", "docs"), [Symlink("link", "docs", LONG_AGO_NS)]),
    "a file that becomes a directory": (put_directory("file", 0o755), [a_directory("file")]),
    "a directory that becomes a file": (put_file("docs", b"x" * 5000), [a_file("docs", 5000, (0, 5000), is_new=True)]),
}


@pytest.mark.parametrize(("edit", "entries"), CASES.values(), ids=CASES.keys())
def test_a_difference_lists_what_changed_and_nothing_else(tmp_path: Path, edit: Edit, entries: Sequence[Entry]) -> None:
    base, target = a_tree(tmp_path / "base"), a_tree(tmp_path / "target")
    edit(target)
    for path in target.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.name in {"new", "docs"}:
            path.chmod(0o644)
    age(target)
    assert difference(base, target).entries == entries


def test_a_newer_mtime_is_a_change_without_bytes(tmp_path: Path) -> None:
    base, target = a_tree(tmp_path / "base"), a_tree(tmp_path / "target")
    for path in ("file", "docs"):
        os.utime(target / path, ns=(7, 7))
    found = difference(base, target)
    assert found.entries == [
        Directory("docs", 0o755, 7),
        File("file", 0o644, 7, 40960, is_new=False, ranges=(), compared=40960),
    ]
    assert found.bytes == 0


def test_the_difference_to_nothing_lists_everything_in_path_order_parents_first(tmp_path: Path) -> None:
    target = a_tree(tmp_path / "target")
    (target / "docs-2").mkdir()
    age(target)
    assert difference(None, target).entries == [
        a_directory(""),
        a_directory("docs"),
        a_directory("docs/deep"),
        a_file("docs/short", 5, (0, 5), is_new=True),
        a_directory("docs-2"),
        a_file("file", 40960, (0, 40960), is_new=True),
        Symlink("link", "file", LONG_AGO_NS),
    ]


def test_bytes_that_change_under_the_same_size_and_mtime_are_found(tmp_path: Path) -> None:
    base, target = a_tree(tmp_path / "base"), a_tree(tmp_path / "target")
    keeping_mtime(target / "file", lambda file: write_at(file, 0, b"!"))
    assert difference(base, target).entries == [a_file("file", 40960, (0, 4096))]


@pytest.mark.slow
def test_one_percent_of_the_blocks_changed_makes_one_percent_of_the_bytes(tmp_path: Path) -> None:
    base, target = tmp_path / "base", tmp_path / "target"
    size = 32 * 1024 * 1024
    data = Random(1).randbytes(size)
    for root in (base, target):
        root.mkdir()
        (root / "disk.img").write_bytes(data)
    for block in Random(2).sample(range(size // 4096), size // 4096 // 100):
        write_at(target / "disk.img", block * 4096 + 1000, b"changed")
    assert 0 < difference(base, target).bytes <= size * 0.011


def test_a_difference_survives_json_with_names_that_are_not_utf8(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    name = os.fsdecode(b"caf\xe9")
    (target / name).write_bytes(b"coffee")
    (target / "link").symlink_to(name)
    found = difference(None, target)
    document = found.to_json().encode("ascii")
    assert name in [entry.path for entry in found.entries]
    assert Difference.from_json(document.decode()) == found


@pytest.mark.parametrize("path", ["", "/etc", "a/../b", "..", "a//b", ".snapshot", ".snapshot/x", "a/."])
def test_a_path_that_leads_out_of_the_tree_is_refused(path: str) -> None:
    document = Difference([Symlink(path, "target", 0)]).to_json()
    with pytest.raises(ValueError, match="no path in a tree"):
        Difference.from_json(document)


@pytest.mark.parametrize("document", ["", "[]", "{}", '{"entries":[{"kind":"file","path":"a"}]}', '{"entries":[1]}'])
def test_what_is_not_a_difference_is_refused(document: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json.JSONDecodeError has its own words
        Difference.from_json(document)


def test_ranges_are_the_changed_blocks_side_by_side(tmp_path: Path) -> None:
    """Changed in their first byte or in a later one, on both sides of a chunk's end, in the short last one."""
    before = Random(1).randbytes(2 * CHUNK + 100)
    after = bytearray(before)
    for changed in (BLOCK, 2 * BLOCK + 1, CHUNK - 1, CHUNK, 2 * CHUNK - BLOCK - 1, 2 * CHUNK + 99):
        after[changed] ^= 255
    (tmp_path / "before").write_bytes(before)
    (tmp_path / "after").write_bytes(after)
    with opened(tmp_path / "before") as base, opened(tmp_path / "after") as target:
        assert changed_ranges(base, target, Range(0, len(after))) == (
            Range(BLOCK, 2 * BLOCK),
            Range(CHUNK - BLOCK, 2 * BLOCK),
            Range(2 * CHUNK - 2 * BLOCK, BLOCK),
            Range(2 * CHUNK, 100),
        )


def test_a_difference_may_be_found_little_by_little(tmp_path: Path) -> None:
    """Within files and between them, and told again from any moment on to one that knows less."""
    base, target = a_tree(tmp_path / "base"), a_tree(tmp_path / "target")
    for offset in (0, 9000, 30_000):
        write_at(target / "file", offset, b"!")
    put_file("new", b"n" * 10_000)(target)
    whole = difference(base, target)
    stages = [difference(base, target, 2 * BLOCK)]
    while not stages[-1].is_whole:
        stages.append(stages[-1].with_more(compare_on(base, target, stages[-1], 3 * BLOCK)))
    assert [stage.compared for stage in stages] == [4096, 16_384, 28_672, 40_960, 50_960]
    assert stages[-1].pieces == [*whole.pieces[:3], *stages[-1].pieces[3:]]
    assert streamed(target, stages[-1]) == streamed(target, whole)
    for stage in stages:
        assert streamed(target, whole).startswith(streamed(target, stage))
        assert stage.with_more(stages[-1].after(stage.compared)) == stages[-1]
        assert streamed(target, stage.with_more(whole.after(stage.compared))) == streamed(target, whole)


def streamed(target: Path, found: Difference) -> bytes:
    return b"".join(read_stream(target, found, 0))


@pytest.mark.parametrize("end", [0, 4096, 40_961])
def test_what_was_compared_already_or_is_outside_the_file_is_refused(tmp_path: Path, end: int) -> None:
    base, target = a_tree(tmp_path / "base"), a_tree(tmp_path / "target")
    write_at(target / "file", 0, b"!")
    with pytest.raises(ValueError, match=f"file was not compared up to byte {end}"):
        difference(base, target, 2 * BLOCK).with_more([Compared(end, ())])
