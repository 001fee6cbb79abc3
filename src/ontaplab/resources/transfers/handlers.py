"""Transfers: start one, abort one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field as Limits

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field, no_entry
from ontaplab.resources.relationships.decisions import Move, Refusal, Word
from ontaplab.resources.relationships.requests import word_for_transfer
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.errors import not_for_synchronous
from ontaplab.resources.transfers.state import Transfer
from ontaplab.wire.body import Body
from ontaplab.wire.resource import Done, Reply, Request


class TransferCreate(Body):
    source_snapshot: str | None = None
    throttle: Annotated[int, Limits(ge=0)] = 0
    storage_efficiency_enabled: bool = True
    """For restores; the lab moves the same bytes either way."""


class TransferChange(Body):
    state: Literal["aborted", "hard_aborted"] | None = None


def rows(cluster: Cluster, engine: Engine, request: Request) -> Iterable[Transfer]:
    """Those of the relationship in the path. Raises: OntapError 4 if there is no such relationship."""
    uuid = request.path["relationship.uuid"]
    if uuid in cluster.relationships:
        return engine.transfers_of(uuid)
    if "*" in uuid or "|" in uuid:
        return [transfer for each in cluster.relationships for transfer in engine.transfers_of(each.uuid)]
    raise no_entry("relationship.uuid")


def create(cluster: Cluster, engine: Engine, request: Request, body: TransferCreate) -> Reply[Transfer]:
    """An initialize, an update or a restore. It has only been started when this is answered.

    Assumption: a synchronous relationship takes no `source_snapshot`, with the code that is known for `throttle`.
    """
    relationship = cluster.relationships.get(request.path["relationship.uuid"])
    if relationship is None:
        raise no_entry("relationship.uuid")
    if relationship.is_synchronous and (body.throttle or body.source_snapshot):
        raise not_for_synchronous("throttle" if body.throttle else "source_snapshot")
    outcome = decide(engine.situation(relationship), word_for_transfer(relationship.state, relationship.kind))
    if isinstance(outcome, Refusal):
        raise outcome.error()
    assert isinstance(outcome, Move), "a transfer neither waits for another one nor ends a relationship"
    assert outcome.transfer is not None, "an initialize, an update or a restore starts a transfer"
    asked = replace(relationship, state=outcome.to)
    transfer = engine.start(asked, outcome.transfer, body.source_snapshot, body.throttle)
    return Done(transfer, reply={}, status=201)


def modify(
    cluster: Cluster, engine: Engine, request: Request, transfer: Transfer, body: TransferChange
) -> Reply[Transfer]:
    """Aborts the transfer. Raises: OntapError 13303849 if it is not active, 13303848 if it is synchronous."""
    if body.state is None:
        raise missing_field("state")
    relationship = cluster.relationships[transfer.relationship]
    outcome = decide(engine.situation(relationship), Word.ABORT)
    if isinstance(outcome, Move) and not transfer.is_active:  # another one is
        outcome = Refusal("13303849")
    if isinstance(outcome, Refusal):
        raise outcome.error()
    return Done(engine.abort(transfer, body.state), reply={})
