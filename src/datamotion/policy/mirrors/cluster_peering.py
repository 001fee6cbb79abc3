"""Making two clusters peers: each gets an offer to the other's intercluster addresses, proved by one passphrase.

Whichever offer comes second finds the first. Without leave to make them, the plan says what a person does instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.cluster_records import ClusterPeer
from datamotion.model.peering_acts import AwaitClusterPeer, PeerClusters
from datamotion.model.standing import Site, Standing
from datamotion.model.view import ClusterView
from datamotion.policy.home import targets_of
from datamotion.policy.proofs.proof import NOT_YET, YES, Ground, Proof
from datamotion.policy.steps import Phase, StepList

_PEER = Phase(rank=38, title="Peer the clusters", because="nothing is carried between clusters that are no peers")
_AWAIT = Phase(
    rank=39,
    title="Wait for the clusters to be peers",
    because="each has to find the other's offer",
    awaits=(AwaitClusterPeer,),
    way_out="`cluster peer show` at both; the same command again makes what is missing",
)


def peer_of(seen: ClusterView, other: ClusterView) -> ClusterPeer | None:
    """The peer that a cluster has in another one, known by what that calls itself."""
    assert other.identity is not None
    return next((each for each in seen.cluster_peers if each.remote == other.identity.name), None)


def addresses(seen: ClusterView) -> tuple[str, ...]:
    """Those at which it can be reached by other clusters, as far as they can be seen."""
    return tuple(sorted(each.address for each in seen.interfaces or () if each.is_up and each.address))


def unpeered(standing: Standing) -> frozenset[str]:
    """The clusters of which a mirror's two ends are, and that are no peers, as far as either was seen."""
    serving = {active.backend for active in standing.active.values() if active is not None}
    sites = standing.sites
    pairs = [(sites[target.backend.name], sites[name]) for target in targets_of(standing) for name in serving]
    return frozenset(
        site.backend.cluster for pair in pairs for site in pair if _are_other_clusters(*pair) and _is_unpeered(*pair)
    )


def _are_other_clusters(here: Site, source: Site) -> bool:
    return here.backend.cluster != source.backend.cluster


def _is_unpeered(here: Site, source: Site) -> bool:
    seen, other = here.seen, source.seen
    return isinstance(seen, ClusterView) and isinstance(other, ClusterView) and peer_of(seen, other) is None


def steps_text(here: Site, source: Site) -> str:
    """The commands by which a person makes the two clusters peers."""
    commands = []
    for at, other in ((here, source), (source, here)):
        assert isinstance(other.seen, ClusterView)
        reached = ",".join(addresses(other.seen)) or f"INTERCLUSTER-ADDRESSES-OF-{other.backend.cluster}"
        commands.append(f"on {at.backend.cluster} `cluster peer create -peer-addrs {reached}`")
    return f"{' and '.join(commands)}, with one passphrase; datamotion apply --peer-clusters does it"


def mend_text(here: Site, source: Site) -> str:
    """What a person does where one does not reach the other: makes them peers, or looks after the links of those."""
    assert isinstance(here.seen, ClusterView)
    assert isinstance(source.seen, ClusterView)
    if peer_of(here.seen, source.seen) is None:
        return steps_text(here, source)
    return (
        f"mend the links between them: `cluster peer show` and `cluster peer ping` on {here.backend.cluster}; once"
        " that answers, the peer is soon available again by itself"
    )


def unreachable(here: Site, source: Site) -> tuple[str, str] | None:
    """Why the clusters cannot be made peers: nobody knows where one is reached."""
    for site in (here, source):
        assert isinstance(site.seen, ClusterView)
        if not addresses(site.seen):
            state = "none is up" if site.seen.interfaces is not None else "this account may not see them"
            text = f"{here.backend.cluster} and {source.backend.cluster} cannot be made peers: of the intercluster"
            return f"{text} interfaces of {site.backend.cluster} {state}", steps_text(here, source)
    return None


def peer_clusters(due: StepList, here: Site, source: Site) -> None:
    """Offers at both, where there is none yet, and the wait until they have come together."""
    text = f"{here.backend.cluster} and {source.backend.cluster} see each other, if the links and the passphrases agree"
    for asked, change in _offers(here, source):
        at = here if asked is here else source
        if not due.has(at.backend.cluster, change):  # for another back end of this cluster
            to = f"{change.peer} at {', '.join(change.addresses)}"
            due.add(_PEER, here.backend, None, change, f"{at.backend.cluster} offers it to {to}", asked_of=at.backend)
    assert isinstance(source.seen, ClusterView)
    assert source.seen.identity is not None
    due.add(_AWAIT, here.backend, None, AwaitClusterPeer(peer=source.seen.identity.name), text)


def _offers(here: Site, source: Site) -> Iterator[tuple[Site, PeerClusters]]:
    for at, other in ((here, source), (source, here)):
        assert isinstance(at.seen, ClusterView)
        assert isinstance(other.seen, ClusterView)
        assert other.seen.identity is not None
        change = PeerClusters(
            peer=other.seen.identity.name, addresses=addresses(other.seen), secret_of=here.backend.cluster
        )
        if not _is_offered(change, at.seen):
            yield at, change


def _is_offered(change: PeerClusters, seen: ClusterView) -> bool:
    """A peer tells its name once it has accepted; until then the addresses say to whom an offer is."""
    return any(
        peer.remote == change.peer or (not peer.remote and set(peer.addresses) & set(change.addresses))
        for peer in seen.cluster_peers
    )


def offered(change: PeerClusters, ground: Ground) -> Proof:
    return YES if _is_offered(change, ground.seen) else NOT_YET


def clusters_peered(change: AwaitClusterPeer, ground: Ground) -> Proof:
    is_so = any(each.available and each.remote == change.peer for each in ground.seen.cluster_peers)
    return YES if is_so else NOT_YET
