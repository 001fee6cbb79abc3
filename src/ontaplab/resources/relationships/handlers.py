"""PATCH: a relationship's attributes, its state, and which way it goes."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, no_entry
from ontaplab.resources.relationships.bodies import RelationshipChange
from ontaplab.resources.relationships.decisions import Refusal, Word
from ontaplab.resources.relationships.errors import (
    creation_schedules_on_flexgroup,
    not_for_synchronous,
    not_for_volumes,
    policy_of_another_type,
    restore_is_read_only,
)
from ontaplab.resources.relationships.references import cron_schedule, kind_of, makes_snapshots, volume_policy
from ontaplab.resources.relationships.requests import word_for_state
from ontaplab.resources.relationships.reversing import Reversing
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.relationships.state import Listed, ListedDestination, Relationship
from ontaplab.resources.relationships.transitions import Asked, Transitions
from ontaplab.resources.transfers.engine import Engine
from ontaplab.wire.resource import Done, Reply, Request, Started

_WITH_MIRROR = ("preserve", "quick_resync")
_WITH_BREAK = ("recover_after_break", "restore_to_snapshot")


class Modifying:
    """PATCH."""

    def __init__(self, cluster: Cluster, engine: Engine, transitions: Transitions, reversing: Reversing) -> None:
        self._cluster = cluster
        self._engine = engine
        self._transitions = transitions
        self._reversing = reversing

    def modify(self, request: Request, relationship: Listed, body: RelationshipChange) -> Reply[Listed]:
        """What the state does not allow is refused at once, attributes included; the rest is a job, whatever it is."""
        if isinstance(relationship, ListedDestination):
            raise no_entry("uuid")  # only its destination can change it
        if relationship.kind == "restore":
            raise restore_is_read_only()
        _check_flags(request, body)
        asked = self._asked(request, relationship, body)
        if asked is not None:
            outcome = decide(self._engine.situation(relationship, forced=asked.forced), asked.word)
            if isinstance(outcome, Refusal):
                raise outcome.error()
        changed = _with_attributes(self._cluster, relationship, body)
        if request.flag("validate_only"):
            return Done()
        if changed != relationship:
            self._cluster.relationships.put(changed)

        async def work() -> None:
            if asked is not None and asked.word is Word.REVERSE:
                await self._reversing.reverse(relationship.uuid)
            elif asked is not None:
                await self._transitions.carry_out(relationship.uuid, asked)

        description = f"PATCH /api/snapmirror/relationships/{relationship.uuid}"
        job = self._cluster.start_job(description, work, svm=relationship.destination.svm_uuid)
        return Started(job, changed)

    def _asked(self, request: Request, relationship: Relationship, body: RelationshipChange) -> Asked | None:
        if body.source is not None or body.destination is not None:
            self._reversing.check(relationship, body)
            return Asked(word=Word.REVERSE)
        if body.state is None:
            return None
        return Asked(
            word=word_for_state(relationship.state, body.state, relationship.kind),
            forced=request.flag("force"),
            preserve=bool(body.preserve),
            restore_to_snapshot=body.restore_to_snapshot,
        )


def _check_flags(request: Request, body: RelationshipChange) -> None:
    """Raises: OntapError 13304093; 13303834 to 13303837 for a flag that does not go with the state asked for."""
    if body.identity_preservation is not None:
        raise not_for_volumes("identity_preservation")
    given = [name for name in (*_WITH_MIRROR, *_WITH_BREAK) if getattr(body, name) is not None]
    if request.flag("force"):
        given.append("force")
    for name in given:
        if body.state is None:
            raise _misplaced("13303837", name, "together with a state")
        if name == "recover_after_break":
            raise _misplaced("13303834", name, "for FlexGroup volumes")
        if name in _WITH_MIRROR and body.state not in ("snapmirrored", "in_sync"):
            raise _misplaced("13303836", name, 'with the states "snapmirrored" and "in_sync"')
        if name not in _WITH_MIRROR and body.state != "broken_off":
            raise _misplaced("13303835", name, 'with the state "broken_off"')


def _misplaced(code: str, name: str, where: str) -> OntapError:
    return OntapError(400, code, f'"{name}" can only be given {where}.', target=name)


def _with_attributes(cluster: Cluster, relationship: Relationship, body: RelationshipChange) -> Relationship:
    """Raises: OntapError for what does not exist or does not fit."""
    if body.policy is not None:
        policy = volume_policy(cluster, body.policy, relationship.destination.svm_uuid)
        if kind_of(policy) != relationship.kind:
            raise policy_of_another_type(policy.name)
        volume = cluster.volumes.get(relationship.destination.volume_uuid)
        if volume is not None and volume.constituents and makes_snapshots(cluster, policy.uuid):
            raise creation_schedules_on_flexgroup()
        relationship = replace(relationship, policy=policy.uuid)
    if "transfer_schedule" in body.model_fields_set:
        schedule = cron_schedule(cluster, body.transfer_schedule)
        if schedule is not None and relationship.is_synchronous:
            raise not_for_synchronous("transfer_schedule")
        relationship = replace(relationship, transfer_schedule=schedule)
    if body.throttle is not None:
        relationship = replace(relationship, throttle=body.throttle)
    if body.backoff_level is not None:
        relationship = replace(relationship, backoff_level=body.backoff_level)
    return relationship
