"""What a lab consists of, as its folder tells.

lab.json, lab.lock    the lab; held by whoever changes it as a whole
ca.pem                what vouches for all its clusters
client.pem            key and certificate of a client, for an account that logs in by certificate
network.json          where each intercluster address is answered
datamotion.yaml       a configuration that protects the first cluster's SVM to the others
<cluster>/            see `ontaplab.folder`
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from secrets import token_urlsafe

import yaml
from pydantic import TypeAdapter

from ontaplab.clock import pause
from ontaplab.folder import ACCOUNT, ClusterFolder, write_private
from ontaplab.settings import Settings
from ontaplab.site.certificates import LOOPBACK, write_certificates
from ontaplab.site.errors import SiteError
from ontaplab.site.rest import Rest

AGGREGATE_BYTES = 100 * 1024**3
"""What an aggregate says that it has; the disk below may have less."""

_LOOKS = 300
_BETWEEN_LOOKS_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LabCluster:
    """What the lab has made on a cluster."""

    svm: str
    aggregate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """`clusters` in order: the first is at home, the others hold copies. `finished`: `up` got to its end."""

    clusters: Mapping[str, LabCluster]
    finished: bool


_LAB = TypeAdapter(Lab)


def lab_file(folder: Path) -> Path:
    return folder / "lab.json"


def read_lab(folder: Path) -> Lab:
    """Raises: OSError, ValueError."""
    return _LAB.validate_json(lab_file(folder).read_bytes())


def write_lab(folder: Path, lab: Lab) -> None:
    """The file holds this lab, or, after a crash, what it held before."""
    fresh = lab_file(folder).with_suffix(".new")
    fresh.unlink(missing_ok=True)
    write_private(fresh, _LAB.dump_json(lab, indent=2))
    fresh.replace(lab_file(folder))


def planned(names: list[str]) -> Lab:
    """A lab that is still to be made."""
    svms = ["svm_gold", *["svm_gold_dr"] * (len(names) - 1)]
    clusters = {name: LabCluster(svm=svm, aggregate=f"aggr1_{name}") for name, svm in zip(names, svms, strict=True)}
    return Lab(clusters=clusters, finished=False)


def lay_out(folder: Path, lab: Lab, ports: list[int]) -> None:
    """Everything is there that the clusters need to start."""
    write_lab(folder, lab)
    folders = {name: ClusterFolder(folder / name) for name in lab.clusters}
    book = {}
    for number, (name, port) in enumerate(zip(folders, ports, strict=True), start=1):
        settings = Settings(
            name=name,
            host=LOOPBACK,
            port=port,
            address=f"192.0.2.{number}",  # of the network that is reserved for examples
            aggregates={lab.clusters[name].aggregate: AGGREGATE_BYTES},
        )
        folders[name].root.mkdir(mode=0o700)  # what proves a peer's identity is in its records
        folders[name].write_settings(settings)
        write_private(folders[name].password_file, f"{token_urlsafe(12)}\n".encode())
        book[settings.address] = settings.url
    write_private(folder / "network.json", json.dumps(book, indent=2).encode())
    write_certificates(folder / "ca.pem", list(folders.values()))


def furnish(folder: Path, lab: Lab) -> None:
    """The clusters, which are new and answer, are peers of each other and have their SVMs. Raises: SiteError."""
    with ExitStack() as stack:
        clusters = {name: stack.enter_context(Rest(ClusterFolder(folder / name))) for name in lab.clusters}
        addresses = {name: ClusterFolder(folder / name).settings().address for name in lab.clusters}
        for here, there in combinations(clusters, 2):
            passphrase = token_urlsafe(24)
            _invite(clusters[here], addresses[there], passphrase)
            _invite(clusters[there], addresses[here], passphrase)
        for name, cluster in lab.clusters.items():
            svm = {"name": cluster.svm, "aggregates": [{"name": cluster.aggregate}]}
            clusters[name].create("/svm/svms", svm)
        for rest in clusters.values():
            _wait_until_peered(rest, len(clusters) - 1)


def _invite(rest: Rest, address: str, passphrase: str) -> None:
    """The cluster will take the one at that address for its peer once both know the passphrase."""
    remote = {"remote": {"ip_addresses": [address]}, "authentication": {"passphrase": passphrase}}
    rest.create("/cluster/peers", remote)


def _wait_until_peered(rest: Rest, count: int) -> None:
    for _ in range(_LOOKS):
        if len(rest.records("/cluster/peers", {"status.state": "available"})) == count:
            return
        pause(_BETWEEN_LOOKS_S)
    raise SiteError("the clusters do not become peers of each other", "Their logs may say why.")


def write_configuration(folder: Path, lab: Lab) -> None:
    """`datamotion.yaml` describes the lab: its clusters, a back end on each, and a group where there are several."""
    document: dict[str, object] = {
        "clusters": {
            name: {
                "url": ClusterFolder(folder / name).settings().url,
                "user": ACCOUNT,
                "password": {"file": f"{name}/password"},
                "ca_file": "ca.pem",
            }
            for name in lab.clusters
        },
        "backends": {f"gold-{name}": {"cluster": name, "svm": each.svm} for name, each in lab.clusters.items()},
    }
    (home, first), *others = lab.clusters.items()
    document["backends"][f"gold-{home}"]["volumes"] = ["vol_*"]  # type: ignore[index]
    targets = [
        {
            "backend": f"gold-{name}",
            "aggregates": {first.aggregate: each.aggregate},
            "policy": "MirrorAllSnapshots",
            "schedule": "hourly",
        }
        for name, each in others
    ]
    if targets:
        document["groups"] = {"gold": {"home": f"gold-{home}", "rpo": "2h", "targets": targets}}
    write_private(folder / "datamotion.yaml", yaml.safe_dump(document, sort_keys=False).encode())
