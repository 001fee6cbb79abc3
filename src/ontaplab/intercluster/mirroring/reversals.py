"""What a destination asks of the source that it changes places with: `/intercluster/reversals/{relationship}`."""

from __future__ import annotations

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError, no_entry
from ontaplab.intercluster.client import ask_peer
from ontaplab.intercluster.mirroring.messages import REVERSAL, Reversal
from ontaplab.intercluster.routes import peer_route
from ontaplab.resources.cluster_peers.state import ClusterPeer
from ontaplab.resources.relationships.decisions import Word
from ontaplab.resources.relationships.dependence import settle_owners
from ontaplab.resources.relationships.errors import destination_taken, no_common_snapshot, source_unreachable
from ontaplab.resources.relationships.references import kind_of
from ontaplab.resources.relationships.state import Relationship, State
from ontaplab.resources.relationships.transitions import Asked, Transitions
from ontaplab.resources.snapshots.lifecycle import snapshots_of
from ontaplab.wire.body import read_body


async def take_over(cluster: Cluster, relationship: Relationship, reversal: Reversal) -> None:
    """The source's cluster has the relationship, turned round and broken off.

    Raises: OntapError if it refuses or does not answer.
    """
    body = REVERSAL.dump_python(reversal, mode="json")
    await ask_peer(cluster, _peer(cluster, relationship), "PUT", f"/reversals/{relationship.uuid}", body)


async def go_on_reversed(cluster: Cluster, relationship: Relationship) -> None:
    """The other cluster has begun to resynchronize. Raises: OntapError if it refuses or does not answer."""
    await ask_peer(cluster, _peer(cluster, relationship), "POST", f"/reversals/{relationship.uuid}")


def reversal_routes(cluster: Cluster, transitions: Transitions) -> list[Route]:
    """What the clusters ask that change places with this one."""

    async def accept(peer: ClusterPeer, http: Request) -> Response:
        try:
            reversal = REVERSAL.validate_json(await read_body(http))
        except ValidationError as invalid:
            raise OntapError(400, "262245", f"This is not what was expected: {invalid}") from None
        _become_destination(cluster, peer, http.path_params["relationship"], reversal)
        return JSONResponse({})

    async def resync(peer: ClusterPeer, http: Request) -> Response:
        relationship = cluster.relationships.get(http.path_params["relationship"])
        if relationship is None or relationship.source.cluster_peer != peer.uuid:
            raise no_entry("relationship.uuid")
        await transitions.carry_out(relationship.uuid, Asked(word=Word.RESYNC))
        return JSONResponse({})

    return [
        peer_route(cluster, "/reversals/{relationship}", ["PUT"], accept),
        peer_route(cluster, "/reversals/{relationship}", ["POST"], resync),
    ]


def _peer(cluster: Cluster, relationship: Relationship) -> ClusterPeer:
    peer = cluster.cluster_peers.get(relationship.source.cluster_peer)
    if peer is None:
        raise source_unreachable(relationship.source.cluster_peer or "", "it is not a peer any more")
    return peer


def _become_destination(cluster: Cluster, peer: ClusterPeer, uuid: str, reversal: Reversal) -> None:
    """Raises: OntapError 4, 13303996 for another policy of that name, 13303810, 6619637."""
    listed = cluster.listed_destinations.get(uuid)
    if listed is None or listed.destination.cluster_peer != peer.uuid:
        raise no_entry("relationship.uuid")
    policy = cluster.policies.first(lambda each: each.name == reversal.policy)
    if policy is None or kind_of(policy) != reversal.kind:
        raise OntapError(400, "13303996", f'Policy "{reversal.policy}" is not the same on both clusters.')
    volume = listed.source.volume_uuid
    common = next((each for each in snapshots_of(cluster, volume) if each.version_uuid == reversal.common), None)
    if common is None:
        raise no_common_snapshot()
    if cluster.relationships_by_volume.first(volume):
        raise destination_taken(listed.source.path)
    with cluster.together():
        cluster.listed_destinations.remove(uuid)
        cluster.relationships.put(
            Relationship(
                uuid=uuid,
                source=listed.destination,
                destination=listed.source,
                policy=policy.uuid,
                state=State.BROKEN_OFF,
                kind=reversal.kind,
                exported_snapshot=common.name,
                exported_created=common.created,
                base=common.version_uuid,
            )
        )
        settle_owners(cluster, volume)
