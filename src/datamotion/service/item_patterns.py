"""Which LUNs and files a pattern or a folder means: each is a migration of its own, in the order of their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from fnmatch import translate
from typing import NamedTuple

from datamotion.errors import ConfigError
from datamotion.model.group import Backend
from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import FileName, FilesIn, PlacedFile
from datamotion.model.names import counted, is_plain
from datamotion.model.view import Aspect, ClusterView
from datamotion.service.clusters import FollowedCluster
from datamotion.service.items_under_way import known_items
from datamotion.service.migrations import check_path, item_migration
from datamotion.service.session import Session

_ASPECTS = frozenset({Aspect.VOLUMES, Aspect.LUN_PLACES, Aspect.FILES})
_MOST = 1000
"""A person who means more than that means the volume."""
_OWN = ".datamotion-"
_SNAPSHOTS = ".snapshot"
_NO_CHARACTER = "\N{REPLACEMENT CHARACTER}"
"""What a cluster tells instead of bytes that are no text."""


class Meant(NamedTuple):
    """The migrations, and what is in those folders and is neither a LUN nor a file, or has a name that cannot be told:
    it stays.

    `arrived`, where there is none to bring elsewhere: what tells that all of it is where it was to go.
    """

    migrations: tuple[ItemMigration, ...]
    left: tuple[str, ...] = ()
    arrived: str | None = None


class _Wanted(NamedTuple):
    """What is in a folder of a volume and is called so; `is_deep`: in folders of it too."""

    backend: Backend
    volume: str
    folder: str
    name: str
    is_deep: bool

    @property
    def text(self) -> str:
        return f"{self.backend.name}:{self.volume}/{self.within}{'' if self.is_deep else self.name}"

    @property
    def within(self) -> str:
        return f"{self.folder}/" if self.folder else ""

    def means(self, path: str) -> bool:
        """As a shell's pattern does: a name that begins with a point is meant by a pattern that does."""
        if not path.startswith(self.within) or _OWN in path:
            return False
        rest = path.removeprefix(self.within)
        if self.is_deep:
            return not rest.startswith(f"{_SNAPSHOTS}/")
        if "/" in rest or (rest.startswith(".") and not self.name.startswith(".")):
            return False
        return re.match(translate(self.name.replace("[", "[[]")), rest) is not None

    def at_goal(self, path: str, into: str | None) -> str:
        """Where it goes: into that folder; without one, to where it is now, in the other volume."""
        return path if into is None else f"{into}{path.removeprefix(self.within)}"


def is_pattern(what: str) -> bool:
    """Whether it means LUNs and files by a pattern, or a folder with all that is in it.

    >>> is_pattern("gold:vol_1/lun*"), is_pattern("gold:vol_1/folder/"), is_pattern("gold:vol_*"), is_pattern("a:b/c")
    (True, True, False, False)
    """
    _, slash, path = what.partition("/")
    return bool(slash) and (path == "" or path.endswith("/") or any(each in path for each in "*?"))


async def items_meant(
    session: Session, what: str, *, to: str | None, keeps_source: bool = False, is_undone: bool = False
) -> Meant:
    """Those that are there, and those that a run before has begun to bring to the same place; only these to undo.

    Raises: ConfigError, also where there are none, neither here nor where they were to go; ClusterRefused,
    ClusterSilent.
    """
    wanted = _wanted(session, what)
    goal, slash, into = (to or "").partition("/")
    if not goal.partition(":")[2] or (into and not into.endswith("/")):
        hint = "--to takes BACKEND:VOLUME, and /FOLDER/ for a folder there, which ends with a slash"
        raise ConfigError(f"to which volume or folder {wanted.text} goes is not said", hint=hint)
    at_goal = _at_goal(session, wanted, goal, into if slash else None)

    def migration(path: str) -> ItemMigration:
        source = f"{wanted.backend.name}:{wanted.volume}/{path}"
        return item_migration(
            session, source, f"{goal}/{wanted.at_goal(path, into if slash else None)}", keeps_source=keeps_source
        )

    begun = {
        each.path
        for each in known_items(session).items
        if (each.source.name, each.volume) == (wanted.backend.name, wanted.volume)
        and wanted.means(each.path)
        and each.places == migration(each.path).places
    }
    there, left = (set[str](), set[str]()) if is_undone else await _there(session, wanted)
    paths = sorted(begun | there, key=counted)
    if not paths:
        if is_undone:
            hint = "datamotion migrations lists those under way"
            raise ConfigError(f"no migration is under way of what is {wanted.text}", hint=hint)
        if await _is_folder(session, wanted) and (arrived := (await _there(session, at_goal))[0]):
            said = f"{len(arrived)} at {at_goal.text}, and none at {wanted.text}"
            return Meant((), tuple(sorted(left, key=counted)), arrived=said)
        hint = "a pattern is about the names in one folder; a folder, which ends with a slash, about all below it"
        raise ConfigError(f"there is no LUN or file that is {wanted.text}", hint=hint)
    if len(paths) > _MOST:
        raise ConfigError(f"{wanted.text} means {len(paths)} LUNs and files", hint=f"up to {_MOST} go at a time")
    return Meant(tuple(map(migration, paths)), tuple(sorted(left, key=counted)))


