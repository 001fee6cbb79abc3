"""What is interrupted: a command, and the scene that it is run in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import anyio.lowlevel
import httpx

from ontaplab.inprocess import Lab
from tests.chaos.facts import Files
from tests.chaos.site import CLUSTERS, HOME, TARGET, Scene, Site
from tests.together.world import GROUP, SVMS, create_volumes, digests, succeed

VOLUMES = ("vol_1", "vol_2", "vol_3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """`arguments` of the command, and what the target has to hold once it is done. `stage`: how each scene begins."""

    arguments: tuple[str, ...]
    site: Site
    stage: Path
    expected: Files
    source_is_lost: bool = False

    @contextmanager
    def scene(self, folder: Path) -> Iterator[Scene]:
        """A new scene in a new folder."""
        copytree(self.stage, folder, symlinks=True)
        with self.site.scene(folder, cut_off=[HOME] if self.source_is_lost else []) as scene:
            if self.source_is_lost:
                scene.portal.call(_lose_source_in_a_transfer, scene.lab)
            yield scene


def apply_from_nothing(site: Site, stage: Path) -> Play:
    """The home serves three volumes with files, of which the target knows nothing."""
    with site.scene(stage, peered=True) as scene:
        scene.portal.call(_furnish, scene.lab)
        for volume in VOLUMES:
            _fill(scene.tree(HOME, volume), volume)
        expected = held(scene, HOME)
    return Play(arguments=("apply", GROUP, "--yes"), site=site, stage=stage, expected=expected)


def failover_without_source(site: Site, stage: Path) -> Play:
    """The mirrors are at their last update; the home has more, was sending that for one volume, and is gone."""
    apply_from_nothing(site, stage)
    with site.scene(stage) as scene:
        assert scene.run("apply", GROUP, "--yes").status == 0
        _write(scene, "carried over by the update")
        assert scene.run("update", GROUP).status == 0
        expected = held(scene, TARGET)
        assert expected == held(scene, HOME)
        _write(scene, "in no transfer that completes")
    (stage / "datamotion.db").unlink()  # a failover needs nothing but the target's cluster
    arguments = ("failover", GROUP, "--yes", "--unplanned", "--no-reprotect")
    return Play(arguments=arguments, site=site, stage=stage, expected=expected, source_is_lost=True)


PLAYS: dict[str, Callable[[Site, Path], Play]] = {"apply": apply_from_nothing, "failover": failover_without_source}


def held(scene: Scene, cluster: str) -> Files:
    """The files of every volume of the group at that cluster."""
    return {volume: digests(scene.tree(cluster, volume)) for volume in VOLUMES}


async def _furnish(lab: Lab) -> None:
    for name in CLUSTERS:
        async with lab[name].client() as client:
            await succeed(client.post("/api/svm/svms?return_timeout=60", json={"name": SVMS[name]}))
    await create_volumes(lab[HOME], VOLUMES)


def _fill(tree: Path, volume: str) -> None:
    (tree / "sub").mkdir()
    for number in range(3):
        (tree / "sub" / f"{number}.bin").write_bytes(f"{volume}/{number} ".encode() * 2000)
    (tree / "log.txt").write_text(f"{volume}\n")


def _write(scene: Scene, text: str) -> None:
    """What clients do: add to a file, make a new one."""
    for volume in VOLUMES:
        tree = scene.tree(HOME, volume)
        with (tree / "log.txt").open("a") as log:
            log.write(f"{text}\n")
        (tree / f"{text}.txt").write_text(volume)


async def _lose_source_in_a_transfer(lab: Lab) -> None:
    """An update of the first volume is half way when the home falls silent to everybody."""
    async with lab[TARGET].client() as client:
        await succeed(client.put("/lab/transfers", json={"held": True}))
        query = {"destination.path": f"{SVMS[TARGET]}:{VOLUMES[0]}"}
        found = await succeed(client.get("/api/snapmirror/relationships", params=query))
        relationship = f"/api/snapmirror/relationships/{found.json()['records'][0]['uuid']}"
        await succeed(client.post(f"{relationship}/transfers", json={}))
        while not await _has_received(relationship, client):
            await anyio.lowlevel.checkpoint()
    del lab.network.apps[lab[HOME].cluster.address]


async def _has_received(relationship: str, client: httpx.AsyncClient) -> bool:
    found = await succeed(client.get(relationship, params={"fields": "transfer"}))
    transfer = found.json()["transfer"]
    return bool(transfer["state"] == "transferring" and transfer["bytes_transferred"])
