"""SVMs: create, start, stop, remove."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from pydantic import Field as Limits

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, missing_field
from ontaplab.resources.aggregates.space import aggregate_of
from ontaplab.resources.cifs_sessions.ending import end_sessions
from ontaplab.resources.export_policies.lookup import install_default
from ontaplab.resources.roles.lookup import install_of_svm
from ontaplab.resources.snapshot_policies.lookup import snapshot_policy_of
from ontaplab.resources.svm_peers.exchange import tell_change
from ontaplab.resources.svms.belongings import remove_belongings
from ontaplab.resources.svms.errors import (
    bad_name,
    has_peers,
    has_volumes,
    name_taken,
    name_too_long,
    only_for_default,
)
from ontaplab.resources.svms.protocols import ProtocolsChange, ProtocolsOfNew, with_protocols
from ontaplab.resources.svms.state import LONGEST_COMMENT, LONGEST_NAME, NSSWITCH, Svm
from ontaplab.resources.volumes.lifecycle import remove_volume, serve, withdraw
from ontaplab.resources.volumes.roots import create_root_volume, root_volume
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Reply, Request, Started

_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_Comment = Annotated[str, Limits(max_length=LONGEST_COMMENT)]
_PLAIN = {
    **{name: name for name in ("comment", "state", "is_space_reporting_logical", "is_space_enforcement_logical")},
    "retention_h": "retention_period",
}
"""What a PATCH changes without more ado, by its name in the record."""
_OF_A_DP_DESTINATION = {"name", "comment", "ipspace.name", "ipspace.uuid", "subtype"}


_Sources = tuple[Literal["files", "dns", "ldap", "nis"], ...]


class NameSwitch(Body):
    """Assumption: an unknown source is refused with the code of an invalid value."""

    hosts: _Sources | None = None
    group: _Sources | None = None
    passwd: _Sources | None = None
    netgroup: _Sources | None = None
    namemap: _Sources | None = None

    def over(self, former: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """The former sources, with what was said in their place."""
        return {name: getattr(self, name) or former[name] for name in NSSWITCH}


class SvmCreate(ProtocolsOfNew):
    name: str | None = None
    comment: _Comment = ""
    language: str = "c.utf_8"
    subtype: Literal["default", "dp_destination"] = "default"
    ipspace: Reference = Reference(name="Default")
    snapshot_policy: Reference = Reference(name="default")
    aggregates: tuple[Reference, ...] = ()
    is_space_reporting_logical: bool = False
    is_space_enforcement_logical: bool = False
    nsswitch: NameSwitch | None = None
    max_volumes: Literal["unlimited"] = "unlimited"


class SvmChange(ProtocolsChange):
    name: str | None = None
    comment: _Comment | None = None
    state: Literal["running", "stopped"] | None = None
    snapshot_policy: Reference | None = None
    aggregates: tuple[Reference, ...] | None = None
    is_space_reporting_logical: bool | None = None
    is_space_enforcement_logical: bool | None = None
    nsswitch: NameSwitch | None = None
    retention_period: int | None = None
    max_volumes: Literal["unlimited"] | None = None


def create(cluster: Cluster, request: Request, body: SvmCreate) -> Reply[Svm]:
    """Its root volume is made with it where the cluster makes them."""
    if body.name is None:
        raise missing_field("name")
    if body.subtype == "dp_destination":
        for name in body.given():
            if name not in _OF_A_DP_DESTINATION:
                raise only_for_default(name)
    svm = Svm(
        uuid=cluster.new_uuid("svm", body.name),
        name=body.name,
        created=cluster.clock.now(),
        subtype=body.subtype,
        comment=body.comment,
        language=body.language.lower(),
        ipspace=body.ipspace.name or "Default",
        snapshot_policy=snapshot_policy_of(cluster, body.snapshot_policy, None).name,
        aggregates=tuple(aggregate_of(cluster, each).uuid for each in body.aggregates),
        is_space_reporting_logical=body.is_space_reporting_logical,
        is_space_enforcement_logical=body.is_space_enforcement_logical,
        nsswitch=(body.nsswitch or NameSwitch()).over(NSSWITCH),
    )
    svm = with_protocols(svm, body)
    _check_name(cluster, svm.name)

    async def work() -> None:
        _put_new(cluster, svm)
        if cluster.traits.now.root_volumes and svm.subtype == "default":
            await create_root_volume(cluster, svm)

    return Started(cluster.start_job("POST /api/svm/svms", work, svm=svm.uuid), svm)


def modify(cluster: Cluster, request: Request, svm: Svm, body: SvmChange) -> Reply[Svm]:
    """Stopping an SVM takes all its volumes from its clients. Its relationships go on, and it stays a peer."""
    changed = _changed(cluster, svm, body)

    async def work() -> None:
        await _carry_out(cluster, svm, changed)

    return Started(cluster.start_job(f"PATCH /api/svm/svms/{svm.uuid}", work, svm=svm.uuid), changed)


def _changed(cluster: Cluster, svm: Svm, body: SvmChange) -> Svm:
    """The SVM with the body's changes; nothing is changed yet. Raises: OntapError."""
    changed = with_protocols(svm, body)
    if body.name is not None and body.name != svm.name:
        _check_name(cluster, body.name)
        changed = replace(changed, name=body.name)
    for field, said in _PLAIN.items():
        if (value := getattr(body, said)) is not None:
            changed = replace(changed, **{field: value})
    if body.nsswitch is not None:
        changed = replace(changed, nsswitch=body.nsswitch.over(svm.nsswitch))
    if body.snapshot_policy is not None:
        policy = snapshot_policy_of(cluster, body.snapshot_policy, svm.uuid)
        changed = replace(changed, snapshot_policy=policy.name)
    if body.aggregates is not None:
        uuids = tuple(aggregate_of(cluster, each).uuid for each in body.aggregates)
        changed = replace(changed, aggregates=uuids)
    return changed


