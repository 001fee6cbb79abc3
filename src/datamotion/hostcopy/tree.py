"""A folder: everything below it, listed by one process; where it holds many files, copied by several."""

from __future__ import annotations

import os
import stat as modes
from collections import deque
from typing import TYPE_CHECKING

from datamotion.hostcopy.batches import Batch, Done
from datamotion.hostcopy.entries import Entries
from datamotion.hostcopy.failing import failed
from datamotion.hostcopy.names import has_other_names
from datamotion.hostcopy.pieces import Workshop
from datamotion.hostcopy.removing import remove
from datamotion.model.remark import Remark

if TYPE_CHECKING:
    from concurrent.futures import Future

    from datamotion.hostcopy.crew import Crew

_WAITING = 8  # batches that wait for a process: what is listed ahead does not grow with the folder
_FEW = 512  # files: before there were so many, other processes would cost more than they save


class TreeCopy:
    """A copy of the folder `source` at `target`, which grows in place: nobody reads it until it is whole.

    `is_update`: the target is in use. Its files are replaced one by one, each whole; what only it holds is left.
    """

    def __init__(self, shop: Workshop, source: str, target: str, *, is_update: bool = False) -> None:
        self._shop, self._source, self._target, self._is_update = shop, source, target, is_update
        self._entries = Entries(shop, source, target, is_update)
        self._large: list[tuple[str, str, os.stat_result, bool]] = []
        self._several: list[Batch] = []
        self._folders: list[tuple[str, str, os.stat_result]] = []
        self._crew: Crew | None = None
        self._running: deque[Future[Done]] = deque()
        self._seen = 0

    def run(self) -> None:
        """Everything is there, or `failures` of the tally tells what is not."""
        try:
            self._list()
            self._await_all()
            whole = self._whole()
            for batch in self._several:
                batch.whole = frozenset(name for name, _ in batch.named if f"{batch.target}/{name}" in whole)
                self._submit(batch)
            self._await_all()
        except BaseException:
            self._shop.tally.stopped.set()
            if self._crew is not None:
                self._crew.give_up()
            raise
        if self._crew is not None:
            self._crew.end()
        self._shop.tally.is_whole = True
        entries = self._entries
        for source, target, stat, had in self._large:
            entries.make_large(source, target, stat, had=had, is_whole=target in whole)
        if entries.names.others and not self._is_update:
            self._shop.journal.linking()
        for target, key, stat in entries.names.others:
            entries.guarded(target, entries.link, target, key, stat)
        for source, target, stat in reversed(self._folders):
            entries.guarded(target, entries.finish, source, target, stat)

    def _list(self) -> None:
        left = [(self._source, self._target)]
        while left and self._entries.ended_by is None:
            source, target = left.pop()
            try:
                stat = os.lstat(source)
                with os.scandir(source) as entries:
                    found = sorted((each.name, each.stat(follow_symlinks=False)) for each in entries)
            except OSError as error:
                self._shop.tally.fail(Remark(failed("cannot be read", source, error).message))
                continue
            had = self._entries.folder(target)
            if had is None:
                continue
            self._folders.append((source, target, stat))
            if had and not self._is_update:
                self._entries.guarded(target, self._remove_others, target, {name for name, _ in found})
            left += self._share_out(source, target, found, had=had)

    def _share_out(
        self, source: str, target: str, found: list[tuple[str, os.stat_result]], *, had: bool
    ) -> list[tuple[str, str]]:
        """Each thing in this folder is with whoever makes it; returns the folders, with their copies' paths."""
        folders: list[tuple[str, str]] = []
        few, several = Batch(source, target, had), Batch(source, target, had)
        for name, each in found:
            inside = f"{source}/{name}", f"{target}/{name}"
            if modes.S_ISDIR(each.st_mode):
                folders.append(inside)
            elif each.st_nlink > 1 and not self._entries.names.is_first(inside[1], each):
                continue
            elif self._is_large(each):
                self._shop.tally.add(total=each.st_size)
                self._large.append((*inside, each, had))
            elif had and each.st_nlink > 1 and has_other_names(inside[1]):
                several.add(name, each)
                if several.is_full:
                    self._several.append(several)
                    several = Batch(source, target, had)
            else:
                few.add(name, each)
                if few.is_full:
                    self._submit(few)
                    few = Batch(source, target, had)
        self._submit(few)
        if several.named:
            self._several.append(several)
        return folders

    def _whole(self) -> set[str]:
        """Copies that are there and have no name but those of their source, of those that may have several."""
        firsts = [f"{batch.target}/{name}" for batch in self._several for name, _ in batch.named]
        return self._entries.names.whole(firsts + [target for _, target, _, had in self._large if had])

    def _remove_others(self, target: str, names: set[str]) -> None:
        """What an interrupted copy made of things that the source has no more is gone."""
        with os.scandir(target) as entries:
            for each in entries:
                if each.name not in names:
                    remove(each.path)

    def _submit(self, batch: Batch) -> None:
        if not batch.named:
            return
        self._shop.tally.add(total=batch.size)
        self._seen += len(batch.named)
        if self._crew is None and self._seen > _FEW and self._shop.processes > 1:
            from datamotion.hostcopy.crew import Crew  # noqa: PLC0415  # seldom needed, and slow to import

            self._crew = Crew(self._shop.processes, self._entries.make_aside)
        if self._crew is None:
            self._entries.make(batch)
            return
        while len(self._running) >= _WAITING:
            self._take_over()
        self._running.append(self._crew.submit(batch))

    def _is_large(self, stat: os.stat_result) -> bool:
        return modes.S_ISREG(stat.st_mode) and stat.st_size > self._shop.asked.smallest_piece

    def _await_all(self) -> None:
        while self._running:
            self._take_over()

    def _take_over(self) -> None:
        """What a process of the crew has done counts as done here."""
        from datamotion.hostcopy.crew import result_of  # noqa: PLC0415  # it is there already

        done = result_of(self._running.popleft())
        if done.ended_by is not None and self._entries.ended_by is not None:
            done.counted["failures"].remove(done.ended_by)  # it is told once
        self._entries.ended_by = self._entries.ended_by or done.ended_by
        self._shop.tally.merge(done.counted)
        self._entries.lacking |= done.lacking
