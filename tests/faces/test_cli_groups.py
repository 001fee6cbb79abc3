"""Several groups by one command, on a lab of real processes: one plan, all side by side, each told apart."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.faces.documents import check_document
from tests.faces.labs import Lab, World, done, some_files
from tests.faces.terminal import SCRIPT, typed
from tests.ontaplab.site.labs import client_of


def with_silver(lab: Lab, files: Path) -> Lab:
    """Two volumes of gold's, and beside it a group whose SVMs are others of the same clusters; all is mirrored."""
    lab.site.seed("paris", some_files(files, 4), volumes=2)
    for cluster in ("paris", "lyon"):
        with client_of(lab.site, cluster) as client:
            client.post("svm/svms?return_timeout=60", json={"name": "svm_silver"}).raise_for_status()
    with client_of(lab.site, "paris") as client:
        body = {"name": "vol_1", "svm.name": "svm_silver", "aggregates": [{"name": "aggr1_paris"}], "size": 2**26}
        answer = client.post("storage/volumes?return_timeout=60", json={**body, "nas.path": "/vol_1"})
        answer.raise_for_status()
    path = lab.folder / "datamotion.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["backends"]["silver-paris"] = {"cluster": "paris", "svm": "svm_silver", "volumes": ["vol_*"]}
    tree["backends"]["silver-lyon"] = {"cluster": "lyon", "svm": "svm_silver"}
    gold = tree["groups"]["gold"]
    target = {**gold["targets"][0], "backend": "silver-lyon"}
    tree["groups"]["silver"] = {**gold, "home": "silver-paris", "targets": [target]}
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    done(lab.typed("apply", "--yes"))
    return lab


def silver_loses_its_mirror(lab: Lab) -> None:
    with client_of(lab.site, "lyon") as client:
        found = client.get("snapmirror/relationships", params={"destination.path": "svm_silver:vol_1"}).json()
        answer = client.delete(f"snapmirror/relationships/{found['records'][0]['uuid']}?return_timeout=60")
        answer.raise_for_status()


@pytest.mark.slow
def test_a_site_is_lost_and_of_two_groups_one_is_refused_while_the_other_is_served(lab: Lab, tmp_path: Path) -> None:
    with_silver(lab, tmp_path / "files")
    silver_loses_its_mirror(lab)
    lab.lab("kill", "paris")
    shown, in_json = lab.looked("failover", "silver", "gold", "silver", "--dry-run", "--no-reprotect")
    assert shown.status == 3
    first, *rest = shown.out.splitlines()
    assert first.startswith("Failover, 2 groups: 1 refused, 1 to be carried out (2 volumes, 6 steps, at worst the last")
    titles = [line.split()[1] for line in rest if line.startswith("Fail ")]
    assert titles == ["silver", "gold"], "the worst first"
    assert [(each["group"], each["verdict"]) for each in in_json.report] == [("silver", "refused"), ("gold", "done")]
    ended = lab.typed("failover", "--all", "--yes", "--no-reprotect")
    assert ended.status == 3
    assert "2 groups: 1 done, 1 refused" in ended.out
    assert "gold-lyon serves gold" in ended.out
    lines = ended.err.splitlines()
    assert len(lines) > 4
    assert all(line.startswith("gold: ") for line in lines), ended.err
    assert lines[-1].startswith("gold: ok  failover: done in ")
    again = lab.typed("failover", "--all", "--yes", "--no-reprotect", "-o", "json")
    check_document(again.document)
    assert (again.status, again.document["exit_status"]) == (3, 3)
    told = [(each["group"], each["verdict"], each["run"]) for each in again.report]
    assert told == [("gold", "done", None), ("silver", "refused", None)]


@pytest.mark.slow
def test_all_of_them_go_on_together_and_what_follows_does_too(lab: Lab, tmp_path: Path) -> None:
    with_silver(lab, tmp_path / "files")
    swapped = lab.typed("failover", "gold", "silver", "--planned", "--yes", "-o", "json")
    check_document(swapped.document)
    told = [(each["operation"], each["group"], each["follows"], each["verdict"]) for each in done(swapped).report]
    assert told == [
        ("failover", "gold", None, "done"),
        ("failover", "silver", None, "done"),
        ("reprotect", "gold", "failover", "done"),
        ("reprotect", "silver", "failover", "done"),
    ]
    *events, last = map(json.loads, done(lab.typed("failback", "--all", "--yes", "-o", "jsonl")).out.splitlines())
    for each in (*events, last):
        check_document(each)
    assert {(each["event"]["group"], each["event"]["operation"]) for each in events} == {
        (group, operation) for group in ("gold", "silver") for operation in ("failover", "reprotect")
    }
    assert len(last["report"]) == 4
    seen = done(lab.typed("status", "silver", "gold", "-o", "json"))
    assert [(each["name"], each["serving"]) for each in seen.report["groups"]] == [
        ("silver", "silver-paris"),
        ("gold", "gold-paris"),
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_one_signal_ends_all_of_them_and_each_tells_whose_clients_wait(lab: Lab, tmp_path: Path) -> None:
    with_silver(lab, tmp_path / "files")
    lab.lab("pace", "set", "paris", "--route", "POST /storage/volumes/*/snapshots", "--held")
    awaited = {"gold", "silver"}
    with subprocess.Popen(
        [SCRIPT, "failover", "--all", "--planned", "--yes", "-c", lab.folder / "datamotion.yaml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "... paris: Take the last snapshot" in line:
                awaited.discard(line.partition(":")[0])
            if not awaited:
                break
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "2 groups: 2 interrupted" in out
    assert "gold: !   vol_1 at gold-paris is frozen" in err, err
    assert "silver: !   vol_1 at silver-paris is frozen" in err, err
    assert err.endswith("interrupted. Run the same command again: it begins with what the clusters show.\n")
    lab.lab("pace", "clear", "paris")
    assert done(lab.typed("failover", "--all", "--abort", "--yes")).out.count("Gone back") == 0
    assert "frozen" not in lab.typed("status").out


def test_which_groups_are_meant_has_to_be_said(world: World) -> None:
    config = world.configured()
    with world.unchanged():
        typed("failover", "-c", config).failed_cleanly(2, "no group is named", "gold", "--all")
        typed("reprotect", "gold", "--all", "-c", config).failed_cleanly(2, "--all is instead of naming groups")
        typed("failover", "gold", "lead", "--dry-run", "-c", config).failed_cleanly(2, "no group 'lead'")
        once = typed("apply", "gold", "gold", "--dry-run", "-o", "json", "-c", config)
        assert [each["group"] for each in once.report] == ["gold"]
        discarded = ("--discard-divergent", "gold-oslo", "--dry-run", "-c", config)
        typed("reprotect", "--all", *discarded).failed_cleanly(2, "gold-oslo is no back end of gold")
