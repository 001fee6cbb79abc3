"""What a PATCH makes of a volume's record. Nothing is changed here: a job puts the record and does what it says."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.resources.volumes.bodies import VolumeBody, VolumeChange
from ontaplab.resources.volumes.clone_errors import split_stands_alone
from ontaplab.resources.volumes.encrypting import converted
from ontaplab.resources.volumes.errors import is_root, not_online, policy_needs_online, smaller_than_content
from ontaplab.resources.volumes.flexgroups import expanded, renamed, sized_by_adding
from ontaplab.resources.volumes.growth import check_autosize, check_growth
from ontaplab.resources.volumes.moving import moved
from ontaplab.resources.volumes.policies import referred_policies
from ontaplab.resources.volumes.properties import check_dp_fields, merged, properties_of
from ontaplab.resources.volumes.rules import (
    check_is_idle,
    check_junction_path,
    check_may_be_mounted,
    check_name,
    check_name_is_free,
    check_size,
)
from ontaplab.resources.volumes.space import content_bytes, resized
from ontaplab.resources.volumes.splitting import with_split
from ontaplab.resources.volumes.state import Volume

_ONLINE_ONLY = ("size", "space.", "autosize.", "efficiency.", "encryption.", "files.", "aggregates", "constituent")
"""Assumption: what is not among these may be changed of a volume that is not online."""
_OF_THE_SVM = ("nas.path", "nas.export_policy.name", "nas.export_policy.id")
"""What a mirror takes too: where it is mounted and who may use it there, which is the SVM's and not in its files.

Source: OpenStack's driver, which mounts its readable replicas and gives them export policies.
"""
_WITH_SPLIT = ("clone.", "validate_only")


def changed(cluster: Cluster, volume: Volume, body: VolumeChange) -> Volume:
    """The volume with the body's changes, but for state and junction path. Raises: OntapError."""
    _check_fields(volume, body)
    referred = referred_policies(cluster, volume.svm, body)
    wanted = replace(volume, properties=merged(volume.properties, properties_of(body), referred))
    if body.name is not None and body.name != volume.name:
        check_name(body.name, volume.style)
        check_name_is_free(cluster, volume.svm, body.name)
        wanted = renamed(wanted, body.name)
    if body.comment is not None:
        wanted = replace(wanted, comment=body.comment)
    if body.tags is not None:
        wanted = replace(wanted, tags=body.tags)
    if body.nas is not None and body.nas.path:
        check_junction_path(body.nas.path)
    wanted = _sized(cluster, expanded(cluster, wanted, body), body)
    if body.autosize is not None:
        check_autosize(wanted)
    return _worked_on(cluster, wanted, body)


def _check_fields(volume: Volume, body: VolumeChange) -> None:
    given = body.given()
    if volume.is_mirror:
        check_dp_fields(body, allowed=_OF_THE_SVM)
    if volume.state != "online" and body.state != "online" and any(name.startswith(_ONLINE_ONLY) for name in given):
        raise not_online(volume.name)
    if "online" not in (volume.state, body.state) and body.nas is not None and body.nas.export_policy is not None:
        raise policy_needs_online(volume.name)
    if body.state not in (None, "online"):
        check_is_idle(volume)
    if volume.is_svm_root and body.state not in (None, "online"):
        raise is_root(volume.name)
    if body.clone is not None and body.clone.split_initiated is not None:
        for name in given:
            if not name.startswith(_WITH_SPLIT):
                raise split_stands_alone(name)


def _sized(cluster: Cluster, volume: Volume, body: VolumeChange) -> Volume:
    """Of the size that the body says; its autosize limits give way.

    Raises: OntapError 917534 if it is too small, 917536 where there is no room.
    """
    size_bytes = body.size_bytes()
    if size_bytes is None or size_bytes == volume.size_bytes:
        return volume
    check_size(size_bytes, len(volume.constituents))
    if size_bytes < volume.size_bytes and size_bytes < (content := content_bytes(cluster, volume)):
        raise smaller_than_content(volume.name, size_bytes, content)
    if body.sizing_method == "add_new_resources" and volume.constituents and size_bytes > volume.size_bytes:
        return sized_by_adding(cluster, volume, size_bytes)
    check_growth(cluster, volume, size_bytes)
    return resized(volume, size_bytes)


def _worked_on(cluster: Cluster, volume: Volume, body: VolumeChange) -> Volume:
    """With the move, the split or the conversion that the body begins, steers or ends."""
    encryption = body.encryption
    if body.movement is not None:
        volume = moved(cluster, volume, body.movement, encrypted=encryption.enabled if encryption else None)
    elif encryption is not None:
        volume = converted(cluster, volume, encryption)
    if body.clone is not None and body.clone.split_initiated is not None:
        volume = with_split(cluster, volume, initiated=body.clone.split_initiated)
    return volume


def with_state_and_path(cluster: Cluster, volume: Volume, body: VolumeBody) -> Volume:
    """A volume that is offline has no junction path. Raises: OntapError 917536, 918252, 9437885."""
    if body.state is not None and body.state != "online":
        return replace(volume, state=body.state, junction_path=None)
    if body.state is not None:
        volume = replace(volume, state=body.state)
    if body.nas is None or "path" not in body.nas.model_fields_set:
        return volume
    if not body.nas.path:
        return replace(volume, junction_path=None)
    check_junction_path(body.nas.path)
    check_may_be_mounted(cluster, volume, body.nas.path)
    return replace(volume, junction_path=body.nas.path)
