"""Encryption: a volume converted while it is in use, or given a new key."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.resources.volumes import bodies
from ontaplab.resources.volumes.effort import effort_for
from ontaplab.resources.volumes.errors import cannot_decrypt, nothing_to_rekey, wrong_encryption_action
from ontaplab.resources.volumes.space import content_bytes
from ontaplab.resources.volumes.state import Conversion, Volume

_ACTIONS = {
    "conversion_pause": ("encrypting", False),
    "conversion_resume": ("encrypting", True),
    "rekey_pause": ("rekeying", False),
    "rekey_resume": ("rekeying", True),
}
"""What each is for, and whether that then runs."""


def converted(cluster: Cluster, volume: Volume, body: bodies.Encryption) -> Volume:
    """The volume as the body wants it: where it is to be encrypted, that has begun.

    Raises: OntapError 917536 for a volume to be decrypted in place or a key that is not there, 262197.
    """
    if body.action is not None:
        return _steered(cluster, volume, body.action)
    encrypted = bool(volume.property_of("encryption.enabled"))
    if body.enabled is False and encrypted:
        raise cannot_decrypt(volume.name)
    if body.rekey and not encrypted:
        raise nothing_to_rekey(volume.name)
    if body.enabled and not encrypted:
        properties = {**volume.properties, "encryption.enabled": True}
        return replace(volume, properties=properties, conversion=_conversion(cluster, volume, "encrypting"))
    if body.rekey:
        return replace(volume, conversion=_conversion(cluster, volume, "rekeying"))
    return volume


def _conversion(cluster: Cluster, volume: Volume, state: str) -> Conversion:
    effort = effort_for(content_bytes(cluster, volume), cluster.clock.now())
    return Conversion(state="encrypting" if state == "encrypting" else "rekeying", effort=effort)


def _steered(cluster: Cluster, volume: Volume, action: str) -> Volume:
    state, runs = _ACTIONS[action]
    conversion, now = volume.conversion, cluster.clock.now()
    if conversion is None or conversion.state != state:
        raise wrong_encryption_action(action)
    effort = conversion.effort.resumed(now) if runs else conversion.effort.paused(now)
    return replace(volume, conversion=replace(conversion, effort=effort))


def encryption_state(volume: Volume) -> str:
    if volume.conversion is not None:
        return volume.conversion.state
    return "encrypted" if volume.property_of("encryption.enabled") else "unencrypted"


def encryption_message(volume: Volume) -> str | None:
    """How the conversion goes; None where there is none.

    Assumption: a paused one says so; of the others clients know the words.
    """
    if volume.conversion is None:
        return None
    return "paused" if volume.conversion.effort.since is None else "running"
