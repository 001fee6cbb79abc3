"""The ends of a relationship change places, asked of the cluster of its destination.

The former source's cluster takes the relationship over, broken off; then the former destination becomes writable and
lists it; then the other cluster resynchronizes. Cut off in between, both clusters know the relationship, and breaking
off or deleting it on either side mends that.
"""

from __future__ import annotations

from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.errors import OntapError
from ontaplab.intercluster.mirroring.messages import Reversal
from ontaplab.intercluster.mirroring.reversals import go_on_reversed, take_over
from ontaplab.resources.relationships.bodies import RelationshipChange
from ontaplab.resources.relationships.decisions import Refusal, Word
from ontaplab.resources.relationships.dependence import settle_owners
from ontaplab.resources.relationships.endpoints import path_of
from ontaplab.resources.relationships.errors import failed, fields_exclude_each_other
from ontaplab.resources.relationships.requests import mirror_state
from ontaplab.resources.relationships.rules import decide
from ontaplab.resources.relationships.state import ListedDestination, Relationship, State
from ontaplab.resources.relationships.transitions import known, modifying
from ontaplab.resources.transfers.engine import Engine
from ontaplab.resources.volumes.lifecycle import become_writable


class Reversing:
    """Turns round the relationships that end at this cluster."""

    def __init__(self, cluster: Cluster, engine: Engine) -> None:
        self._cluster = cluster
        self._engine = engine

    def check(self, relationship: Relationship, body: RelationshipChange) -> None:
        """Raises: OntapError for what cannot be turned round, or not like this.

        Assumption: the codes for a body with attributes, and for one without the state that is to follow.
        """
        source, destination = (
            path_of(self._cluster, relationship.source),
            path_of(self._cluster, relationship.destination),
        )
        wanted = (body.source and body.source.path, body.destination and body.destination.path)
        if wanted != (destination, source):
            raise OntapError(400, "13304120", f'The paths are not "{destination}" and "{source}", the other way round.')
        for name in ("transfer_schedule", "throttle", "policy"):
            if name in body.model_fields_set:
                raise fields_exclude_each_other(name, "source")
        if body.state != mirror_state(relationship.kind):
            raise failed("13303818", f'To reverse it, state "{mirror_state(relationship.kind)}" has to be asked for.')
        if relationship.source.cluster_peer is None:
            raise OntapError(400, "13304003", "A relationship within a cluster cannot be reversed.")
        if not self._cluster.policies[relationship.policy].create_snapshot_on_source:
            raise OntapError(400, "13304086", "The policy makes no snapshots on the source.")

    async def reverse(self, uuid: str) -> None:
        """What was the destination is the source, which the other cluster has begun to resynchronize from.

        Assumption: the uuid stays; the schedule and throttle of its own do not.
        Raises: OntapError if the other cluster refuses or does not answer before anything was turned.
        """
        async with self._engine.lock(uuid):
            relationship = known(self._cluster, uuid)
            outcome = decide(self._engine.situation(relationship), Word.REVERSE)
            if isinstance(outcome, Refusal):
                raise outcome.error()
            with modifying(self._engine, uuid):
                policy = self._cluster.policies[relationship.policy].name
                reversal = Reversal(policy=policy, kind=relationship.kind, common=relationship.base or "")
                await take_over(self._cluster, relationship, reversal)
                await self._become_source(relationship, policy)
        await go_on_reversed(self._cluster, relationship)

    async def _become_source(self, relationship: Relationship, policy: str) -> None:
        cluster, volume = self._cluster, relationship.destination.volume_uuid
        async with cluster.volume_lock(volume):
            await become_writable(cluster, volume, relationship.exported_snapshot)
            with cluster.together():
                self._engine.forget(relationship)
                cluster.relationships.remove(relationship.uuid)
                cluster.listed_destinations.put(
                    ListedDestination(
                        uuid=relationship.uuid,
                        source=replace(relationship.destination, cluster_peer=None),
                        destination=relationship.source,
                        policy=policy,
                        kind=relationship.kind,
                        state=State.BROKEN_OFF,
                        base=relationship.base,
                    )
                )
                settle_owners(cluster, volume)