async def _carry_out(cluster: Cluster, former: Svm, svm: Svm) -> None:
    """The SVM is as it is to be, and so is what its clients see."""
    if svm.name != former.name:
        await _rename(cluster, svm)
    cluster.svms.put(svm)
    if svm.state == "stopped":
        end_sessions(cluster, svm.uuid)
    for volume in cluster.volumes.where(lambda volume: volume.svm == svm.uuid):
        await cluster.offload(partial(serve, cluster, volume))


def remove(cluster: Cluster, request: Request, svm: Svm) -> Reply[Svm]:
    volumes = cluster.volumes.where(lambda volume: volume.svm == svm.uuid and not volume.is_svm_root)
    if volumes:
        raise has_volumes(", ".join(volume.name for volume in volumes))
    if cluster.svm_peers.first(lambda peer: svm.uuid in (peer.svm, peer.peer_svm_uuid)):
        raise has_peers()

    async def work() -> None:
        if (root := root_volume(cluster, svm.uuid)) is not None:
            await remove_volume(cluster, root)
        with cluster.together():
            remove_belongings(cluster, svm.uuid)
            cluster.svms.remove(svm.uuid)

    return Started(cluster.start_job(f"DELETE /api/svm/svms/{svm.uuid}", work, svm=svm.uuid))


async def _rename(cluster: Cluster, svm: Svm) -> None:
    """The SVM has its new name: its volumes are nowhere by the former one, and its peers know the new one.

    What its peers call it, their alias, stays. A cluster that does not answer hears of it with the next change.
    """
    _check_name(cluster, svm.name)
    for volume in cluster.volumes.where(lambda volume: volume.svm == svm.uuid):
        await cluster.offload(partial(withdraw, cluster, volume))
    with cluster.together():
        cluster.svms.put(svm)
        for reverse in cluster.svm_peers.where(
            lambda peer: peer.cluster_peer is None and peer.peer_svm_uuid == svm.uuid
        ):
            cluster.svm_peers.put(replace(reverse, peer_svm_name=svm.name))
    for peer in cluster.svm_peers.where(lambda peer: peer.svm == svm.uuid):
        with suppress(OntapError):
            await tell_change(cluster, peer)


def _put_new(cluster: Cluster, svm: Svm) -> Svm:
    _check_name(cluster, svm.name)
    with cluster.together():
        install_default(cluster, svm.uuid)
        install_of_svm(cluster, svm.uuid)
        return cluster.svms.put(svm)


def _check_name(cluster: Cluster, name: str) -> None:
    if len(name) > LONGEST_NAME:
        raise name_too_long(name, LONGEST_NAME)
    if not _NAME.fullmatch(name):
        raise bad_name(name)
    if cluster.svms.first(lambda svm: svm.name == name):
        raise name_taken(name)
