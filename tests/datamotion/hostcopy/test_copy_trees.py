"""Random folders whose files, and links of them, come, go and change places between one run and the next."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from datamotion.hostcopy import Verify
from tests.datamotion.hostcopy.copies import PIECE, copied, cut_off, left_over, standing

_USUAL, _SOAKING = 12, 1500


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _files(folder: Path) -> Sequence[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())


class Tree:
    """A folder that people work in, by all ways in which hard links come and go. Some have names outside of it."""

    def __init__(self, folder: Path, luck: random.Random) -> None:
        self.folder, self.luck, self.outside = folder, luck, folder.with_name("outside of the source")
        self.outside.mkdir()
        (folder / "one" / "two").mkdir(parents=True)
        for _ in range(luck.randrange(4, 14)):
            self.change()

    def change(self) -> None:
        """One thing is another than it was."""
        free, found = self._free(), _files(self.folder)
        if not found or self.luck.random() < 0.2:
            self._make(free)
            return
        path, other = self.luck.choice(found), self.luck.choice(found)
        match self.luck.randrange(8):
            case 0 | 1:
                os.link(path, free)
            case 2:
                path.replace(free)
            case 3 if path != other:
                path.rename(free)
                other.rename(path)
                free.rename(other)
            case 4:
                path.unlink()
            case 5:
                path.chmod(self.luck.choice([0o600, 0o640, 0o444]))
            case 6:
                self._hide_change(path)
            case 7:
                os.link(path, self.outside / str(len(list(self.outside.iterdir()))))
            case _:
                path.write_bytes(self._content())

    def _free(self) -> Path:
        folder = self.luck.choice([self.folder, *sorted(filter(_is_folder, self.folder.rglob("*")))])
        path = folder / self.luck.choice("abcdefgh")
        shutil.rmtree(path) if _is_folder(path) else path.unlink(missing_ok=True)
        return path

    def _make(self, path: Path) -> None:
        match self.luck.randrange(6):
            case 0:
                path.symlink_to(self.luck.choice(["a", "../a", "..", str(self.outside)]))
            case 1:
                os.mkfifo(path)
            case 2:
                path.mkdir()
                (path / "a").write_bytes(self._content())
            case _:
                path.write_bytes(self._content())

    def _content(self) -> bytes:
        size = self.luck.choice([0, 5, 5, 5, 3000, PIECE + 5])
        return (self.luck.randbytes(5) * (size // 5 + 1))[:size]

    def _hide_change(self, path: Path) -> None:
        """It is another file of equal bytes and times, or has other bytes with the times that it had."""
        before, content = path.stat(), path.read_bytes()
        if self.luck.random() < 0.5:
            path.unlink()
            path.write_bytes(content)
        else:
            path.write_bytes(bytes(each ^ 1 for each in content[:3000]) + content[3000:])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.fixture
def lucks(soaking: int | None) -> Iterator[random.Random]:
    seed = random.Random(soaking if soaking is not None else time.time_ns()).randrange(2**32)
    print(f"seed {seed}")
    return (random.Random(seed + number) for number in range(_USUAL if soaking is None else _SOAKING))


def _linked_elsewhere(folder: Path, place: Path, luck: random.Random) -> dict[Path, tuple[object, ...]]:
    """Some files have other names, outside of the copy; how they stand."""
    found, outside = _files(folder), {}
    for each in luck.sample(found, min(luck.choice([0, 0, 2]), len(found))):
        path = place / f"linked {len(list(place.iterdir()))}"
        os.link(each, path)
        outside[path] = _standing(path)
    return outside


def _standing(path: Path) -> tuple[object, ...]:
    stat = path.stat()
    return path.read_bytes(), stat.st_mode, stat.st_mtime_ns


@pytest.mark.slow
@pytest.mark.sweep
def test_a_copy_that_goes_on_is_the_source_whatever_became_of_it_meanwhile(
    quick_path: Path, lucks: Iterator[random.Random]
) -> None:
    for number, luck in enumerate(lucks):
        (place := quick_path / str(number)).mkdir()
        source, copy = place / "source", place / "copy"
        outside: dict[Path, tuple[object, ...]] = {}
        tree = Tree(source, luck)
        for _ in range(luck.randrange(1, 4)):
            outside |= _linked_elsewhere(cut_off(source, copy), place, luck)
            for _ in range(luck.randrange(6)):
                tree.change()
        assert copied(source, copy).outcome == "done", number
        assert list(standing(copy)) == list(standing(source)), number
        assert {path: _standing(path) for path in outside} == outside, number
        assert left_over(place) == []
        shutil.rmtree(place)


@pytest.mark.slow
@pytest.mark.sweep
@pytest.mark.parametrize("in_place", [False, True])
def test_an_update_makes_the_copy_the_source_whatever_became_of_it_meanwhile(
    quick_path: Path, lucks: Iterator[random.Random], in_place: bool
) -> None:
    for number, luck in enumerate(lucks):
        (place := quick_path / str(number)).mkdir()
        source, copy = place / "source", place / "copy"
        outside: dict[Path, tuple[object, ...]] = {}
        tree = Tree(source, luck)
        copied(source, copy)
        for _ in range(luck.randrange(1, 4)):
            outside |= _linked_elsewhere(copy, place, luck)
            for _ in range(luck.randrange(6)):
                tree.change()
            _make_way(source, copy)
            report = copied(source, copy, Verify.FULL, delta=True, in_place=in_place)
            assert report.failures == (), number
            assert list(standing(copy)) == list(standing(source)), number
            assert {path: _standing(path) for path in outside} == outside, number
        shutil.rmtree(place)


def _make_way(source: Path, copy: Path) -> None:
    """What only the copy has, and what is a folder there alone, are moved away as the command tells to."""
    for path in sorted(copy.rglob("*"), reverse=True):
        there = source / path.relative_to(copy)
        if not os.path.lexists(there) or (_is_folder(path) and not _is_folder(there)):
            shutil.rmtree(path) if _is_folder(path) else path.unlink()
