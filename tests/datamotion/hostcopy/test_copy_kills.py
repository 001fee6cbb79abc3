"""SIGKILL at random moments: the same command goes on, sends no verified piece again, and the copy is equal."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from datamotion.hostcopy.buffers import Reader
from tests.datamotion.hostcopy.copies import PIECE, copied, filled, left_over, sparse, standing

_PIECES = 8
_USUAL, _SOAKING = 3, 100

_COPY = """
import os, sys
from pathlib import Path
from datamotion.thread_clock import ThreadClock
from datamotion.hostcopy import Asked, Tally, Verify, copy
from dataclasses import asdict
import json
print("begins", flush=True)
rate = int(sys.argv[4]) or None
asked = Asked(sys.argv[1], sys.argv[2], Verify(sys.argv[3]), bytes_per_s=rate, smallest_piece=int(sys.argv[5]))
report = copy(asked, ThreadClock(), Tally())
print(json.dumps(asdict(report)))
"""


def _command(source: Path, copy: Path, verify: str, rate: int = 0) -> Sequence[str]:
    return [sys.executable, "-c", _COPY, str(source), str(copy), verify, str(rate), str(PIECE)]


def _killed(command: Sequence[str], after_s: float) -> bool:
    """Whether it was still at work then."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.kill()
    process.stdout.close()
    return process.wait() == -signal.SIGKILL


def _recorded(journal: Path) -> list[tuple[str, int]]:
    """The pieces that a journal tells of; a line that the kill cut off is none."""
    if not journal.exists():
        return []
    found = []
    for line in journal.read_text().splitlines()[1:]:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if "piece" in record:
            found.append((record["file"], record["piece"]))
    return found


@pytest.mark.slow
def test_killed_at_any_moment_a_copy_goes_on_from_the_last_verified_piece(
    quick_path: Path, soaking: int | None
) -> None:
    luck = random.Random(soaking if soaking is not None else time.time_ns())
    seed = luck.randrange(2**32)
    print(f"seed {seed}")
    luck = random.Random(seed)
    source, copy = filled(quick_path / "source", _PIECES * PIECE - 12345, seed), quick_path / "copy"
    journal = quick_path / ".copy.datamotion-journal"
    content = source.read_bytes()
    for _ in range(_USUAL if soaking is None else _SOAKING):
        verify = luck.choice(["fast", "fast", "full", "none"])
        rate = luck.choice([0, 40 << 20])
        while _killed(_command(source, copy, verify, rate), luck.uniform(0.0, 0.4 if rate else 0.1)):
            if copy.exists():
                break
            before = _recorded(journal)
            assert len(before) == len(set(before)), "a verified piece was sent again"
            if luck.random() < 0.5:
                break
        if copy.exists() and journal.exists():  # killed between the name and the end
            assert copy.read_bytes() == content, "half a file has the final name"
            subprocess.run(_command(source, copy, verify), capture_output=True, check=True)
        elif not copy.exists():
            before = _recorded(journal)
            ended = subprocess.run(_command(source, copy, verify), capture_output=True, check=True)
            report = json.loads(ended.stdout.splitlines()[-1])
            assert (report["pieces_kept"], report["pieces_sent"]) == (len(before), _PIECES - len(before))
        assert copy.read_bytes() == content
        assert left_over(quick_path) == []
        copy.unlink()


@pytest.mark.slow
@pytest.mark.parametrize(("files", "rate"), [(20, 20 << 20), (150, 0)], ids=["few", "so many that processes help"])
@pytest.mark.sweep
def test_killed_at_any_moment_a_copy_of_a_folder_goes_on(
    quick_path: Path, soaking: int | None, files: int, rate: int
) -> None:
    luck = random.Random(soaking if soaking is not None else time.time_ns())
    seed = luck.randrange(2**32)
    print(f"seed {seed}")
    luck = random.Random(seed)
    source, copy = quick_path / "source", quick_path / "copy"
    for number in range(10):
        (source / f"folder{number}").mkdir(parents=True)
        for each in range(files):
            filled(source / f"folder{number}" / f"file{each}", luck.randrange(20_000), each)
    sparse(source / "sparse", 3 * PIECE, 0, PIECE + 5, 2 * PIECE)
    wanted = list(standing(source))
    for _ in range(_USUAL - 1 if soaking is None else _SOAKING // 4):
        _killed(_command(source, copy, "fast", rate), luck.uniform(0.0, 0.2))
        ended = subprocess.run(_command(source, copy, "fast", rate), capture_output=True, check=False)
        if b"is there already" not in ended.stderr:  # else the first one was done before it could be killed
            report = json.loads(ended.stdout.splitlines()[-1])
            assert report["outcome"] == "done"
        assert list(standing(copy)) == wanted
        assert left_over(quick_path) == []
        shutil.rmtree(copy)


def test_after_the_machine_started_anew_a_file_of_a_folder_counts_only_if_it_is_equal(quick_path: Path) -> None:
    source, copy = quick_path / "source", quick_path / "copy"
    source.mkdir()
    for number in range(3):
        filled(source / f"file{number}", 1000 + number, number)
    assert copied(source, copy, read=_without("file2", source)).outcome == "failed"
    journal, temporary = quick_path / ".copy.datamotion-journal", quick_path / ".copy.datamotion-copy"
    _started_anew(journal)
    stat = (temporary / "file1").stat()
    (temporary / "file1").write_bytes(bytes(stat.st_size))  # as after a loss of power: its length and times alone
    os.utime(temporary / "file1", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    report = copied(source, copy)
    assert (report.kept, report.sent) == (1000, 1001 + 1002)
    assert list(standing(copy)) == list(standing(source))


def _without(name: str, folder: Path) -> Reader:
    """Reads all but one file."""
    inode = (folder / name).stat().st_ino

    def read(fd: int, buffers: list[memoryview], offset: int) -> int:
        if os.fstat(fd).st_ino == inode:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os.preadv(fd, buffers, offset)

    return read


def _started_anew(journal: Path) -> None:
    """The journal is as if the machine had been started again since."""
    head, *lines = journal.read_text().splitlines()
    journal.write_text("\n".join([json.dumps(json.loads(head) | {"boot": "another"}), *lines, ""]))


def test_after_the_machine_started_anew_a_piece_counts_only_if_it_is_there(quick_path: Path) -> None:
    source, copy = filled(quick_path / "source", _PIECES * PIECE), quick_path / "copy"
    after_s = 0.1
    while not _recorded(quick_path / ".copy.datamotion-journal"):  # too soon there is no piece yet, too late no journal
        copy.unlink(missing_ok=True)
        after_s = 0.1 if after_s > 0.6 else after_s + 0.02
        _killed(_command(source, copy, "fast", 20 << 20), after_s)
    journal, temporary = quick_path / ".copy.datamotion-journal", quick_path / ".copy.datamotion-copy"
    kept = sorted(piece for _, piece in _recorded(journal))
    _started_anew(journal)
    with temporary.open("r+b") as file:  # what had not reached the disk is lost
        file.seek(kept[0] * PIECE + 99)
        file.write(bytes(50))
    ended = subprocess.run(_command(source, copy, "fast"), capture_output=True, check=True)
    report = json.loads(ended.stdout.splitlines()[-1])
    assert (report["pieces_kept"], report["pieces_sent"]) == (len(kept) - 1, _PIECES - len(kept) + 1)
    assert copy.read_bytes() == source.read_bytes()
