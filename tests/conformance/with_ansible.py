"""The netapp.ontap collection for Ansible, unmodified, by playbooks against a lab of processes. `make conformance`.

Each playbook is run twice; the second run has to find nothing to change.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ontaplab.folder import ACCOUNT, ClusterFolder
from ontaplab.site import Site
from tests.conformance.environments import program, variables
from tests.ontaplab.site.labs import a_lab, records

PLAYBOOKS = Path(__file__).with_name("playbooks")
HOSTS = {"paris": "127.0.0.1", "lyon": "localhost"}
"""Modules take two clusters of one host name for the same one."""


class Ansible:
    """`ansible-playbook`, which knows how to log in to a lab's clusters."""

    def __init__(self, site: Site, home: Path) -> None:
        self._site = site
        self._home = home
        self._logins = home / "logins.json"
        self._logins.write_text(json.dumps(_logins(site)))

    def play(self, playbook: str) -> None:
        """The playbook changes something, and then has nothing left to change."""
        assert self._changes(playbook) > 0, f"{playbook} changes nothing"
        assert self._changes(playbook) == 0, f"{playbook} changes something each time"

    def _changes(self, playbook: str) -> int:
        """How many tasks changed something."""
        command = [program("ansible", "ansible-playbook"), "--extra-vars", f"@{self._logins}", f"{playbook}.yml"]
        environment = variables(
            self._home,
            ANSIBLE_HOME=str(self._home),
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
            REQUESTS_CA_BUNDLE=str(self._site.folder / "ca.pem"),
        )
        run = subprocess.run(command, cwd=PLAYBOOKS, env=environment, capture_output=True, text=True, check=False)
        assert run.stdout, run.stderr
        played = json.loads(run.stdout)
        assert run.returncode == 0, f"{playbook}: {_failures(played)}"
        return int(played["stats"]["localhost"]["changed"])


def _logins(site: Site) -> dict[str, Any]:
    clusters = {name: ClusterFolder(site.folder / name) for name in site.clusters}
    logins: dict[str, Any] = {
        name: {
            "hostname": HOSTS[name],
            "http_port": cluster.settings().port,
            "username": ACCOUNT,
            "password": cluster.password(),
            "https": True,
            "validate_certs": True,
            "use_rest": "always",
        }
        for name, cluster in clusters.items()
    }
    return {**logins, "addresses": {name: cluster.settings().address for name, cluster in clusters.items()}}


def _failures(played: dict[str, Any]) -> list[object]:
    results = [task["hosts"]["localhost"] for play in played["plays"] for task in play["tasks"]]
    return [result.get("msg") for result in results if result.get("failed")]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """paris and lyon; paris has two aggregates."""
    with a_lab(tmp_path / "lab", *HOSTS) as site:
        paris = ClusterFolder(site.folder / "paris")
        settings = paris.settings()
        site.stop("paris")
        paris.write_settings(replace(settings, aggregates={**settings.aggregates, "aggr2_paris": 50 * 1024**3}))
        site.start("paris")
        yield site


@pytest.fixture
def ansible(site: Site, tmp_path: Path) -> Ansible:
    return Ansible(site, tmp_path)


def test_a_volume_is_protected_failed_over_and_let_go(site: Site, ansible: Ansible) -> None:
    for playbook in ("cluster_peer_absent", "cluster_peer", "svm_peer", "volume", "volume_modify"):
        ansible.play(playbook)
    for playbook in ("policy", "policy_modify"):
        ansible.play(playbook)
    source = site.volume_path("paris", "svm_gold", "vol_orders") / "file"
    mirror = site.volume_path("lyon", "svm_gold_dr", "vol_orders") / "file"
    source.write_text("first")
    ansible.play("snapmirror")
    assert mirror.read_text() == "first"
    source.write_text("second")
    ansible.play("update")
    assert mirror.read_text() == "second"
    for playbook in ("quiesce", "resume", "break"):
        ansible.play(playbook)
    mirror.write_text("written at the destination")
    ansible.play("resync")
    mirror = site.volume_path("lyon", "svm_gold_dr", "vol_orders") / "file"
    assert mirror.read_text() == "second"
    ansible.play("delete")
    for cluster in HOSTS:
        assert records(site, cluster, "/snapmirror/relationships", list_destinations_only="true") == []
        assert records(site, cluster, "/svm/peers") == []


def test_an_svm_is_made_with_what_belongs_to_it_and_renamed(site: Site, ansible: Ansible) -> None:
    for playbook in ("svm", "svm_rename"):
        ansible.play(playbook)
    (svm,) = records(site, "paris", "/svm/svms", name="svm_store", fields="state,comment")
    assert (svm["state"], svm["comment"]) == ("stopped", "the store's")
    assert [each["name"] for each in records(site, "paris", "/storage/volumes")] == ["vol_shop"]


def test_a_volume_is_cloned_and_the_clone_split(site: Site, ansible: Ansible) -> None:
    ansible.play("volume")
    (site.volume_path("paris", "svm_gold", "vol_orders") / "file").write_text("first")
    ansible.play("clone")
    assert (site.volume_path("paris", "svm_gold", "vol_orders_test") / "file").read_text() == "first"
    ansible.play("clone_split")
    (clone,) = records(site, "paris", "/storage/volumes", name="vol_orders_test", fields="clone.is_flexclone")
    assert clone["clone"]["is_flexclone"] is False


def test_a_volume_is_moved_to_another_aggregate(site: Site, ansible: Ansible) -> None:
    ansible.play("volume")
    file = site.volume_path("paris", "svm_gold", "vol_orders") / "file"
    file.write_text("first")
    ansible.play("move")
    (volume,) = records(site, "paris", "/storage/volumes", name="vol_orders", fields="aggregates.name")
    assert [aggregate["name"] for aggregate in volume["aggregates"]] == ["aggr2_paris"]
    assert file.read_text() == "first"
