"""Difference, stream and receiver together: the tree that arrives is the tree that was sent, whatever interrupts."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ontaplab.disk.copying import copy_file
from ontaplab.disk.difference import Difference, compare_on, difference
from ontaplab.disk.receiver import Receiver
from ontaplab.disk.stream import CHUNK, read_stream, stretches
from ontaplab.disk.tree import BLOCK
from ontaplab.disk.volume import VolumeDirectory
from tests.ontaplab.disk.trees import Edit, contents, histories, put_file, write_at


@dataclass(frozen=True)
class Cut:
    """The receiver is gone after so many bytes, having finished if there were no more, and as many were forgotten."""

    after: int
    forgotten: int


_amounts = st.sampled_from([0, 1, 3, 100, 4096, 5000, 262_144, 300_001])
cuts = st.lists(st.builds(Cut, _amounts, _amounts), max_size=6)


def receive(incoming: Path, base: Path | None, target: Path, cuts: Sequence[Cut], most: float = math.inf) -> None:
    """The whole difference is received in `incoming`, through all these interruptions.

    Whenever it begins, it knows what comparing that many bytes told.
    """
    document = difference(base_at_source(base, target), target, most).to_json()
    position = 0
    for cut in (*cuts, Cut(after=1_000_000_000, forgotten=0)):
        begun = Difference.from_json(document)
        position = max(0, receive_some(incoming, base, target, begun, position, cut.after) - cut.forgotten)


def receive_some(incoming: Path, base: Path | None, target: Path, known: Difference, position: int, most: int) -> int:
    """At most so many bytes are received from that position on; all is finished if there are no more."""
    while known.bytes < position:
        known = more_of(known, base, target)
    receiver = Receiver(incoming, base, known, position)
    while True:
        data = b"".join(read_stream(target, known, receiver.position))[: position + most - receiver.position]
        receiver.feed(data[:77])
        receiver.feed(data[77:])
        if known.is_whole or receiver.position == position + most:
            break
        with pytest.raises(ValueError, match="have not come"):
            receiver.finish()
        known = more_of(known, base, target)
        receiver.learn(known)
    if known.is_whole and receiver.position == known.bytes:
        receiver.finish()
    return receiver.position


def more_of(known: Difference, base: Path | None, target: Path) -> Difference:
    return known.with_more(compare_on(base_at_source(base, target), target, known, 17 * BLOCK))


def base_at_source(base: Path | None, target: Path) -> Path | None:
    """The source's snapshot of the same name."""
    return base and target.with_name(base.name)


@pytest.mark.slow
@settings(deadline=None, max_examples=80, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(histories, cuts), min_size=1, max_size=3), st.sampled_from([0, 1, 5, 20, 1000]))
@pytest.mark.sweep
def test_a_transfer_gives_an_identical_tree_wherever_it_is_cut(
    steps: Sequence[tuple[Sequence[Edit], Sequence[Cut]]], blocks: int
) -> None:
    with TemporaryDirectory() as folder:
        source, mirror = VolumeDirectory(Path(folder, "source")), VolumeDirectory(Path(folder, "mirror"))
        source.create()
        mirror.create_mirror()
        newest: str | None = None
        received = {}
        for number, (history, cuts) in enumerate(steps):
            for edit in history:
                edit(source.live)
            name = f"transfer.{number}"
            source.take_snapshot(name, newest)
            base = mirror.snapshot(newest) if newest else None
            receive(mirror.incoming("1"), base, source.snapshot(name), cuts, blocks * BLOCK)
            mirror.accept("1", name)
            newest = name
            received[name] = contents(source.live)
        assert {name: contents(mirror.snapshot(name)) for name in received} == received


