"""A lab of three clusters, Manila's configuration for it, and Manila's data motion in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ontaplab.folder import ACCOUNT, ClusterFolder
from ontaplab.site import Site
from tests.conformance.openstack import HOME, SVMS, Service, World, service
from tests.ontaplab.site.labs import a_lab

TIMEOUT_S = 20
"""What Manila waits for a quiesce, a release, a mount; it looks every 5 or 10 s."""


def replica(cluster: str) -> dict[str, object]:
    """The share's replica at that cluster, as Manila knows it."""
    return {"id": cluster, "host": f"host@{cluster}#aggr1_{cluster}"}


def volume(cluster: str) -> str:
    """The name that Manila gives its volume."""
    return f"share_{cluster}"


@contextmanager
def a_world(folder: Path) -> Iterator[tuple[World, Service]]:
    """paris has a share; nothing of it is elsewhere, and no SVM has a peer."""
    with a_lab(folder / "lab", *SVMS) as site:
        world = World(site, folder / "manila.conf")
        world.configuration.write_text("\n".join(_backend(site, name) for name in site.clusters))
        world.rename_the_third()
        world.volume(volume(HOME))
        with service("manila", world.configuration) as manila:
            yield world, manila


def _backend(site: Site, name: str) -> str:
    cluster = ClusterFolder(site.folder / name)
    return f"""[{name}]
share_backend_name = {name}
driver_handles_share_servers = false
netapp_server_hostname = 127.0.0.1
netapp_server_port = {cluster.settings().port}
netapp_transport_type = https
netapp_ssl_cert_path = {cluster.ca_file}
netapp_login = {ACCOUNT}
netapp_password = {cluster.password()}
netapp_vserver = {SVMS[name]}
netapp_use_legacy_client = false
netapp_zapi_fallback_enabled = false
netapp_snapmirror_quiesce_timeout = {TIMEOUT_S}
netapp_snapmirror_release_timeout = {TIMEOUT_S}
netapp_mount_replica_timeout = {TIMEOUT_S}
"""
