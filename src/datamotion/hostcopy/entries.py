"""What folders hold, one by one: each is at the copy's path, or the tally tells why not."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ParamSpec

from datamotion.errors import CopyFailed
from datamotion.hostcopy.asked import Verify, beside
from datamotion.hostcopy.attributes import carry_attributes
from datamotion.hostcopy.failing import FATAL, changed, failed
from datamotion.hostcopy.pieces import Workshop
from datamotion.hostcopy.tally import Tally
from datamotion.model.remark import Remark

_BATCH = 256
_BATCH_BYTES = 32 << 20

P = ParamSpec("P")


@dataclass
class Batch:
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
class Done:
    """What came of a batch."""

    counted: Mapping[str, Any]
    ended_by: Remark | None


@dataclass
class Entries:
    """What becomes of each file, link and folder of one copy of the folder `source`, whose folder is `target`.

    `is_update`: as a `TreeCopy` has it. `ended_by`: what failed so that nothing more can be written.
    """

    shop: Workshop
    source: str
    target: str
    is_update: bool
    ended_by: Remark | None = None
    links: list[tuple[str, tuple[int, int], os.stat_result]] = field(default_factory=list)
    _linked: dict[tuple[int, int], str] = field(default_factory=dict)

    def folder(self, target: str) -> bool | None:
        """Whether something may be in it already; None where it could not be made."""
        try:
            try:
                os.mkdir(target, 0o700)
                return False
            except FileExistsError:
                if not modes.S_ISDIR(os.lstat(target).st_mode):
                    Path(target).unlink()
                    os.mkdir(target, 0o700)
                    return False
                if not self.is_update:
                    os.chmod(target, 0o700)
                return True
        except OSError as error:
            self.told(failed("cannot be made", target, error))
            return None

    def make(self, batch: Batch) -> None:
        for name, mode in batch.named:
            if self.ended_by is not None or self.shop.tally.stopped.is_set():
                return
            source, target = f"{batch.source}/{name}", f"{batch.target}/{name}"
            if modes.S_ISREG(mode) and not batch.had:
                self.guarded(source, self.file, source, target)
            else:
                self.guarded(source, self._again, source, target, mode)

    def make_aside(self, batch: Batch) -> Done:
        """As `make`, in a process of the crew."""
        self.shop = replace(self.shop, tally=Tally())
        was_ended = self.ended_by is not None
        self.make(batch)
        return Done(self.shop.tally.counted(), None if was_ended else self.ended_by)

    def is_first(self, target: str, stat: os.stat_result) -> bool:
        """Of the names of one file the first is copied; the others become links to it, when it is there."""
        key = stat.st_dev, stat.st_ino
        if self._linked.setdefault(key, target) == target:
            return True
        self.links.append((target, key, stat))
        return False

    def is_done(self, source: str, target: str, stat: os.stat_result) -> bool:
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

    def pass_over(self, source: str, target: str, stat: os.stat_result) -> None:
        """The bytes are there; of an older copy the owner and the mode may be others."""
        size = stat.st_size
        self.shop.tally.add(files=1, size=size, passed=size, **{"equal" if self.is_update else "kept": size})
        if self.is_update:
            self.guarded(source, carry_attributes, source, target, stat, self.shop.tally, target)

    def large(self, source: str, target: str, stat: os.stat_result, had: bool) -> None:
        """As `make` with a plain file, in pieces. `had` is that of its batch."""
        if had and self.is_done(source, target, stat):
            self.pass_over(source, target, stat)
        else:
            self.file(source, target, wide=True)

    def file(self, source: str, target: str, *, wide: bool = False) -> None:
        name = os.path.relpath(target, self.target) if wide else ""
        if not self.is_update:
            self.shop.copy_file(source, target, name, wide=wide)
            return
        is_there = os.path.lexists(target) and modes.S_ISREG(os.lstat(target).st_mode)
        if is_there and self.shop.asked.in_place:
            self.shop.copy_file(source, target, name, old=target, wide=wide)
            return
        temporary = self._place(target)
        self.shop.copy_file(source, temporary, name, old=target if is_there else None, wide=wide)
        Path(temporary).replace(target)

    def _again(self, source: str, target: str, mode: int) -> None:
        """What is no file, or may be there already, is there."""
        stat = os.lstat(source)
        if modes.S_IFMT(stat.st_mode) != modes.S_IFMT(mode):
            raise changed(source, "became something else")
        if not modes.S_ISREG(mode):
            self._other(source, target, stat)
        elif self.is_done(source, target, stat):
            self.pass_over(source, target, stat)
        else:
            self.file(source, target)

    def _other(self, source: str, target: str, stat: os.stat_result) -> None:
        """A symbolic link, a named pipe, a socket or a device."""
        path = self._freed(target)
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

    def _freed(self, target: str) -> str:
        """As `_place`, and nothing is there."""
        path = self._place(target)
        Path(path).unlink(missing_ok=True)
        return path

    def _place(self, target: str) -> str:
        """Where it is made before it has its name: where nothing of the source is to be.

        Raises: CopyFailed where a folder is in its way, which may hold what only the copy has.
        """
        if not self.is_update:
            return target
        if os.path.isdir(target) and not os.path.islink(target):
            raise CopyFailed(
                f"{target}: is a folder, and is none at the source any more",
                hint="move it away, or remove it with all that it holds, and run the same command again",
            )
        path = beside(target, "copy")
        while os.path.lexists(self.source + path.removeprefix(self.target)):
            path = beside(path, "copy")
        return path

    def link(self, target: str, key: tuple[int, int], stat: os.stat_result) -> None:
        first = self._linked[key]
        if not (os.path.lexists(target) and os.path.samestat(os.lstat(target), os.lstat(first))):
            path = self._freed(target)
            os.link(first, path, follow_symlinks=False)
            if path != target:
                Path(path).replace(target)
        self.shop.tally.add(others=1, passed=stat.st_size)

    def finish(self, source: str, target: str, stat: os.stat_result) -> None:
        """A folder has its attributes, and held the same names from the beginning to the end."""
        if os.lstat(source).st_mtime_ns != stat.st_mtime_ns:
            raise changed(source, "got or lost something")
        carry_attributes(source, target, stat, self.shop.tally, target)
        self.shop.tally.add(folders=1)

    def guarded(self, path: str, act: Callable[P, None], *given: P.args, **named: P.kwargs) -> None:
        """What fails is told and the rest goes on, unless nothing more can be written."""
        if self.ended_by is not None or self.shop.tally.stopped.is_set():
            return
        try:
            act(*given, **named)
        except CopyFailed as error:
            self.told(error)
        except OSError as error:
            self.told(failed("cannot be copied", path, error))

    def told(self, error: CopyFailed) -> None:
        said = Remark(error.message, error.hint)
        if error.errno in FATAL:
            if self.ended_by is not None:
                return
            self.ended_by = said
        self.shop.tally.fail(said)


def _equal(source: str, target: str) -> bool:
    with open(source, "rb") as there, open(target, "rb") as here:
        while True:
            one, other = there.read(1 << 20), here.read(1 << 20)
            if one != other:
                return False
            if not one:
                return True
