"""SVMs that have to become peers first: the act or the refusal that each state needs, and the names they go by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from datamotion.model.cluster_records import ClusterPeer, IpInterface
from datamotion.model.mirror_acts import CreateRelationship
from datamotion.model.mirror_records import Endpoint
from datamotion.model.peering_acts import AcceptSvmPeer, AllowApplications, AwaitClusterPeer, PeerClusters, PeerSvms
from datamotion.model.plan import Plan
from datamotion.model.view import ClusterView
from datamotion.model.volume_records import Svm, SvmPeer
from datamotion.policy.protect.protect import protect_planner
from tests.datamotion.building import (
    HOME,
    LYON,
    NICE,
    a_cluster_view,
    a_group,
    a_peer,
    a_volume,
    acts,
    changes,
    planned,
    standing_of,
)
from tests.datamotion.policy.plans import protect

ASK = PeerSvms(
    svm="svm_gold_dr", name="svm_gold", peer_svm="svm_gold", peer_svm_uuid="paris/svm_gold", peer_cluster="paris"
)
ACCEPT = AcceptSvmPeer(uuid=None, svm="svm_gold", peer_svm_uuid="lyon/svm_gold_dr")
THEIRS = a_peer(HOME, LYON)


def peering(mine: SvmPeer | None, theirs: SvmPeer | None, *others: SvmPeer, **lyon: Any) -> Plan:
    """Mirrors are to be made at lyon, which sees its own peering so, and the home the other end."""
    view = {
        "paris": a_cluster_view(HOME, [a_volume()], peers=[*others, theirs] if theirs else others),
        "lyon": replace(a_cluster_view(LYON, peers=[mine] if mine else []), **lyon),
    }
    return protect(view, a_group(LYON))


def asked(plan: Plan) -> list[tuple[str, object]]:
    return [(act.cluster, act.change) for act in acts(plan) if act.volume is None]


def unpeered(view: ClusterView, *addresses: str) -> ClusterView:
    """A cluster that has no peers, and can be reached at these addresses."""
    interfaces = tuple(
        IpInterface(name=f"ic{n}", node="node", is_up=True, address=each) for n, each in enumerate(addresses)
    )
    return replace(view, cluster_peers=(), interfaces=interfaces)


def strangers(*at_lyon: ClusterPeer) -> dict[str, ClusterView]:
    return {
        "paris": unpeered(a_cluster_view(HOME, [a_volume()], peers=()), "192.0.2.1", "192.0.2.2"),
        "lyon": replace(unpeered(a_cluster_view(LYON, peers=()), "198.51.100.1"), cluster_peers=at_lyon),
    }


def making_peers(view: dict[str, ClusterView]) -> Plan:
    group = a_group(LYON)
    return planned(protect_planner(group, makes_peers=True), standing_of(view, group))


def offer(to: str, *addresses: str) -> PeerClusters:
    return PeerClusters(peer=to, addresses=addresses, secret_of="lyon")


def relates_to(plan: Plan) -> Endpoint:
    (create,) = (change for change in changes(plan) if isinstance(change, CreateRelationship))
    return create.source


def test_clusters_that_are_no_peers_are_refused_with_the_commands_that_make_them_peers() -> None:
    plan = protect(strangers(), a_group(LYON))
    (refusal,) = plan.refusals
    assert refusal.text == "lyon cannot reach paris (paris): there is no such cluster peer"
    assert refusal.hint == (
        "on lyon `cluster peer create -peer-addrs 192.0.2.1,192.0.2.2` and on paris"
        " `cluster peer create -peer-addrs 198.51.100.1`, with one passphrase; datamotion apply --peer-clusters does it"
    )
    unseen = {**strangers(), "paris": replace(strangers()["paris"], interfaces=None)}
    assert "INTERCLUSTER-ADDRESSES-OF-paris" in str(protect(unseen, a_group(LYON)).refusals[0].hint)


def test_clusters_are_made_peers_at_both_before_their_svms() -> None:
    plan = making_peers(strangers())
    assert asked(plan) == [
        ("lyon", offer("paris", "192.0.2.1", "192.0.2.2")),
        ("paris", offer("lyon", "198.51.100.1")),
        ("lyon", AwaitClusterPeer(peer="paris")),
        ("lyon", ASK),
        ("paris", ACCEPT),
    ]
    assert plan.refusals == ()


def test_an_offer_that_is_there_is_not_made_again_and_peers_are_only_waited_for() -> None:
    waiting = ClusterPeer(uuid="o", name="o", remote="", available=False, addresses=("192.0.2.2",))
    assert asked(making_peers(strangers(waiting)))[:2] == [
        ("paris", offer("lyon", "198.51.100.1")),
        ("lyon", AwaitClusterPeer(peer="paris")),
    ]
    of_others = replace(waiting, addresses=("203.0.113.7",))
    assert len(asked(making_peers(strangers(of_others)))) == 5


@pytest.mark.parametrize(
    ("interfaces", "why"), [(None, "this account may not see them"), ((), "none is up")], ids=["hidden", "none"]
)
def test_where_nobody_knows_how_a_cluster_is_reached_no_peers_are_made(interfaces: Any, why: str) -> None:
    view = {**strangers(), "paris": replace(strangers()["paris"], interfaces=interfaces)}
    plan = making_peers(view)
    assert asked(plan) == []
    assert plan.refusals[0].text.endswith(f"interfaces of paris {why}")


def test_two_back_ends_of_one_cluster_need_one_offer() -> None:
    second = replace(LYON, name="gold-lyon-2", svm="svm_second")
    group = a_group(LYON, second)
    view = strangers()
    svms = (*view["lyon"].svms, Svm(uuid="lyon/svm_second", name="svm_second", state="running"))
    view["lyon"] = replace(view["lyon"], svms=svms)
    plan = planned(protect_planner(group, makes_peers=True), standing_of(view, group))
    kinds = [(act.backend, type(act.change)) for act in acts(plan)]
    assert [backend for backend, kind in kinds if kind is PeerClusters] == ["gold-lyon", "gold-lyon"]
    assert {backend for backend, kind in kinds if kind is AwaitClusterPeer} == {"gold-lyon", "gold-lyon-2"}


def test_it_is_asked_for_where_mirrors_arrive_and_accepted_where_they_come_from() -> None:
    assert asked(peering(None, None)) == [("lyon", ASK), ("paris", ACCEPT)]


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ("peered", "peered", []),
        ("peered", None, []),
        ("peered", "pending", [("paris", replace(ACCEPT, uuid=THEIRS.uuid))]),
        ("initiated", None, [("paris", ACCEPT)]),
        ("initiated", "pending", [("paris", replace(ACCEPT, uuid=THEIRS.uuid))]),
        (
            "pending",
            "initiated",
            [("lyon", AcceptSvmPeer(uuid=a_peer().uuid, svm="svm_gold_dr", peer_svm_uuid="paris/svm_gold"))],
        ),
    ],
)
def test_each_state_needs_only_what_is_left(mine: str, theirs: str | None, expected: list[object]) -> None:
    assert asked(peering(a_peer(state=mine), replace(THEIRS, state=theirs) if theirs else None)) == expected


@pytest.mark.parametrize("where", ["mine", "theirs"])
@pytest.mark.parametrize(("state", "hint"), [("rejected", "vserver peer delete"), ("suspended", "vserver peer resume")])
def test_what_no_request_can_change_is_refused_with_what_a_person_can_do(where: str, state: str, hint: str) -> None:
    mine = replace(a_peer(), state=state if where == "mine" else "peered")
    plan = peering(mine, replace(THEIRS, state=state if where == "theirs" else "peered"))
    (refusal,) = plan.refusals
    assert f"is {state} at {'lyon' if where == 'mine' else 'paris'}" in refusal.text
    assert hint in (refusal.hint or "")
    assert plan.steps == ()


def test_a_peering_for_other_applications_gets_snapmirror_beside_them() -> None:
    plan = peering(a_peer(applications=frozenset({"flexcache"})), THEIRS)
    both = frozenset({"flexcache", "snapmirror"})
    allow = AllowApplications(uuid=a_peer().uuid, svm="svm_gold_dr", peer_svm_uuid="paris/svm_gold", applications=both)
    assert asked(plan) == [("lyon", allow)]
    assert "so far flexcache" in acts(plan)[0].text


@pytest.mark.parametrize(
    "taken",
    [
        {"svms": tuple(Svm(uuid=f"lyon/{name}", name=name, state="running") for name in ("svm_gold_dr", "svm_gold"))},
        {"svm_peers": (a_peer(peer_svm_uuid="oslo/svm_gold", peer_cluster="oslo"),)},
    ],
)
def test_a_source_whose_name_is_taken_at_the_target_goes_by_another(taken: dict[str, Any]) -> None:
    plan = peering(None, None, **taken)
    assert asked(plan)[0] == ("lyon", replace(ASK, name="svm_gold_paris"))
    assert "called svm_gold_paris there since the name is taken" in acts(plan)[0].text
    assert relates_to(plan) == Endpoint("svm_gold_paris", "vol_1")


def test_a_peers_alias_is_the_source_svm_of_its_paths() -> None:
    assert relates_to(peering(a_peer(name="svm_gold.1"), THEIRS)) == Endpoint("svm_gold.1", "vol_1")


def test_the_request_to_accept_is_the_one_that_concerns_the_two() -> None:
    namesake = replace(THEIRS, uuid="namesake", peer_svm_uuid="oslo/svm_gold_dr", state="pending")
    of_other_svm = replace(THEIRS, uuid="other", svm="svm_silver", state="pending")
    plan = peering(a_peer(state="initiated"), replace(THEIRS, state="pending"), namesake, of_other_svm)
    assert asked(plan) == [("paris", replace(ACCEPT, uuid=THEIRS.uuid))]


def test_a_cluster_peer_goes_by_what_it_calls_itself_and_is_asked_for_by_its_local_name() -> None:
    renamed = (ClusterPeer(uuid="p", name="site-a", remote="paris", available=True),)
    assert asked(peering(None, None, cluster_peers=renamed))[0] == ("lyon", replace(ASK, peer_cluster="site-a"))
    assert peering(a_peer(peer_cluster="site-a"), THEIRS, cluster_peers=renamed).refusals == ()


@pytest.mark.parametrize(
    ("peers", "why"),
    [
        ((), "there is no such cluster peer"),
        ((ClusterPeer(uuid="p", name="paris", remote="oslo", available=True),), "there is no such cluster peer"),
        (
            (ClusterPeer(uuid="p", name="x", remote="paris", available=False),),
            "its cluster peer there is not available",
        ),
    ],
)
def test_clusters_that_are_not_peered_are_refused(peers: tuple[ClusterPeer, ...], why: str) -> None:
    plan = peering(a_peer(), THEIRS, cluster_peers=peers)
    (refusal,) = plan.refusals
    assert refusal.text == f"lyon cannot reach paris (paris): {why}"
    assert plan.steps == ()


def test_inside_one_cluster_nothing_has_to_be_accepted_and_no_cluster_peer_is_needed() -> None:
    home = a_cluster_view(HOME, [a_volume()], peers=())
    local = replace(a_cluster_view(LYON, peers=()), identity=home.identity, cluster_peers=())
    plan = protect({"paris": home, "lyon": local}, a_group(LYON))
    assert [change for _, change in asked(plan)] == [ASK]


def test_of_two_targets_of_equal_names_each_is_peered() -> None:
    view = {"paris": a_cluster_view(HOME, [a_volume()], peers=())}
    view |= {backend.cluster: a_cluster_view(backend, peers=()) for backend in (LYON, NICE)}
    plan = protect(view)
    accepted = [(act.backend, act.change.peer_svm_uuid) for act in acts(plan) if isinstance(act.change, AcceptSvmPeer)]
    assert accepted == [("gold-lyon", "lyon/svm_gold_dr"), ("gold-nice", "nice/svm_gold_dr")]
