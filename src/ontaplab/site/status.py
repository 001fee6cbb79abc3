"""A cluster of a lab as its folder tells, whether it answers or not."""

from __future__ import annotations

from dataclasses import dataclass

from ontaplab.disk.tree import used_bytes
from ontaplab.folder import ClusterFolder
from ontaplab.settings import HINT, SettingsError
from ontaplab.site import processes
from ontaplab.site.errors import SiteError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatus:
    """A cluster as its folder tells. `pid` is None while it is stopped.

    `volumes` counts all its volumes, `bytes` what the served ones hold, in whole blocks of 4 KiB.
    """

    name: str
    url: str
    port: int
    pid: int | None
    volumes: int
    bytes: int


def status_of(folder: ClusterFolder) -> ClusterStatus:
    """The cluster as it is now. Does not ask it. Raises: SiteError where its settings cannot be read."""
    try:
        settings = folder.settings()
    except SettingsError as error:
        raise SiteError(error.message, HINT, error.below) from None
    except OSError as error:
        raise SiteError(f"{error.filename}: {error.strerror}", HINT) from None
    return ClusterStatus(
        name=settings.name,
        url=settings.url,
        port=settings.port,
        pid=processes.running(folder),
        volumes=len(list(folder.root.glob("volumes/*"))),
        bytes=sum(used_bytes(volume.resolve()) for volume in folder.root.glob("by-name/*/*")),
    )
