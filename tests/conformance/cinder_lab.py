"""A lab of three clusters, Cinder's configuration for it, and Cinder in processes of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ontaplab.folder import ACCOUNT, ClusterFolder
from ontaplab.site import Site
from tests.conformance.environments import program, variables
from tests.ontaplab.site.labs import a_lab, client_of, records

HOME, TARGETS = "paris", ("lyon", "nice")
SVMS = {"paris": "svm_gold", "lyon": "svm_gold_dr", "nice": "svm_gold_nice"}


class Failed(Exception):
    """What Cinder raised: the class's name, its message, ONTAP's code."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['error']}: {answer['message']}")
        self.kind, self.code = answer["error"], answer["code"]


class Cinder:
    """A back end of Cinder in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def __call__(self, method: str, *arguments: object) -> Any:
        """What the method returns. Raises: Failed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([method, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Cinder ended:\n{self._log.read_text()[-3000:]}"
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Failed(answer)
        return answer["result"]


@dataclass(frozen=True)
class World:
    """A lab of three clusters and Cinder's configuration for them."""

    site: Site
    configuration: Path

    @contextmanager
    def cinder(self, backend: str = HOME) -> Iterator[Cinder]:
        """Cinder's service for that back end, just started."""
        command = [program("cinder", "python"), str(Path(__file__).with_name("cinder_backend.py"))]
        log = self.configuration.with_suffix(".log")
        with (
            log.open("a") as errors,
            subprocess.Popen(
                [*command, str(self.configuration), backend],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=variables(self.configuration.parent),
            ) as process,
        ):
            yield Cinder(process, log)

    def write(self, cluster: str, method: str, path: str, body: object) -> str:
        """What an operator does; it is done. Returns the uuid of what was made."""
        with client_of(self.site, cluster) as client:
            query = {"return_records": "true", "return_timeout": "60"}
            answer = client.request(method, path, json=body, params=query)
            assert answer.status_code in (200, 201), answer.text
            return str(answer.json()["records"][0]["uuid"])

    def volume(self, name: str, **properties: object) -> None:
        """A pool of the home back end, which holds a file."""
        body: dict[str, object] = {
            "name": name,
            "svm.name": SVMS[HOME],
            "aggregates": [{"name": "aggr1_paris"}],
            "size": "1GB",
        }
        body |= {"nas.path": f"/{name}", "guarantee.type": "none", **properties}
        self.write(HOME, "POST", "/storage/volumes", body)
        self.file(HOME, name).write_text("first")

    def file(self, cluster: str, volume: str) -> Path:
        return self.site.volume_path(cluster, SVMS[cluster], volume) / "file"

    def mirrors(self, target: str, **query: str) -> list[dict[str, Any]]:
        return records(self.site, target, "/snapmirror/relationships", fields="state,healthy", **query)

    def states(self, target: str) -> set[str]:
        return {mirror["state"] for mirror in self.mirrors(target)}


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    """paris has two pools that may be mirrored to lyon and nice."""
    with a_lab(folder / "lab", HOME, *TARGETS) as site:
        world = World(site, folder / "cinder.conf")
        (folder / "known_hosts").touch()
        world.configuration.write_text(_configuration(site, folder))
        world.write("nice", "POST", "/svm/svms", {"name": SVMS["nice"], "aggregates": [{"name": "aggr1_nice"}]})
        world.volume("vol_1")
        world.volume("vol_2")
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
