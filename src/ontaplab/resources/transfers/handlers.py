"""Transfers: start one, abort one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ontaplab.cluster import Cluster
from ontaplab.errors import missing_field, no_entry
from ontaplab.resources.relationships.rules import Move, Refusal, Word, decide, word_for_transfer
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.transfers.state import Transfer
from ontaplab.wire.body import Body
from ontaplab.wire.resource import Done, Reply, Request


class TransferCreate(Body):
    source_snapshot: str | None = None


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
    """An initialize or an update, by the relationship's state. It has only been started when this is answered."""
    relationship = cluster.relationships.get(request.path["relationship.uuid"])
    if relationship is None:
        raise no_entry("relationship.uuid")
    outcome = decide(engine.situation(relationship), word_for_transfer(relationship.state))
    if isinstance(outcome, Refusal):
        raise outcome.error()
    assert isinstance(outcome, Move), "a transfer neither waits for another one nor ends a relationship"
    assert outcome.transfer is not None, "an initialize or an update starts a transfer"
    return Done(engine.start(relationship, outcome.transfer, body.source_snapshot), reply={}, status=201)


def modify(
    cluster: Cluster, engine: Engine, request: Request, transfer: Transfer, body: TransferChange
) -> Reply[Transfer]:
    """Aborts the transfer. Raises: OntapError 13303849 if it is not active."""
    if body.state is None:
        raise missing_field("state")
    relationship = cluster.relationships[transfer.relationship]
    ended = Refusal("13303849")
    outcome = decide(engine.situation(relationship), Word.ABORT) if transfer.is_active else ended
    if isinstance(outcome, Refusal):
        raise outcome.error()
    return Done(engine.abort(transfer, body.state), reply={})
