"""Licences: which are installed, install, remove."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID, uuid5

from ontaplab.cluster import Cluster
from ontaplab.resources.licenses.errors import bad_key, is_installed, is_part_of_bundle, no_keys, not_licensed
from ontaplab.resources.licenses.state import BUILT_IN, PACKAGES, Key, License, read_key
from ontaplab.wire.body import Body
from ontaplab.wire.resource import Done, Reply, Request


class LicenseCreate(Body):
    keys: tuple[str, ...] = ()


def install_built_in(cluster: Cluster) -> None:
    """The licences that every cluster of the lab has are there."""
    for name in BUILT_IN:
        cluster.licenses.put(_license(cluster, name, Key(packages=(name,))))


def check_licensed(cluster: Cluster, package: str) -> None:
    """Raises: OntapError 1115127 if that package is not installed."""
    if _uuid(cluster.uuid, package) not in cluster.licenses:
        raise not_licensed(PACKAGES[package])


def rows(cluster: Cluster, request: Request) -> Iterable[License]:
    """What is installed; the other packages too where the query asks for states."""
    wanted = request.flags.get("serial_number")
    if wanted is not None:
        return cluster.licenses.where(lambda license_: license_.serial_number == wanted)
    if "state" not in request.filters:
        return cluster.licenses
    missing = (License(uuid=_uuid(cluster.uuid, name), name=name) for name in PACKAGES)
    return [*cluster.licenses, *(package for package in missing if package.uuid not in cluster.licenses)]


def create(cluster: Cluster, request: Request, body: LicenseCreate) -> Reply[License]:
    """All keys are taken, or none."""
    if not body.keys:
        raise no_keys()
    added: list[License] = []
    with cluster.together():
        for text in body.keys:
            key = read_key(text)
            if key is None:
                raise bad_key(text)
            for name in key.packages:
                if _uuid(cluster.uuid, name) in cluster.licenses:
                    raise is_installed(name)
                added.append(cluster.licenses.put(_license(cluster, name, key)))
    return Done(added[0])


def remove(cluster: Cluster, request: Request, license_: License) -> Reply[License]:
    """Relationships that need it stay; their transfers fail from now on."""
    if license_.installed_license is not None:
        raise is_part_of_bundle(license_.name, license_.installed_license)
    cluster.licenses.remove(license_.uuid)
    return Done()


def _license(cluster: Cluster, name: str, key: Key) -> License:
    return License(
        uuid=_uuid(cluster.uuid, name),
        name=name,
        serial_number=key.serial_number or cluster.node.serial,
        scope=key.scope,
        installed_license=key.bundle,
    )


@lru_cache
def _uuid(cluster: str, name: str) -> str:
    """Of that package at the cluster of that uuid. Every step of a transfer asks for it."""
    return str(uuid5(UUID(cluster), f"license/{name}"))