@dataclass(frozen=True)
class Pair:
    """A source with the snapshots `old` and `new`, and a mirror that has `old`."""

    source: VolumeDirectory
    mirror: VolumeDirectory

    @property
    def difference(self) -> Difference:
        return difference(self.source.snapshot("old"), self.source.snapshot("new"))

    def receiver(self, position: int = 0) -> Receiver:
        return Receiver(self.mirror.incoming("1"), self.mirror.snapshot("old"), self.difference, position)

    def stream(self) -> bytes:
        return b"".join(read_stream(self.source.snapshot("new"), self.difference, 0))


def a_pair(root: Path) -> Pair:
    source, mirror = VolumeDirectory(root / "source"), VolumeDirectory(root / "mirror")
    source.create()
    mirror.create_mirror()
    put_file("docs/changed", b"a" * 50_000)(source.live)
    put_file("docs/same", b"same")(source.live)
    source.take_snapshot("old", None)
    receive(mirror.incoming("0"), None, source.snapshot("old"), [])
    mirror.accept("0", "old")
    write_at(source.live / "docs/changed", 10_000, b"b" * 10_000)
    source.take_snapshot("new", "old")
    return Pair(source, mirror)


def test_only_changed_blocks_travel_and_unchanged_files_are_shared(tmp_path: Path) -> None:
    pair = a_pair(tmp_path)
    assert len(pair.stream()) == pair.difference.bytes == 3 * 4096
    receiver = pair.receiver()
    receiver.feed(pair.stream())
    receiver.finish()
    pair.mirror.accept("1", "new")
    old, new = pair.mirror.snapshot("old"), pair.mirror.snapshot("new")
    assert (new / "docs/same").samefile(old / "docs/same")
    assert (old / "docs/changed").read_bytes() == b"a" * 50_000
    assert (new / ".snapshot/old").samefile(old)


def test_a_file_that_turns_out_to_be_the_same_when_it_is_compared_at_last_is_shared(tmp_path: Path) -> None:
    """As after a restore: all files are others, of the same bytes."""
    pair = a_pair(tmp_path)
    pair.source.drop_snapshot("new")
    pair.source.take_snapshot("new", None)
    old = pair.mirror.snapshot("old")
    known = difference(pair.source.snapshot("old"), pair.source.snapshot("new"), 0)
    assert {file.path for file in known.files} == {"docs/changed", "docs/same"}
    receiver = Receiver(pair.mirror.incoming("1"), old, known, 0)
    known = more_of(known, old, pair.source.snapshot("new"))
    assert known.is_whole
    receiver.learn(known)
    receiver.feed(pair.stream())
    receiver.finish()
    pair.mirror.accept("1", "new")
    assert (pair.mirror.snapshot("new") / "docs/same").samefile(old / "docs/same")
    assert contents(pair.mirror.snapshot("new")) == contents(pair.source.snapshot("new"))


def test_the_snapshots_of_a_mirror_are_shared_with_those_taken_after_it_was_made_writable(tmp_path: Path) -> None:
    pair = a_pair(tmp_path)
    pair.mirror.make_writable("old")
    write_at(pair.mirror.live / "docs/changed", 0, b"!")
    pair.mirror.take_snapshot("mine", "old")
    mine, old = pair.mirror.snapshot("mine"), pair.mirror.snapshot("old")
    assert (mine / "docs/same").samefile(old / "docs/same")
    assert contents(mine) == contents(pair.mirror.live)


@pytest.mark.parametrize("size", [1000, 4096, 6000])
def test_a_file_of_many_ranges_may_be_cut_between_and_within_them(tmp_path: Path, size: int) -> None:
    pair = a_pair(tmp_path)
    for block in (2, 5, 6, 9):
        write_at(pair.source.live / "docs/changed", block * 4096, b"!")
    pair.source.drop_snapshot("new")
    pair.source.take_snapshot("new", "old")
    stream = pair.stream()
    for position in range(0, len(stream), size):
        pair.receiver(position).feed(stream[position : position + size])
    pair.receiver(len(stream)).finish()
    assert contents(pair.mirror.incoming("1")) == contents(pair.source.snapshot("new"))


