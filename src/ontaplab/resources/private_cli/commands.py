"""The commands of the CLI that REST clients need, as resources: their options are fields, with underscores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ontaplab.cluster import Cluster
from ontaplab.disk.tree import used_bytes
from ontaplab.errors import OntapError, missing_field
from ontaplab.resources.cluster.routes import release
from ontaplab.resources.files.handlers import file_at
from ontaplab.resources.nodes.state import Node
from ontaplab.resources.svms.lookup import svm_name
from ontaplab.resources.volumes.growth import with_autosize_reset
from ontaplab.resources.volumes.places import served_tree
from ontaplab.resources.volumes.state import Volume
from ontaplab.wire.body import Body
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.resource import Done, Modify, Reply, Request, Resource

_ROOT_BYTES = 350 * 1024**3
_LARGEST_LOGICAL_BYTES = 640 * 1024**4
"""Assumption: how much a volume's files may hold before its efficiency is switched off."""


@dataclass(frozen=True, slots=True)
class Command:
    """`answers_bare`: what is found is the whole answer, without `records` around it."""

    resource: Resource[Any]
    answers_bare: bool = False


def commands(cluster: Cluster) -> Sequence[Command]:
    return (
        Command(_version(cluster)),
        Command(_aggr(cluster)),
        Command(_volume(cluster)),
        Command(_volume_efficiency(cluster)),
        Command(_show_disk_usage(cluster), answers_bare=True),
    )


def _version(cluster: Cluster) -> Resource[Node]:
    fields: Fields[Node] = Fields(
        {
            "node": Field(lambda node: node.name, Level.KEY),
            "version": Field(lambda node: release(cluster.version), Level.DEFAULT),
        }
    )
    return Resource(
        path="/private/cli/version", fields=fields, rows=lambda request: [cluster.node], keys=("node",), tunnel=None
    )


@dataclass(frozen=True, slots=True)
class _Aggr:
    name: str
    size_bytes: int
    is_root: bool


def _aggr(cluster: Cluster) -> Resource[_Aggr]:
    fields: Fields[_Aggr] = Fields(
        {
            "aggregate": Field(lambda aggr: aggr.name, Level.KEY),
            "root": Field(lambda aggr: aggr.is_root),
            "size": Field(lambda aggr: aggr.size_bytes),
        }
    )
    return Resource(
        path="/private/cli/aggr", fields=fields, rows=partial(_aggrs, cluster), keys=("aggregate",), tunnel=None
    )


def _aggrs(cluster: Cluster, request: Request) -> Iterable[_Aggr]:
    """Those of `/storage/aggregates`, and the node's own, which only the CLI lists. Assumption: its name and size."""
    yield _Aggr(f"aggr0_{cluster.node.name.replace('-', '_')}", _ROOT_BYTES, True)
    for aggregate in cluster.aggregates:
        yield _Aggr(aggregate.name, aggregate.size_bytes, False)


class _VolumeOptions(Body):
    """What `volume modify` takes here."""

    autosize_reset: bool | None = None


def _volume(cluster: Cluster) -> Resource[Volume]:
    fields: Fields[Volume] = Fields(
        {
            "vserver": Field(lambda volume: svm_name(cluster, volume.svm), Level.KEY),
            "volume": Field(lambda volume: volume.name, Level.KEY),
            "size": Field(lambda volume: volume.size_bytes),
            "state": Field(lambda volume: volume.state),
            "type": Field(lambda volume: volume.type),
            "junction_path": Field(lambda volume: volume.junction_path),
            "autosize_mode": Field(lambda volume: volume.property_of("autosize.mode")),
        }
    )

    def modify(request: Request, volume: Volume, body: _VolumeOptions) -> Reply[Volume]:
        """Its autosize is what it was made with, for its type and its present size."""
        if body.autosize_reset:
            cluster.volumes.put(with_autosize_reset(volume))
        return Done()

    return Resource(
        path="/private/cli/volume",
        fields=fields,
        rows=lambda request: [volume for volume in cluster.volumes if request.reaches(volume.svm)],
        keys=("vserver", "volume"),
        modify=Modify(_VolumeOptions, modify),
        tunnel=None,
    )


