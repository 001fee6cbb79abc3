"""A lab of real processes as the command line meets it, and configurations of it that are wrong in one thing."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ontaplab.site import Site
from tests.faces.terminal import Typed, typed
from tests.ontaplab.site.labs import client_of

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class World:
    """A lab whose home holds four volumes that nothing protects, and a folder for one test's configuration."""

    site: Site
    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "datamotion.db"

    def configured(self, change: Callable[[Tree], object] = lambda tree: None) -> Path:
        """The lab's configuration with one thing changed, in the test's folder."""
        tree = copy.deepcopy(yaml.safe_load((self.site.folder / "datamotion.yaml").read_text()))
        for name, cluster in tree["clusters"].items():
            cluster["ca_file"] = str(self.site.folder / "ca.pem")
            cluster["password"] = {"file": str(self.site.folder / name / "password")}
        change(tree)
        path = self.folder / "datamotion.yaml"
        path.write_text(yaml.safe_dump(tree))
        return path

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """No cluster is asked to change anything, and no local store is made."""
        before = [writes(self.site, name) for name in self.site.clusters]
        yield
        assert [writes(self.site, name) for name in self.site.clusters] == before
        assert not self.store.exists()


def writes(site: Site, cluster: str) -> int:
    """How many calls that change something the cluster has had since it was started."""
    return calls(site, cluster)["writes"]


def calls(site: Site, cluster: str) -> Mapping[str, int]:
    with client_of(site, cluster) as client:
        base = str(client.base_url).removesuffix("/api/")
        found: Mapping[str, int] = client.get(f"{base}/lab/calls").raise_for_status().json()
    return found


def some_files(folder: Path, count: int = 24) -> Path:
    """Files of 1 to 40 KiB in folders, always the same."""
    content = random.Random(7)
    for number in range(count):
        path = folder / f"shelf {number % 3}" / f"book{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.randbytes(1024 * (1 + number * 13 % 40)))
    return folder


def a_password(path: Path, secret: str = "not the password", mode: int = 0o600) -> str:
    """A file with that secret; returns its path as a configuration names it."""
    path.write_text(f"{secret}\n")
    os.chmod(path, mode)  # noqa: PTH101  # beside the umask
    return str(path)


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab that was made by typing."""

    folder: Path

    @property
    def site(self) -> Site:
        return Site.open(self.folder)

    def lab(self, *words: object) -> Typed:
        return done(typed("lab", *words, "--dir", self.folder))

    def typed(self, *words: object) -> Typed:
        return typed(*words, "-c", self.folder / "datamotion.yaml")

    def looked(self, *words: object) -> tuple[Typed, Typed]:
        """A command that is to change nothing, as text and as JSON."""
        alive = [each.name for each in self.site.status() if each.pid is not None]
        before = {name: writes(self.site, name) for name in alive}
        shown, in_json = self.typed(*words), self.typed(*words, "-o", "json")
        assert {name: writes(self.site, name) for name in alive} == before
        assert (shown.status, shown.err) == (in_json.status, in_json.err)
        return shown, in_json

    def at_home(self, volume: str) -> Path:
        return self.site.volume_path("paris", "svm_gold", volume)

    def served_at_home(self) -> list[str]:
        return names(self.site.exports("paris", "svm_gold"))

    def served_at_target(self) -> Path:
        return self.site.exports("lyon", "svm_gold_dr")


@contextmanager
def made(folder: Path, *clusters: str) -> Iterator[Lab]:
    """A lab of these, which hold nothing."""
    named = [word for name in clusters for word in ("--cluster", name)]
    done(typed("lab", "up", "--dir", folder, *named, "--port", 0))
    try:
        yield Lab(folder)
    finally:
        if folder.exists():
            Site.open(folder).down(remove=True)


def done(ended: Typed) -> Typed:
    assert ended.status == 0, ended
    return ended


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