def test_a_receiver_does_not_finish_before_all_bytes_have_come(tmp_path: Path) -> None:
    pair = a_pair(tmp_path)
    receiver = pair.receiver()
    receiver.feed(pair.stream()[:-1])
    with pytest.raises(ValueError, match="1 of 12288 bytes have not come"):
        receiver.finish()


def test_a_receiver_takes_no_more_bytes_than_were_announced(tmp_path: Path) -> None:
    pair = a_pair(tmp_path)
    receiver = pair.receiver()
    with pytest.raises(ValueError, match="12288 bytes were announced"):
        receiver.feed(pair.stream() + b"x")
    assert receiver.position == 0


def test_a_receiver_does_not_go_on_from_bytes_it_does_not_have(tmp_path: Path) -> None:
    pair = a_pair(tmp_path)
    with pytest.raises(FileNotFoundError, match="the first 5000 bytes"):
        pair.receiver(5000)


def test_a_transfer_from_the_start_forgets_what_was_in_its_folder(tmp_path: Path) -> None:
    pair = a_pair(tmp_path)
    put_file("docs/foreign", b"")(pair.mirror.incoming("1"))
    receiver = pair.receiver()
    receiver.feed(pair.stream())
    receiver.finish()
    assert contents(pair.mirror.incoming("1")) == contents(pair.source.snapshot("new"))


def test_a_stream_comes_in_chunks_of_a_mebibyte_from_any_byte(tmp_path: Path) -> None:
    target = tmp_path / "target"
    for name in "abc":
        put_file(name, name.encode() * 700_000)(target)
    found = difference(None, target)
    whole = b"a" * 700_000 + b"b" * 700_000 + b"c" * 700_000
    assert [len(chunk) for chunk in read_stream(target, found, 0)] == [CHUNK, CHUNK, 2_100_000 - 2 * CHUNK]
    for start in (1, 699_999, 700_000, 2_099_999, 2_100_000):
        assert b"".join(read_stream(target, found, start)) == whole[start:]


def test_stretches_are_the_same_bytes_from_any_byte_for_any_length(tmp_path: Path) -> None:
    base, target = tmp_path / "base", tmp_path / "target"
    for name, size in (("large", 900_000), ("small", 5_000), ("tiny", 1)):
        put_file(name, os.urandom(size))(target)
    put_file("scattered", bytes(400_000))(base)
    put_file("scattered", b"".join(bytes(4096) + os.urandom(4096) for _ in range(40)))(target)
    found = difference(base, target)
    whole = b"".join(read_stream(target, found, 0))
    for start in (0, 1, 899_999, 900_000, 904_000, len(whole)):
        for length in (0, 1, 70_000, len(whole)):
            asked = min(length, len(whole) - start)
            parts = [
                part if isinstance(part, bytes) else os.pread(part.descriptor, part.length, part.offset)
                for part in stretches(target, found, start, asked)
            ]
            assert b"".join(parts) == whole[start : start + asked]
    with pytest.raises(ValueError, match="from 1 on"):
        stretches(target, found, 1, len(whole))


@pytest.mark.parametrize("start", [-1, 6])
def test_a_stream_has_no_bytes_outside_it(tmp_path: Path, start: int) -> None:
    put_file("file", b"bytes")(tmp_path / "target")
    found = difference(None, tmp_path / "target")
    with pytest.raises(ValueError, match="5 bytes"):
        read_stream(tmp_path / "target", found, start)


def test_a_file_is_copied_between_file_systems_that_cannot_share(tmp_path: Path) -> None:
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to copy from")
    with TemporaryDirectory(dir=elsewhere) as folder:
        source = Path(folder, "file")
        source.write_bytes(os.urandom(700_001))
        os.truncate(source, 1_000_000)
        copy_file(source, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == source.read_bytes()
