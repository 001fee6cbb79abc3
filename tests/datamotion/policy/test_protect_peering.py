"""Planning protection: SVMs that have to become peers first, and the names they know each other by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.acts import (
    AcceptSvmPeer,
    CreateRelationship,
    PeerSvms,
)
from datamotion.model.records import ClusterIdentity, ClusterPeer, Endpoint, Svm
from tests.datamotion.building import (
    HOME,
    LYON,
    a_cluster_view,
    a_mirror,
    a_peer,
    a_volume,
    acts,
    changes,
    kinds,
)
from tests.datamotion.policy.plans import (
    protect,
    seen,
)

# -- from nothing to everything


def test_peering_is_asked_of_the_target_and_accepted_at_home() -> None:
    plan = protect(seen(a_cluster_view(LYON, peers=())))
    peering, accepting = (act for act in acts(plan) if act.volume is None)
    assert (peering.cluster, accepting.cluster) == ("lyon", "paris")
    assert (peering.backend, accepting.backend) == ("gold-lyon", "gold-lyon")
    assert peering.change == PeerSvms(svm="svm_lyon", name="svm_gold", peer_svm="svm_gold", peer_cluster="paris")
    assert accepting.change == AcceptSvmPeer(uuid=None, svm="svm_gold", peer_svm="svm_lyon")


@pytest.mark.parametrize(
    "taken",
    [
        {"svms": [Svm(uuid=name, name=name, state="running") for name in ("svm_lyon", "svm_gold")]},
        {"peers": [replace(a_peer(), svm="svm_other", peer_cluster="oslo")]},
    ],
)
def test_a_home_whose_name_is_taken_at_the_target_is_peered_under_another(taken: dict[str, Any]) -> None:
    plan = protect(seen(a_cluster_view(LYON, **{"peers": (), **taken})))
    (peering, _) = (act for act in acts(plan) if act.volume is None)
    assert peering.change == PeerSvms(svm="svm_lyon", name="svm_gold_paris", peer_svm="svm_gold", peer_cluster="paris")
    assert "called svm_gold_paris there since the name is taken" in peering.text
    (relate,) = (change for change in changes(plan) if isinstance(change, CreateRelationship))
    assert relate.source == Endpoint("svm_gold_paris", "vol_1")


def test_the_request_to_accept_is_the_one_that_concerns_the_home() -> None:
    ours = replace(
        a_peer(), uuid="ours", svm="svm_gold", peer_svm="svm_lyon", peer_cluster=LYON.cluster, state="pending"
    )
    of_other_svm = replace(ours, uuid="other", svm="svm_silver")
    of_other_cluster = replace(ours, uuid="namesake", peer_cluster="oslo")
    lyon = a_cluster_view(LYON, peers=[a_peer(state="initiated")])
    paris = a_cluster_view(HOME, [a_volume()], peers=[of_other_svm, of_other_cluster, ours])
    plan = protect({"paris": paris, "lyon": lyon})
    assert changes(plan, None) == [AcceptSvmPeer(uuid="ours", svm="svm_gold", peer_svm="svm_lyon")]


def test_what_is_peered_at_the_target_alone_is_accepted_once_more() -> None:
    ours = replace(
        a_peer(), uuid="ours", svm="svm_gold", peer_svm="svm_lyon", peer_cluster=LYON.cluster, state="pending"
    )
    paris = a_cluster_view(HOME, [a_volume()], peers=[ours])
    plan = protect({"paris": paris, "lyon": a_cluster_view(LYON, peers=[a_peer()])})
    assert changes(plan, None) == [AcceptSvmPeer(uuid="ours", svm="svm_gold", peer_svm="svm_lyon")]


def test_inside_one_cluster_nothing_has_to_be_accepted() -> None:
    home = a_cluster_view(HOME, [a_volume()])
    lyon = a_cluster_view(LYON, peers=(), identity=home.identity, cluster_peers=())
    assert kinds(protect({"paris": home, "lyon": lyon}), None) == ["PeerSvms"]


def test_a_peers_alias_is_the_source_svm_of_its_paths() -> None:
    plan = protect(seen(a_cluster_view(LYON, peers=[a_peer(name="svm_gold.1")])))
    (create,) = (each for each in changes(plan) if isinstance(each, CreateRelationship))
    assert create.source == Endpoint("svm_gold.1", "vol_1")


def test_a_mirror_behind_an_alias_is_known() -> None:
    lyon = a_cluster_view(
        LYON, [a_volume(backend=LYON)], [a_mirror(source_svm="svm_gold.1")], peers=[a_peer(name="svm_gold.1")]
    )
    assert protect(seen(lyon)).steps == ()


# -- what stands in the way


def test_a_cluster_goes_by_the_name_that_it_calls_itself() -> None:
    identity = ClusterIdentity(name="cluster-7", uuid="u", version=(9, 14, 1))
    lyon = a_cluster_view(LYON, peers=(), cluster_peers=(ClusterPeer(uuid="p", name="cluster-7", available=True),))
    plan = protect(seen(lyon, identity=identity))
    assert changes(plan, None)[0] == PeerSvms(
        svm="svm_lyon", name="svm_gold", peer_svm="svm_gold", peer_cluster="cluster-7"
    )
