"""PATCH: a relationship's attributes, and its state."""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import no_entry
from ontaplab.resources.relationships.references import async_policy, cron_schedule
from ontaplab.resources.relationships.rules import Refusal, decide, word_for_state
from ontaplab.resources.relationships.state import Listed, ListedDestination, Relationship
from ontaplab.resources.relationships.transitions import carry_out
from ontaplab.resources.transfers.engine import Engine
from ontaplab.wire.body import Body, Reference
from ontaplab.wire.resource import Reply, Request, Started


class RelationshipChange(Body):
    state: str | None = None
    policy: Reference | None = None
    transfer_schedule: Reference | None = None
    throttle: int | None = None


def modify(
    cluster: Cluster,
    engine: Engine,
    request: Request,
    relationship: Listed,
    body: RelationshipChange,
) -> Reply[Listed]:
    """What the state does not allow is refused at once, attributes included; the rest is a job, whatever it is."""
    if isinstance(relationship, ListedDestination):
        raise no_entry("uuid")  # only its destination can change it
    changed = _with_attributes(cluster, relationship, body)
    word = None if body.state is None else word_for_state(relationship.state, body.state)
    if word is not None:
        outcome = decide(engine.situation(relationship), word)
        if isinstance(outcome, Refusal):
            raise outcome.error()
    if changed != relationship:
        cluster.relationships.put(changed)

    async def work() -> None:
        if word is not None:
            await carry_out(cluster, engine, relationship.uuid, word)

    job = cluster.start_job(f"PATCH /api/snapmirror/relationships/{relationship.uuid}", work)
    return Started(job, changed)


def _with_attributes(cluster: Cluster, relationship: Relationship, body: RelationshipChange) -> Relationship:
    """Raises: OntapError for what does not exist or does not fit."""
    if body.policy is not None:
        relationship = replace(relationship, policy=async_policy(cluster, body.policy).uuid)
    if "transfer_schedule" in body.model_fields_set:
        relationship = replace(relationship, transfer_schedule=cron_schedule(cluster, body.transfer_schedule))
    if body.throttle is not None:
        relationship = replace(relationship, throttle=body.throttle)
    return relationship
