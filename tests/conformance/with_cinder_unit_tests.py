"""OpenStack Cinder's own unit tests of its NetApp drivers, with ours in place. `make conformance`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conformance.environments import program, variables

DISTRIBUTION = Path(__file__).parents[2] / "datamotion-cinder"
MIXIN, NFS, BLOCK = (
    "NetAppCDOTDataMotionMixinTestCase",
    "NetAppCmodeNfsDriverTestCase",
    "NetAppBlockStorageCmodeLibraryTestCase",
)
IN_A_CHILD = "it is done by a child process with the back end's section, and the test has no such section"
CLASS_IS_REPLACED = "the test replaces the method in Cinder's class, before which ours stands"
ALSO_OURS = "while failed over there is more to do: a home that is back is fenced, mirrors follow who serves"
NOTHING_IS_ASKED = "nothing is asked of the home, so that the service starts without it"
MOVES_DATA = "failback brings home what was written elsewhere; Cinder's speaks with the home again, and that is all"
NO_CONFIGURATION = "the same refusal, but whose code it is depends on the configuration, which the test has not"
MAKES_PEERS = "what copies between SVMs makes them peers too, or adds what for"
DIFFERENCES = {
    **{
        f"{case}.{name}": IN_A_CHILD
        for case in (NFS, BLOCK)
        for name in (
            "test_failover",
            "test_failover_host",
            "test_failover_host_unable_to_failover",
            "test_failover_unable_to_failover",
        )
    },
    **{f"{case}.test_handle_housekeeping_tasks_1": CLASS_IS_REPLACED for case in (NFS, BLOCK)},
    **{f"{case}.test_handle_housekeeping_tasks_2": ALSO_OURS for case in (NFS, BLOCK)},
    f"{MIXIN}.test__failover_host_no_suitable_target": IN_A_CHILD,
    f"{MIXIN}.test__failover_host_to_custom_host": IN_A_CHILD,
    f"{MIXIN}.test__failover_no_suitable_target": IN_A_CHILD,
    f"{MIXIN}.test__failover_to_custom_host": IN_A_CHILD,
    f"{MIXIN}.test__failover_host_to_default": MOVES_DATA,
    f"{MIXIN}.test__failover_to_default": MOVES_DATA,
    f"{MIXIN}.test__failover_host_to_same_host": NO_CONFIGURATION,
    f"{MIXIN}.test__failover_to_same_host": NO_CONFIGURATION,
    **{f"{BLOCK}.test_copy_lun{each}": IN_A_CHILD for each in ("", "_error_1", "_error_2", "_error_3")},
    f"{MIXIN}.test_create_vserver_peer": MAKES_PEERS,
    f"{MIXIN}.test_create_vserver_peer_already_exists": MAKES_PEERS,
    f"{MIXIN}.test_create_vserver_peer_application_not_defined": MAKES_PEERS,
    f"{MIXIN}.test_ensure_snapmirrors": IN_A_CHILD,
    f"{MIXIN}.test_ensure_snapmirrors_number_of_tries_exceeded": IN_A_CHILD,
    f"{MIXIN}.test_validate_no_conflicting_snapmirrors_manual_different_name": NOTHING_IS_ASKED,
    f"{MIXIN}.test_validate_no_conflicting_snapmirrors_no_existing_mirrors": NOTHING_IS_ASKED,
}
"""Tests that do not pass with ours, and why. All others end as they do with Cinder's."""


def outcome(folder: Path, whose: str) -> tuple[int, set[str]]:
    """How many ran, and which did not pass, by class and method."""
    script = str(Path(__file__).with_name("cinder_unit_tests.py"))
    command = [program("cinder", "python"), script, str(DISTRIBUTION), whose]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=variables(folder), cwd=folder)
    assert ended.returncode == 0, ended.stderr[-3000:]
    told: dict[str, Any] = json.loads(ended.stdout)
    return told["ran"], {".".join(name.rsplit(".", 2)[1:]) for name in told["failed"]}


def test_all_of_them_end_as_with_cinders_own_but_for_those_that_say_how_it_is_done(tmp_path: Path) -> None:
    ran, failed = outcome(tmp_path, "cinders")
    ran_with_ours, failed_with_ours = outcome(tmp_path, "ours")
    assert ran == ran_with_ours > 400
    assert failed_with_ours - failed == set(DIFFERENCES)
    assert failed - failed_with_ours == set()
