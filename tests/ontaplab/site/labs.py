"""Labs of real processes for the tests: made, looked at, and always ended."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from ontaplab.site import ClusterStatus, Site


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Returns once it holds; fails if it does not in that time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


@contextmanager
def a_lab(folder: Path, *clusters: str) -> Iterator[Site]:
    """A lab on any free ports, which is ended and removed whatever happens."""
    site = Site.up(folder, clusters, base_port=0)
    try:
        yield site
    finally:
        if folder.exists():
            site.down(remove=True)
    eventually(lambda: not processes_in(folder))


def processes_in(folder: Path) -> list[str]:
    """The processes that serve a cluster in that folder."""
    return [line for line in _command_lines() if "ontaplab serve" in line and str(folder) in line]


def _command_lines() -> Iterator[str]:
    """Those of all processes. A small Linux has no ps, macOS no /proc."""
    if not Path("/proc/self").exists():
        listed = subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True)
        yield from listed.stdout.splitlines()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


@contextmanager
def client_of(site: Site, cluster: str) -> Iterator[httpx.Client]:
    """Somebody who knows the cluster's address, its password and the lab's CA."""
    password = (site.folder / cluster / "password").read_text().strip()
    with httpx.Client(
        base_url=f"{status_of(site, cluster).url}/api",
        auth=("admin", password),
        verify=ssl.create_default_context(cafile=site.folder / "ca.pem"),
        trust_env=False,
    ) as client:
        yield client


def records(site: Site, cluster: str, path: str, **query: str) -> list[dict[str, Any]]:
    with client_of(site, cluster) as client:
        response = client.get(path, params=query)
        response.raise_for_status()
        found: list[dict[str, Any]] = response.json()["records"]
        return found


def volume_names(site: Site, cluster: str) -> set[str]:
    return {record["name"] for record in records(site, cluster, "/storage/volumes")}


def status_of(site: Site, cluster: str) -> ClusterStatus:
    return next(status for status in site.status() if status.name == cluster)


def ontaplab(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    command = [sys.executable, "-m", "ontaplab", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def contents(tree: Path) -> dict[str, bytes]:
    """Every plain file below a tree, by its relative path, snapshots left out."""
    found = {}
    for folder, folders, names in os.walk(tree):
        if ".snapshot" in folders:
            folders.remove(".snapshot")
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                found[str(path.relative_to(tree))] = path.read_bytes()
    return found
