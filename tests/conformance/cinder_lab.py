"""A lab of three clusters, Cinder's configuration for it, and Cinder in processes of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from ontaplab.folder import ACCOUNT, ClusterFolder
from ontaplab.site import Site
from tests.conformance import openstack
from tests.conformance.openstack import HOME, SVMS, TARGETS, Service, service
from tests.ontaplab.site.labs import a_lab


class World(openstack.World):
    """With Cinder, whose pools are volumes."""

    def cinder(self, backend: str = HOME) -> AbstractContextManager[Service]:
        """Cinder's service for that back end, just started."""
        return service("cinder", self.configuration, backend)


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    """paris has two pools that may be mirrored to lyon and nice."""
    with an_empty_world(folder) as world:
        world.volume("vol_1")
        world.volume("vol_2")
        yield world


@contextmanager
def an_empty_world(folder: Path) -> Iterator[World]:
    """What paris will have may be mirrored to lyon and nice."""
    with a_lab(folder / "lab", HOME, *TARGETS) as site:
        world = World(site, folder / "cinder.conf")
        (folder / "known_hosts").touch()
        world.configuration.write_text(_configuration(site, folder))
        world.rename_the_third()
        for target in TARGETS:
            _peer(world, target)
        yield world


def _configuration(site: Site, folder: Path) -> str:
    sections = [f"[DEFAULT]\nstate_path = {folder}\nssh_hosts_key_file = {folder}/known_hosts\n"]
    sections += [_backend(site, name) for name in site.clusters]
    return "\n".join(sections)


def _backend(site: Site, name: str) -> str:
    cluster = ClusterFolder(site.folder / name)
    targets = [
        f"replication_device = backend_id:{target}\n"
        f"netapp_replication_aggregate_map = backend_id:{target},aggr1_paris:aggr1_{target}\n"
        for target in (TARGETS if name == HOME else ())
    ]
    return f"""[{name}]
volume_backend_name = {name}
netapp_server_hostname = 127.0.0.1
netapp_server_port = {cluster.settings().port}
netapp_transport_type = https
netapp_ssl_cert_path = {cluster.ca_file}
netapp_login = {ACCOUNT}
netapp_password = {cluster.password()}
netapp_vserver = {SVMS[name]}
netapp_use_legacy_client = false
netapp_allow_zapi_fallback = false
{"".join(targets)}"""


def _peer(world: World, target: str) -> None:
    """The operator's part: the SVMs may mirror each other."""
    peer = {"svm": {"name": SVMS[HOME]}, "cluster": {"name": HOME}}
    uuid = world.write(
        target, "POST", "/svm/peers", {"svm.name": SVMS[target], "peer": peer, "applications": ["snapmirror"]}
    )
    world.write(HOME, "PATCH", f"/svm/peers/{uuid}", {"state": "peered"})
