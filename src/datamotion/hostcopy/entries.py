"""What folders hold, one by one: each is at the copy's path, or the tally tells why not."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ParamSpec

from datamotion.errors import CopyFailed
from datamotion.hostcopy.asked import beside
from datamotion.hostcopy.attributes import carry_attributes
from datamotion.hostcopy.batches import Batch, Done
from datamotion.hostcopy.done import is_as_copied, is_done
from datamotion.hostcopy.failing import AGAIN, FATAL, changed, failed
from datamotion.hostcopy.names import Inode, Names, file_at, is_sole_name
from datamotion.hostcopy.pieces import Workshop
from datamotion.hostcopy.removing import remove
from datamotion.hostcopy.tally import Tally
from datamotion.model.remark import Remark

P = ParamSpec("P")


@dataclass
class Entries:
    """What becomes of each file, link and folder of one copy of the folder `source`, whose folder is `target`.

    `is_update`: as a `TreeCopy` has it. `ended_by`: what failed so that nothing more can be written. `lacking`: copies
    that could not be made of files that have several names.
    """

    shop: Workshop
    source: str
    target: str
    is_update: bool
    ended_by: Remark | None = None
    names: Names = field(default_factory=Names)
    lacking: set[str] = field(default_factory=set)

    def folder(self, target: str) -> bool | None:
        """Whether something may be in it already; None where it could not be made."""
        try:
            try:
                os.mkdir(target, 0o700)
                return False
            except FileExistsError:
                if not modes.S_ISDIR(os.lstat(target).st_mode):
                    remove(target)
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
                is_made = self.guarded(source, self.file, source, target)
            else:
                is_made = self.guarded(source, self._again, source, target, mode, is_whole=name in batch.whole)
            if not is_made:
                self.lack(source, target)

    def make_aside(self, batch: Batch) -> Done:
        """As `make`, in a process of the crew."""
        self.shop = replace(self.shop, tally=Tally())
        self.lacking = set()
        was_ended = self.ended_by is not None
        self.make(batch)
        ended_by = None if was_ended else self.ended_by
        return Done(self.shop.tally.counted(), ended_by, frozenset(self.lacking))

    def make_large(self, source: str, target: str, stat: os.stat_result, *, had: bool, is_whole: bool) -> None:
        """As `make` one of a batch, with the help of all threads."""
        if had:
            is_made = self.guarded(source, self.again, source, target, stat, is_whole=is_whole, wide=True)
        else:
            is_made = self.guarded(source, self.file, source, target, wide=True)
        if not is_made:
            self.lack(source, target)

    def lack(self, source: str, target: str) -> None:
        """No other name becomes a link to what is not there, or is an older copy."""
        try:
            may_have_others = os.lstat(source).st_nlink > 1
        except OSError:
            may_have_others = True
        if may_have_others:
            self.lacking.add(target)

    def again(self, source: str, target: str, stat: os.stat_result, *, is_whole: bool, wide: bool = False) -> None:
        """A file that may be there already is there. `is_whole`: what is there has no name but those of its source.

        What else has several names is made anew: what is written to it, or set, would be of its other names too.
        """
        there = file_at(target)
        if there is None or (there.st_nlink > 1 and not is_whole):
            self.file(source, target, is_own=False, wide=wide)
        elif is_done(self.shop, source, target, stat, there, is_update=self.is_update):
            size = stat.st_size
            self.shop.tally.add(files=1, size=size, passed=size, **{"equal" if self.is_update else "kept": size})
            if self.is_update or not is_as_copied(self.shop, stat, there):  # its owner and mode may be others
                carry_attributes(source, target, stat, self.shop.tally, target)
        else:
            self.file(source, target, is_own=True, wide=wide)

    def file(self, source: str, target: str, *, is_own: bool | None = None, wide: bool = False) -> None:
        """It is copied. `is_own`: whether what is there may be written to; None where nothing is."""
        name = os.path.relpath(target, self.target) if wide else ""
        if not self.is_update:
            may_hold_pieces = is_own and wide and os.access(target, os.W_OK, effective_ids=True)
            if is_own is not None and not may_hold_pieces:
                remove(target)
            self.shop.copy_file(source, target, name, wide=wide)
            return
        if is_own and self.shop.asked.in_place:
            self.shop.copy_file(source, target, name, old=target, wide=wide)
            return
        temporary = self._place(target)
        if not (wide and is_sole_name(temporary)):  # else it may hold pieces
            remove(temporary)
        self.shop.copy_file(source, temporary, name, old=target if file_at(target) else None, wide=wide)
        Path(temporary).replace(target)

    def _again(self, source: str, target: str, mode: int, *, is_whole: bool) -> None:
        """What is no file, or may be there already, is there."""
        stat = os.lstat(source)
        if modes.S_IFMT(stat.st_mode) != modes.S_IFMT(mode):
            raise changed(source, "became something else")
        if modes.S_ISREG(mode):
            self.again(source, target, stat, is_whole=is_whole)
        else:
            self._other(source, target, stat)

    def _other(self, source: str, target: str, stat: os.stat_result) -> None:
        """A symbolic link, a named pipe, a socket or a device."""
        path = self._freed(target)
        if modes.S_ISLNK(stat.st_mode):
            os.symlink(os.readlink(source), path)
        else:
            try:
                os.mknod(path, stat.st_mode, stat.st_rdev)
            except PermissionError:
                self._skip(source)
                self.lack(source, target)
                return
        carry_attributes(source, path, stat, self.shop.tally, target)
        if path != target:
            Path(path).replace(target)
        self.shop.tally.add(others=1)

    def _skip(self, source: str) -> None:
        self.shop.tally.skip(f"{source}: a device, which this account may not make: root may")

    def _freed(self, target: str) -> str:
        """As `_place`, and nothing is there."""
        path = self._place(target)
        remove(path)
        return path

    def _place(self, target: str) -> str:
        """Where it is made before it has its name: where nothing of the source is to be.

        Raises: CopyFailed where a folder is in its way, which may hold what only the copy has.
        """
        if not self.is_update:
            return target
        if _is_folder(target):
            raise CopyFailed(
                f"{target}: is a folder, and is none at the source any more",
                hint="move it away, or remove it with all that it holds, and run the same command again",
            )
        path = beside(target, "copy")
        while os.path.lexists(self.source + path.removeprefix(self.target)) or _is_folder(path):
            path = beside(path, "copy")
        return path

    def link(self, target: str, key: Inode, stat: os.stat_result) -> None:
        """That name is a link to the first copy.

        Raises: CopyFailed where that could not be made; then what is there stays.
        """
        first = self.names.first(key)
        if first in self.lacking:
            if modes.S_ISCHR(stat.st_mode) or modes.S_ISBLK(stat.st_mode):
                self._skip(self.source + target.removeprefix(self.target))
                return
            raise CopyFailed(f"{target}: is one file with {first}, which could not be copied", hint=AGAIN)
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

    def guarded(self, path: str, act: Callable[P, None], *given: P.args, **named: P.kwargs) -> bool:
        """Whether it is done. What fails is told and the rest goes on, unless nothing more can be written."""
        if self.ended_by is not None or self.shop.tally.stopped.is_set():
            return False
        try:
            act(*given, **named)
        except CopyFailed as error:
            self.told(error)
        except OSError as error:
            self.told(failed("cannot be copied", path, error))
        else:
            return True
        return False

    def told(self, error: CopyFailed) -> None:
        said = Remark(error.message, error.hint)
        if error.errno in FATAL:
            if self.ended_by is not None:
                return
            self.ended_by = said
        self.shop.tally.fail(said)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)