def _wanted(session: Session, what: str) -> _Wanted:
    backend, _, place = what.partition(":")
    volume, _, path = place.partition("/")
    folder, _, name = path.rpartition("/")
    if any(each in f"{volume}{folder}" for each in "*?,") or "," in name:
        hint = f"such as {backend}:vol_1/lun* or {backend}:vol_1/folder/"
        raise ConfigError(f"{what!r}: only the last part of a path is a pattern, and there is one path", hint=hint)
    check_path(folder)
    return _Wanted(session.backend(backend), volume, folder, name, is_deep=not name)


def _at_goal(session: Session, wanted: _Wanted, goal: str, into: str | None) -> _Wanted:
    """What is called so where all of it goes. Raises: ConfigError where that is in the folder that is to go itself."""
    backend, _, volume = goal.partition(":")
    folder = wanted.folder if into is None else into.rstrip("/")
    check_path(folder)
    at_goal = wanted._replace(backend=session.backend(backend), volume=volume, folder=folder)
    ends = [(each.backend.cluster, each.backend.svm, each.volume) for each in (wanted, at_goal)]
    if wanted.is_deep and ends[0] == ends[1] and folder != wanted.folder and f"{folder}/".startswith(wanted.within):
        hint = "name a folder outside of it, or what of it is to go: VOLUME/FOLDER/PATTERN"
        raise ConfigError(f"{at_goal.text} is in {wanted.text}, and would go into itself", hint=hint)
    return at_goal


async def _is_folder(session: Session, wanted: _Wanted) -> bool:
    """Whether what they are to be found in is there. What was brought elsewhere has left its folder behind."""
    if not wanted.folder:
        return True
    async with session.clusters([wanted.backend.cluster]) as clusters:
        name = FileName(wanted.backend.svm, wanted.volume, wanted.folder)
        seen = await clusters[wanted.backend.cluster].observe(_ASPECTS, [wanted.backend.svm], [name])
    return any(each.name == name and each.kind == "directory" for each in seen.files)


async def _there(session: Session, wanted: _Wanted) -> tuple[set[str], set[str]]:
    """The paths of the LUNs and files, and of what is neither or has a name that cannot be told."""
    found, other = set[str](), set[str]()
    async with session.clusters([wanted.backend.cluster]) as clusters:
        cluster = clusters[wanted.backend.cluster]
        folders, is_first = {wanted.folder}, True
        while folders:
            seen = await _look(cluster, wanted, folders)
            if is_first:
                found |= {
                    lun.path
                    for lun in seen.lun_places or ()
                    if (lun.svm, lun.volume) == (wanted.backend.svm, wanted.volume) and wanted.means(lun.path)
                }
            found |= _paths(seen.files, wanted, "file")
            folders = _paths(seen.files, wanted, "directory") if wanted.is_deep else set()
            folders = {each for each in folders if each.rpartition("/")[2] != _SNAPSHOTS}
            if wanted.is_deep:
                other |= {each.name.path for each in seen.files if each.kind not in ("file", "directory", "lun")}
            other |= {each.name.path for each in seen.files if not _is_told(each) and wanted.means(each.name.path)}
            is_first = False
    return found, other


async def _look(cluster: FollowedCluster, wanted: _Wanted, folders: Collection[str]) -> ClusterView:
    names = [FilesIn(FileName(wanted.backend.svm, wanted.volume, each)) for each in sorted(folders)]
    return await cluster.observe(_ASPECTS, [wanted.backend.svm], names)


def _paths(files: Iterable[PlacedFile], wanted: _Wanted, kind: str) -> set[str]:
    return {each.name.path for each in files if each.kind == kind and _is_told(each) and wanted.means(each.name.path)}


def _is_told(file: PlacedFile) -> bool:
    """Whether its name leads back to it: no command and no report can write it otherwise."""
    return is_plain(file.name.path) and _NO_CHARACTER not in file.name.path
