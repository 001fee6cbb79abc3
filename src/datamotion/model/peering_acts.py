"""Making peers of clusters and of SVMs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerClusters:
    """The cluster that is asked has `peer` for its peer, or offers that at these addresses.

    `peer` is what the other calls itself. What proves that it is meant is the passphrase of the cluster `secret_of`, by
    its name in the configuration: no act holds a secret.
    """

    peer: str
    addresses: tuple[str, ...]
    secret_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitClusterPeer:
    """Nothing is changed: a cluster is waited for that becomes a peer once both have offered it."""

    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSvms:
    """`svm` of the cluster that is asked is peered with `peer_svm` of `peer_cluster`, for these applications.

    `name` is what the cluster that is asked calls the peer; no other SVM that it knows has it.
    """

    svm: str
    name: str
    peer_svm: str
    peer_svm_uuid: str
    peer_cluster: str
    applications: frozenset[str] = frozenset({"snapmirror"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptSvmPeer:
    """The peering of `svm` that another cluster asked for is accepted. `uuid` is None until it has arrived."""

    uuid: str | None
    svm: str
    peer_svm_uuid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowApplications:
    """An SVM peering serves these applications: what is wanted beside those that it had."""

    uuid: str
    svm: str
    peer_svm_uuid: str
    applications: frozenset[str]
