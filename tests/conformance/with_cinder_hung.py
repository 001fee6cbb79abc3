"""Clusters that accept connections and never answer, below the whole of cinder-volume. `make conformance`."""

from __future__ import annotations

import time

from tests.conformance.cinder_cloud import AT_HOME, POOLS, Cloud, failed_over, replication, set_up
from tests.conformance.openstack import HOME, SVMS, TARGETS
from tests.ontaplab.site.labs import eventually

HUNG = {"kind": "hang"}
ROUND_S, TO_END_S = 30, 60
"""What a round of the housekeeping may take, and what the child may that is told to end then."""
ONE_LOOK_S = 120
"""What a look at a cluster may take as a whole, after which a failover goes on without it."""


def test_a_home_that_never_answers_is_failed_over_and_the_housekeeping_goes_on(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
        cloud.world.site.add_fault(HOME, HUNG)
        began = time.monotonic()
        row = cinder("failover", "lyon")
        took_s = time.monotonic() - began
        assert row == failed_over("lyon")
        assert took_s < ONE_LOOK_S, took_s
        assert replication(cloud, cinder) == {"failed-over"}
        assert [cloud.read("lyon", cinder, name) for name in "ab"] == [b"first"] * 2
        cinder("housekeeping")
        cloud.world.site.clear_faults(HOME)
        cinder("housekeeping")
        eventually(lambda: cloud.sources("nice") == {f"{SVMS['lyon']}:{pool}" for pool in POOLS}, 60)


def test_a_target_that_never_answers_keeps_the_housekeeping_no_longer_than_it_may_take(cloud: Cloud) -> None:
    with cloud.cinder() as cinder:
        set_up(cloud, cinder)
    cloud.say(f"datamotion_housekeeping_timeout = {ROUND_S}")
    with cloud.cinder() as cinder:
        cloud.world.site.add_fault("nice", HUNG)
        began = time.monotonic()
        cinder("housekeeping")
        took_s = time.monotonic() - began
        assert took_s < 2 * (ROUND_S + TO_END_S), took_s  # the driver's own round may have had its turn before
        assert cinder("row") == AT_HOME
        cloud.world.site.clear_faults("nice")
        cinder("housekeeping")
        assert cloud.is_mirrored()
        assert set(cloud.uuids()) == {*TARGETS}
