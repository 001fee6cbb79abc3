"""What a lab writes is its owner's alone, whatever the umask was that it was started with."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ontaplab.folder import ClusterFolder
from ontaplab.settings import Settings
from ontaplab.site import Site
from tests.ontaplab.site.labs import client_of

pytestmark = pytest.mark.slow


@contextmanager
def umask(mask: int) -> Iterator[None]:
    former = os.umask(mask)
    try:
        yield
    finally:
        os.umask(former)


@contextmanager
def a_lab_under(mask: int, folder: Path) -> Iterator[Site]:
    """Made, started, filled and started again under that umask."""
    content = folder.with_name("content")
    content.mkdir()
    (content / "book").write_bytes(b"text")
    with umask(mask):
        site = Site.up(folder, ["paris"], base_port=0)
        try:
            site.seed("paris", content, volumes=1)
            site.kill("paris")
            site.start("paris")
            yield site
        finally:
            site.down(remove=True)


def modes_in(folder: Path) -> dict[str, int]:
    found = {}
    for above, folders, names in os.walk(folder):
        for path in (Path(above), *(Path(above, name) for name in (*folders, *names))):
            if not path.is_symlink():
                found[str(path.relative_to(folder))] = stat.S_IMODE(path.lstat().st_mode)
    return found


def is_content(path: str) -> bool:
    """What is in volumes is as its clients made it; nobody else gets there."""
    return path.startswith(("paris/volumes/", "paris/exports/", "paris/by-name/"))


@pytest.mark.parametrize(("mask", "is_there"), [(0o000, False), (0o000, True), (0o077, False)])
def test_nobody_else_can_read_or_write_what_a_lab_is_made_of(tmp_path: Path, mask: int, is_there: bool) -> None:
    """Whether the folder is new or somebody's, where others can look around.

    What clients make has the modes that it has on any server.
    """
    folder = tmp_path / "above" / "lab"
    (tmp_path / "above").mkdir()
    if is_there:
        folder.mkdir(mode=0o755)
    with a_lab_under(mask, folder) as site:
        with client_of(site, "paris") as client:
            (volume,) = client.get("/storage/volumes", params={"name": "vol_1"}).json()["records"]
            path = f"/storage/volumes/{volume['uuid']}/files/note"
            client.post(path, files={"file": b"text"}).raise_for_status()
        note = site.volume_path("paris", "svm_gold", "vol_1") / "note"
        assert stat.S_IMODE(note.stat().st_mode) == 0o644
        modes = modes_in(folder)
    assert modes.pop("ca.pem") == 0o644
    assert is_there or modes["."] == 0o700
    assert modes["paris"] == 0o700
    assert {"paris/cluster.db", "paris/password", "paris/cluster.log", "lab.json", "datamotion.yaml"} <= set(modes)
    beside = {path: mode for path, mode in modes.items() if "/" not in path and path not in (".", "paris", "sockets")}
    assert [path for path, mode in beside.items() if mode != 0o600] == []
    assert [path for path, mode in modes.items() if mode & 0o022 and not is_content(path)] == []


def test_what_a_cluster_is_can_be_written_again_and_stays_private(tmp_path: Path) -> None:
    folder = ClusterFolder(tmp_path)
    first = Settings(name="paris", host="127.0.0.1", port=1, address="192.0.2.1", aggregates={"aggr1": 2**30})
    for settings in (first, first.model_copy(update={"aggregates": {"aggr1": 2**30, "aggr2": 2**30}})):
        folder.write_settings(settings)
        assert folder.settings() == settings
    assert stat.S_IMODE((tmp_path / "cluster.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.json"]
