"""The machine that cinder-volume runs on, as far as its NFS driver asks for it: shares, an address, and `mount`.

A mounted share is a link to the folder that is the volume at a cluster. Which cluster answers at the address is up to
the network, so to the test.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import datamotion
from tests.conformance.openstack import HOME, SVMS, World

ADDRESS = "192.0.2.10"
"""Of the SVM that serves; every cluster has it, as where an address or a name moves with a failover."""

_PROGRAMS = {
    "sudo": 'shift 2\nexec "$@"\n',  # what is left out is Cinder's rootwrap with its rules
    "mount.nfs": "exit 0\n",
    "mount": """for last; do before=$share; share=$last; done
share=$before path=$last
case $path in "$HOME"/*) ;; *) echo "mount: $path is not in the test's folder" >&2; exit 32 ;; esac
test -d "$HOME/exports/${share##*/}" || { echo "mount: $share is not exported" >&2; exit 32; }
rm -rf "$path"
ln -s "$(readlink "$HOME/exports/${share##*/}")" "$path"
""",
    "datamotion": f"""trap : INT
echo "begins $1" >>"$HOME/acts"
PYTHONPATH={Path(datamotion.__path__[0]).parent} {sys.executable} -m datamotion "$@"
status=$?
echo "ends $1" >>"$HOME/acts"
exit $status
""",
}


def share(volume: str) -> str:
    """What Cinder calls the pool of that volume."""
    return f"{ADDRESS}:/{volume}"


def put(folder: Path, *names: str) -> None:
    """These programs are in that folder, which is made: `datamotion` is the one that runs the tests."""
    folder.mkdir()
    for name in names:
        (folder / name).write_text(f"#!/bin/sh\n{_PROGRAMS[name]}")
        (folder / name).chmod(0o700)


@dataclass(frozen=True)
class Host:
    """Where the programs are, and what is exported."""

    folder: Path

    @property
    def path(self) -> str:
        """Where its programs are looked for."""
        return f"{self.folder / 'programs'}{os.pathsep}{os.defpath}"

    @property
    def shares(self) -> Path:
        """The driver's list of shares."""
        return self.folder / "shares"

    def acts(self) -> list[str]:
        """When datamotion began and ended to do what, in order."""
        path = self.folder / "acts"
        return path.read_text().splitlines() if path.exists() else []

    def set_up(self, world: World, *volumes: str) -> None:
        """The programs are there, the volumes are shares of the home, and every cluster has the address."""
        put(self.folder / "programs", *_PROGRAMS)
        (self.folder / "exports").mkdir()
        self.shares.write_text("".join(f"{share(volume)}\n" for volume in volumes))
        for cluster, svm in SVMS.items():
            ip = {"address": ADDRESS, "netmask": "24"}
            where = {"home_node": {"name": f"{cluster}-01"}}
            world.write(
                cluster, "POST", "/network/ip/interfaces", {"name": "nfs", "svm.name": svm, "ip": ip, "location": where}
            )
        self.route(world, HOME, *volumes)

    def route(self, world: World, cluster: str, *volumes: str) -> None:
        """What is mounted from now on is what that cluster serves."""
        for volume in volumes:
            export = self.folder / "exports" / volume
            export.unlink(missing_ok=True)
            export.symlink_to(world.file(cluster, volume).parent)