def _volume_efficiency(cluster: Cluster) -> Resource[Volume]:
    def has(prop: str, *values: str) -> Field[Volume]:
        return Field(lambda volume: volume.property_of(f"efficiency.{prop}") in values)

    def is_on(volume: Volume) -> bool:
        return any(volume.property_of(f"efficiency.{prop}") != "none" for prop in ("compression", "dedupe"))

    def logical_bytes(volume: Volume) -> int:
        tree = served_tree(cluster, volume)
        return 0 if tree is None else used_bytes(tree)

    fields: Fields[Volume] = Fields(
        {
            "vserver": Field(lambda volume: svm_name(cluster, volume.svm), Level.KEY),
            "volume": Field(lambda volume: volume.name, Level.KEY),
            "path": Field(lambda volume: f"/vol/{volume.name}", Level.DEFAULT),
            "state": Field(lambda volume: "enabled" if is_on(volume) else "disabled", Level.DEFAULT),
            "policy": Field(lambda volume: volume.property_of("efficiency.policy.name") or "-", Level.DEFAULT),
            "schedule": Field(lambda volume: "-"),
            "compression": has("compression", "background", "both"),
            "inline_compression": has("compression", "inline", "both"),
            "inline_dedupe": has("dedupe", "inline", "both"),
            "data_compaction": has("compaction", "inline"),
            "cross_volume_inline_dedupe": has("cross_volume_dedupe", "inline", "both"),
            "cross_volume_background_dedupe": has("cross_volume_dedupe", "background", "both"),
            "logical_data_size": Field(logical_bytes, Level.EXPENSIVE),
            "logical_data_limit": Field(lambda volume: _LARGEST_LOGICAL_BYTES, Level.EXPENSIVE),
        }
    )
    return Resource(
        path="/private/cli/volume/efficiency",
        fields=fields,
        rows=lambda request: [volume for volume in cluster.volumes if request.reaches(volume.svm)],
        keys=("vserver", "volume"),
        tunnel=None,
    )


@dataclass(frozen=True, slots=True)
class _Usage:
    vserver: str
    path: str
    bytes: int

    @property
    def text(self) -> str:
        return f"{self.bytes // 1024}KB"


def _show_disk_usage(cluster: Cluster) -> Resource[_Usage]:
    fields: Fields[_Usage] = Fields(
        {
            "vserver": Field(lambda usage: usage.vserver, Level.KEY),
            "path": Field(lambda usage: usage.path, Level.KEY),
            "total_bytes": Field(lambda usage: usage.text, Level.DEFAULT),
            "unique_bytes": Field(lambda usage: usage.text, Level.DEFAULT),
        }
    )
    return Resource(
        path="/private/cli/volume/file/show-disk-usage",
        fields=fields,
        rows=partial(_usage, cluster),
        keys=("vserver", "path"),
        tunnel=None,
    )


def _usage(cluster: Cluster, request: Request) -> Iterable[_Usage]:
    """That of the file at `path`, `/vol/<volume>/<path>`. Raises: OntapError 917806 where there is none."""
    for name in ("vserver", "path"):
        if name not in request.filters:
            raise missing_field(name)
    vserver, path = request.filters["vserver"], request.filters["path"]
    _, root, volume_name, within = (*path.split("/", 3), "", "", "")[:4]
    svm = cluster.svms.first(lambda each: each.name == vserver)
    volume = None if svm is None else cluster.volumes.by_name.first((svm.uuid, volume_name))
    if root != "vol" or volume is None or not request.reaches(volume.svm):
        raise _no_such_file(path)
    try:
        entry = file_at(cluster, volume.uuid, within).entry()
    except OntapError:
        raise _no_such_file(path) from None
    return [_Usage(vserver, path, entry.status.st_blocks * 512)]


def _no_such_file(path: str) -> OntapError:
    return OntapError(404, "917806", f'No such file: "{path}".', target="path")
