"""Two nodes of cinder-volume for one back end, both active, in processes of their own. `make conformance`.

Each has its own state, so that nothing of datamotion's keeps their children apart; they share Cinder's database and the
folder of its coordination. Messages stay within a process: what one node tells the other the test passes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.conformance.cinder_cloud import AT_HOME, Cloud, failed_over, replication, set_up
from tests.conformance.openstack import HOME, TARGETS, Service
from tests.ontaplab.site.labs import eventually


@contextmanager
def two_nodes(cloud: Cloud) -> Iterator[tuple[Service, Service]]:
    """The first one made two volumes, which are mirrored."""
    with cloud.cinder(node=1) as one:
        set_up(cloud, one)
        with cloud.cinder(node=2) as other:
            assert other("is_working")
            eventually(lambda: len(cloud.host.acts()) == 2 * len(("one", "other")), 60)  # the first round of each
            yield one, other


def is_one_at_a_time(acts: Sequence[str]) -> bool:
    """Each ended before the next one began."""
    words = [each.split() for each in acts]
    return all(
        (begins[0], ends[0], begins[1]) == ("begins", "ends", ends[1])
        for begins, ends in zip(words[::2], words[1::2], strict=True)
    )


def has_ended(cloud: Cloud) -> bool:
    """Whether all of what goes on behind a failover is over, the mirrors that follow who serves included."""
    acts = cloud.host.acts()
    return "ends failover" in acts and acts[-1] == "ends reprotect"


def test_housekeeping_of_one_node_and_a_failover_on_the_other_take_turns(cloud: Cloud) -> None:
    with two_nodes(cloud) as (one, other), ThreadPoolExecutor() as pool:
        cloud.write(HOME, one, "a", b"since the last transfer")
        for target in TARGETS:
            cloud.world.site.add_fault(target, {"kind": "latency", "seconds": 0.3})
        before = len(cloud.host.acts())
        keeping = pool.submit(other, "housekeeping")
        eventually(lambda: len(cloud.host.acts()) > before, 60)
        row = one("failover", "nice")
        keeping.result()
        assert row == failed_over("nice")
        cloud.write("nice", one, "a", b"written at nice")
        other("housekeeping")  # it was told of nothing yet
        assert cloud.read("nice", one, "a") == b"written at nice"
        assert other("hear", row) == failed_over("nice")
        other("housekeeping")
        assert replication(cloud, one) == {"failed-over"}
        assert cloud.read("nice", one, "a") == b"written at nice"
        eventually(lambda: has_ended(cloud), 120)
        acts = cloud.host.acts()[before:]
        assert acts[0] == "begins apply"
        assert is_one_at_a_time(acts), acts
        for target in TARGETS:
            cloud.world.site.clear_faults(target)
        other_row = other("failover", "default")  # by the node that did not fail over
        assert other_row == AT_HOME
        assert one("hear", other_row) == AT_HOME
        assert cloud.read(HOME, one, "a") == b"written at nice"


def test_of_two_failovers_at_once_one_is_carried_out_and_both_nodes_agree(cloud: Cloud) -> None:
    with two_nodes(cloud) as nodes, ThreadPoolExecutor() as pool:
        cloud.world.site.kill(HOME)
        before = len(cloud.host.acts())
        rows = [each.result() for each in [pool.submit(node, "carry_over", None) for node in nodes]]
        active = rows[0]["active_backend_id"]
        assert active in TARGETS
        assert rows == [failed_over(active)] * 2
        assert replication(cloud, nodes[0]) == {"failed-over"}
        (other,) = {*TARGETS} - {active}
        assert cloud.world.states(active) == {"broken_off"}
        eventually(lambda: cloud.world.states(other) == {"snapmirrored"}, 120)
        eventually(lambda: len(cloud.host.acts()) % 2 == 0 and has_ended(cloud), 120)
        acts = cloud.host.acts()[before:]
        assert acts.count("begins failover") >= 2
        assert is_one_at_a_time(acts), acts
