"""Clusters for other people's tests, as processes on this machine. `ontaplab.pytest_plugin` makes fixtures of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ontaplab.doors.remote import RemoteDoors
from ontaplab.folder import ACCOUNT, ClusterFolder
from ontaplab.site import Site
from ontaplab.site.lab import read_lab
from ontaplab.site.rest import Rest

GIB = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class OntapCluster:
    """A running ONTAP cluster: where it is, how to log in, and what it has from the start."""

    name: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    ca_file: Path
    """What vouches for its certificate."""
    svm: str
    """The name of the SVM that it has."""
    aggregate: str
    """The name of the aggregate that it has."""
    site: Site = field(repr=False)
    """The lab that it belongs to."""

    @property
    def url(self) -> str:
        """The cluster's address, without `/api`."""
        return f"https://{self.host}:{self.port}"

    @property
    def auth(self) -> tuple[str, str]:
        """User and password, as HTTP clients take them."""
        return self.user, self.password

    def create_volume(self, name: str, *, size_bytes: int = GIB) -> str:
        """There is an empty volume of that name in the SVM, mounted at /NAME. Returns its uuid.

        Raises: SiteError if the cluster refuses.
        """
        volume = {
            "name": name,
            "svm": {"name": self.svm},
            "aggregates": [{"name": self.aggregate}],
            "size": size_bytes,
            "nas": {"path": f"/{name}"},
        }
        with Rest(_folder(self.site, self.name)) as rest:
            return rest.create("/storage/volumes", volume)

    def path(self, volume: str) -> Path:
        """The folder that clients of that volume of the SVM see: write into it, look at it and at its `.snapshot`."""
        return self.site.volume_path(self.name, self.svm, volume)

    def doors(self) -> AbstractContextManager[RemoteDoors]:
        """Where NFS and SMB hosts come in, until the end: `with ontap_cluster.doors() as doors`."""
        return self.site.doors(self.name)

    def kill(self) -> None:
        """The cluster's process was killed with SIGKILL: nobody answers at its address."""
        self.site.kill(self.name)

    def start(self) -> None:
        """The cluster, which was killed, answers again, at the same address, with all that it held."""
        self.site.start(self.name)


@contextmanager
def ontap_clusters(folder: Path, *names: str) -> Iterator[Sequence[OntapCluster]]:
    """New clusters of these names, peers of each other; gone afterwards, or with this process, with all that they held.

    `folder` is where they are made, and need not exist.
    """
    site = Site.up(folder, names, base_port=0, owned=True)
    try:
        yield [_cluster(site, name) for name in names]
    finally:
        site.down(remove=True)


def _cluster(site: Site, name: str) -> OntapCluster:
    folder, has = _folder(site, name), read_lab(site.folder).clusters[name]
    settings = folder.settings()
    return OntapCluster(
        name=name,
        host=settings.host,
        port=settings.port,
        user=ACCOUNT,
        password=folder.password(),
        ca_file=folder.ca_file,
        svm=has.svm,
        aggregate=has.aggregate,
        site=site,
    )


def _folder(site: Site, name: str) -> ClusterFolder:
    return ClusterFolder(site.folder / name)
