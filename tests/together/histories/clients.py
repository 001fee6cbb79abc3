"""Clients at every site that write whenever they are let to, and remember what was acknowledged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import trio

from ontaplab.doors.errors import DoorError
from ontaplab.doors.opened import Opened
from tests.ontaplab.doors.hosts import ALL, HOST
from tests.ontaplab.resources.labs import Asker
from tests.together.world import SVMS, Place


@dataclass
class Clients:
    """`acknowledged`: by volume and site, the names of the files that were written there and said to be."""

    place: Place
    volumes: tuple[str, ...]
    acknowledged: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _number: int = 0
    _open: dict[tuple[str, str], Opened] = field(default_factory=dict)

    async def let_in(self) -> None:
        """The default export policy of every SVM lets them in."""
        for name, svm in SVMS.items():
            if name in self.place.lab.clusters:
                async with self.place.lab[name].client() as client:
                    at = Asker(self.place.lab[name], client)
                    query = {"name": "default", "svm.name": svm}
                    policy = await at.one("/protocols/nfs/export-policies", **query)
                    await at.post(f"/protocols/nfs/export-policies/{policy['id']}/rules", ALL)

    async def write(self) -> Mapping[str, list[str]]:
        """One file at every site and volume that lets them; the sites that did, by volume."""
        done: dict[str, list[str]] = {volume: [] for volume in self.volumes}
        for site in self.place.lab.clusters:
            for volume in self.volumes:
                self._number += 1
                name = f"{site}-{self._number}"
                if await self._try(site, volume, name):
                    self.acknowledged.setdefault((volume, site), set()).add(name)
                    done[volume].append(site)
        return done

    async def write_on(self) -> None:
        """Until they are stopped: often at first, and ever more seldom while a command waits."""
        pause_s = 0.02
        while True:
            await self.write()
            await trio.sleep(pause_s)
            pause_s *= 1.3

    async def _try(self, site: str, volume: str, name: str) -> bool:
        """With the handle that they have; a new one where that is of no use any more."""
        for known in (self._open.get((site, volume)), None):
            try:
                mounted = known or await self.place.lab[site].doors.nfs(HOST).open(SVMS[site], f"/{volume}")
                await mounted.write(name.encode(), name)
            except DoorError:
                continue
            self._open[site, volume] = mounted
            return True
        return False

    def files(self, site: str, volume: str) -> set[str]:
        """The files of clients that a copy holds, as it is now."""
        return _names(self.place.tree(site, volume), live_only=True)

    def lost(self) -> set[str]:
        """What was acknowledged, and is nowhere at all: in no volume, clone or snapshot of any site."""
        kept: set[str] = set()
        for site in self.place.lab.clusters:
            kept |= _names(self.place.root / site / "volumes", live_only=False)
        return {name for names in self.acknowledged.values() for name in names} - kept


def _names(tree: os.PathLike[str], *, live_only: bool) -> set[str]:
    found: set[str] = set()
    for _, folders, files in os.walk(os.path.realpath(tree)):
        if live_only and ".snapshot" in folders:
            folders.remove(".snapshot")
        found |= {name for name in files if "-" in name}
    return found
