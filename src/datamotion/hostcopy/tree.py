"""A folder: everything below it, listed by one process; where it holds many files, copied by several."""

from __future__ import annotations

import os
import stat as modes
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datamotion.errors import CopyFailed
from datamotion.hostcopy.asked import Verify, beside
from datamotion.hostcopy.attributes import carry_attributes
from datamotion.hostcopy.failing import FATAL, changed, failed
from datamotion.hostcopy.pieces import Workshop
from datamotion.hostcopy.tally import Tally
from datamotion.model.remark import Remark

if TYPE_CHECKING:
    from concurrent.futures import Future

    from datamotion.hostcopy.crew import Crew

_BATCH = 256
_BATCH_BYTES = 32 << 20
_WAITING = 8  # batches that wait for a process: what is listed ahead does not grow with the folder
_FEW = 512  # files: before there were so many, other processes would cost more than they save


@dataclass
class TreeCopy:
    """A copy of the folder `source` at `target`, which grows in place: nobody reads it until it is whole.

    `is_update`: the target is in use. Its files are replaced one by one, each whole; what only it holds is left.
    """

    shop: Workshop
    source: str
    target: str
    is_update: bool = False
    _large: list[tuple[str, str, os.stat_result, bool]] = field(default_factory=list)
    _folders: list[tuple[str, str, os.stat_result]] = field(default_factory=list)
    _linked: dict[tuple[int, int], str] = field(default_factory=dict)
    _links: list[tuple[str, tuple[int, int], os.stat_result]] = field(default_factory=list)
    _crew: Crew | None = None
    _running: deque[Future[_Done]] = field(default_factory=deque)
    _seen: int = 0
    _ended_by: Remark | None = None  # after that nothing more can be written

    def run(self) -> None:
        """Everything is there, or `failures` of the tally tells what is not."""
        try:
            self._list()
            while self._running:
                self._take_over()
        except BaseException:
            self.shop.tally.stopped.set()
            if self._crew is not None:
                self._crew.give_up()
            raise
        if self._crew is not None:
            self._crew.end()
        self.shop.tally.is_whole = True
        for source, target, stat, had in self._large:
            if had and self._is_done(source, target, stat):
                self._pass_over(source, target, stat)
            else:
                self._attempt(source, target, wide=True)
        for target, key, stat in self._links:
            self._guarded(target, lambda target=target, key=key, stat=stat: self._link(target, key, stat))
        for source, target, stat in reversed(self._folders):
            self._guarded(target, lambda source=source, target=target, stat=stat: self._finish(source, target, stat))

    def _list(self) -> None:
        left = [(self.source, self.target)]
        while left and self._ended_by is None:
            source, target = left.pop()
            try:
                stat = os.lstat(source)
                with os.scandir(source) as entries:
                    found = sorted((each.name, each.stat(follow_symlinks=False)) for each in entries)
            except OSError as error:
                self.shop.tally.fail(Remark(failed("cannot be read", source, error).message))
                continue
            had = self._folder(target)
            if had is None:
                continue
            self._folders.append((source, target, stat))
            if had and not self.is_update:
                self._remove_others(target, {name for name, _ in found})
            few = _Batch(source, target, had)
            for name, each in found:
                inside = f"{source}/{name}", f"{target}/{name}"
                if modes.S_ISDIR(each.st_mode):
                    left.append(inside)
                elif each.st_nlink > 1 and not self._is_first(inside[1], each):
                    continue
                elif self._is_large(each):
                    self.shop.tally.add(total=each.st_size)
                    self._large.append((*inside, each, had))
                else:
                    few.add(name, each)
                if few.is_full:
                    self._submit(few)
                    few = _Batch(source, target, had)
            self._submit(few)

    def _folder(self, target: str) -> bool | None:
        """Whether something may be in it already; None where it could not be made."""
        try:
            try:
                os.mkdir(target, 0o700)
                return False
            except FileExistsError:
                if not modes.S_ISDIR(os.lstat(target).st_mode):
                    if self.is_update:
                        raise
                    Path(target).unlink()
                    os.mkdir(target, 0o700)
                    return False
                if not self.is_update:
                    os.chmod(target, 0o700)
                return True
        except OSError as error:
            self._told(failed("cannot be made", target, error))
            return None

    def _remove_others(self, target: str, names: set[str]) -> None:
        """What an interrupted copy made of things that the source has no more is gone."""
        import shutil  # noqa: PLC0415  # seldom needed, and slow to import

        with os.scandir(target) as entries:
            for each in entries:
                if each.name not in names:
                    if each.is_dir(follow_symlinks=False):
                        shutil.rmtree(each.path)
                    else:
                        Path(each.path).unlink()

    def _submit(self, batch: _Batch) -> None:
        if not batch.named:
            return
        self.shop.tally.add(total=batch.size)
        self._seen += len(batch.named)
        if self._crew is None and self._seen > _FEW and self.shop.processes > 1:
            from datamotion.hostcopy.crew import Crew  # noqa: PLC0415  # seldom needed, and slow to import

            self._crew = Crew(self.shop.processes, self._aside)
        if self._crew is None:
            self._batch(batch)
            return
        while len(self._running) >= _WAITING:
            self._take_over()
        self._running.append(self._crew.submit(batch))

    def _is_large(self, stat: os.stat_result) -> bool:
        return modes.S_ISREG(stat.st_mode) and stat.st_size > self.shop.asked.smallest_piece

    def _take_over(self) -> None:
        """What a process of the crew has done counts as done here."""
        from datamotion.hostcopy.crew import result_of  # noqa: PLC0415  # it is there already

        done = result_of(self._running.popleft())
        if done.ended_by is not None and self._ended_by is not None:
            done.counted["failures"].remove(done.ended_by)  # it is told once
        self._ended_by = self._ended_by or done.ended_by
        self.shop.tally.merge(done.counted)

    def _aside(self, batch: _Batch) -> _Done:
        """The batch, in a process of the crew."""
        self.shop = replace(self.shop, tally=Tally())
        was_ended = self._ended_by is not None
        self._batch(batch)
        return _Done(self.shop.tally.counted(), None if was_ended else self._ended_by)

    def _batch(self, batch: _Batch) -> None:
        for name, mode in batch.named:
            if self._ended_by is not None or self.shop.tally.stopped.is_set():
                return
            source, target = f"{batch.source}/{name}", f"{batch.target}/{name}"
            if modes.S_ISREG(mode) and not batch.had:
                self._attempt(source, target)
            else:
                self._guarded(source, lambda s=source, t=target, m=mode: self._again(s, t, m))

    def _again(self, source: str, target: str, mode: int) -> None:
        """What is no file, or may be there already, is there."""
        stat = os.lstat(source)
        if modes.S_IFMT(stat.st_mode) != modes.S_IFMT(mode):
            raise changed(source, "became something else")
        if not modes.S_ISREG(mode):
            self._other(source, target, stat)
        elif self._is_done(source, target, stat):
            self._pass_over(source, target, stat)
        else:
            self._file(source, target, wide=False)

    def _pass_over(self, source: str, target: str, stat: os.stat_result) -> None:
        """The bytes are there; of an older copy the owner and the mode may be others."""
        size = stat.st_size
        self.shop.tally.add(files=1, size=size, passed=size, **{"equal" if self.is_update else "kept": size})
        if self.is_update:
            self._guarded(source, lambda: carry_attributes(source, target, stat, self.shop.tally, target))

    def _is_first(self, target: str, stat: os.stat_result) -> bool:
        """Of the names of one file the first is copied; the others become links to it, when it is there."""
        key = stat.st_dev, stat.st_ino
        if self._linked.setdefault(key, target) == target:
            return True
        self._links.append((target, key, stat))
        return False

    def _is_done(self, source: str, target: str, stat: os.stat_result) -> bool:
        """A file gets its times last: one that has the source's is whole. After a start of the machine it is read.

        Times can be set back to what they were before somebody wrote; that the source was touched since cannot.
        """
        try:
            there = os.lstat(target)
        except OSError:
            return False
        if (there.st_size, there.st_mtime_ns, modes.S_IFMT(there.st_mode)) != (
            stat.st_size,
            stat.st_mtime_ns,
            modes.S_IFMT(stat.st_mode),
        ):
            return False
        if not self.is_update and stat.st_ctime_ns > there.st_ctime_ns:
            return False
        trusts = self.shop.asked.verify is not Verify.FULL if self.is_update else self.shop.journal.same_boot
        return trusts or _equal(source, target)

    def _attempt(self, source: str, target: str, *, wide: bool = False) -> None:
        self._guarded(source, lambda: self._file(source, target, wide=wide))

    def _file(self, source: str, target: str, *, wide: bool) -> None:
        name = os.path.relpath(target, self.target) if wide else ""
        if not self.is_update:
            self.shop.copy_file(source, target, name, wide=wide)
            return
        is_there = os.path.lexists(target) and modes.S_ISREG(os.lstat(target).st_mode)
        if is_there and self.shop.asked.in_place:
            self.shop.copy_file(source, target, name, old=target, wide=wide)
            return
        temporary = beside(target, "copy")
        self.shop.copy_file(source, temporary, name, old=target if is_there else None, wide=wide)
        Path(temporary).replace(target)

    def _other(self, source: str, target: str, stat: os.stat_result) -> None:
        """A symbolic link, a named pipe, a socket or a device."""
        path = beside(target, "copy") if self.is_update else target
        Path(path).unlink(missing_ok=True)
        if modes.S_ISLNK(stat.st_mode):
            os.symlink(os.readlink(source), path)
        else:
            try:
                os.mknod(path, stat.st_mode, stat.st_rdev)
            except PermissionError:
                self.shop.tally.skip(f"{source}: a device, which this account may not make: root may")
                return
        carry_attributes(source, path, stat, self.shop.tally, target)
        if path != target:
            Path(path).replace(target)
        self.shop.tally.add(others=1)

    def _link(self, target: str, key: tuple[int, int], stat: os.stat_result) -> None:
        first = self._linked[key]
        path = beside(target, "copy") if self.is_update else target
        if os.path.lexists(target) and os.path.samestat(os.lstat(target), os.lstat(first)):
            self.shop.tally.add(others=1, passed=stat.st_size)
            return
        Path(path).unlink(missing_ok=True)
        os.link(first, path, follow_symlinks=False)
        if path != target:
            Path(path).replace(target)
        self.shop.tally.add(others=1, passed=stat.st_size)

    def _finish(self, source: str, target: str, stat: os.stat_result) -> None:
        """A folder has its attributes, and held the same names from the beginning to the end."""
        if os.lstat(source).st_mtime_ns != stat.st_mtime_ns:
            raise changed(source, "got or lost something")
        carry_attributes(source, target, stat, self.shop.tally, target)
        self.shop.tally.add(folders=1)

    def _guarded(self, path: str, act: object) -> None:
        """What fails is told and the rest goes on, unless nothing more can be written."""
        assert callable(act)
        if self._ended_by is not None or self.shop.tally.stopped.is_set():
            return
        try:
            act()
        except CopyFailed as error:
            self._told(error)
        except OSError as error:
            self._told(failed("cannot be copied", path, error))

    def _told(self, error: CopyFailed) -> None:
        said = Remark(error.message, error.hint)
        if error.errno in FATAL:
            if self._ended_by is not None:
                return
            self._ended_by = said
        self.shop.tally.fail(said)


@dataclass
class _Batch:
    """Some of what one folder holds, by name and mode: no more than goes to another process quickly.

    `had`: something may be at their copies' paths already.
    """

    source: str
    target: str
    had: bool
    named: list[tuple[str, int]] = field(default_factory=list)
    size: int = 0

    def add(self, name: str, stat: os.stat_result) -> None:
        self.named.append((name, stat.st_mode))
        if modes.S_ISREG(stat.st_mode):
            self.size += stat.st_size

    @property
    def is_full(self) -> bool:
        return len(self.named) >= _BATCH or self.size >= _BATCH_BYTES


@dataclass(frozen=True)
class _Done:
    """What came of a batch."""

    counted: Mapping[str, Any]
    ended_by: Remark | None


def _equal(source: str, target: str) -> bool:
    with open(source, "rb") as there, open(target, "rb") as here:
        while True:
            one, other = there.read(1 << 20), here.read(1 << 20)
            if one != other:
                return False
            if not one:
                return True
