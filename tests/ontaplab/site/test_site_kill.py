"""Clusters end and come back; nothing acknowledged is lost, nobody else is hit."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ontaplab.folder import ClusterFolder, FolderHeld
from ontaplab.site import Site, SiteError, processes
from tests.ontaplab.site.labs import client_of, status_of, volume_names

pytestmark = pytest.mark.slow


def test_what_a_killed_cluster_held_is_there_again_after_its_start(lab: Site) -> None:
    with client_of(lab, "paris") as client:
        made = client.post(
            "/storage/volumes?return_timeout=60",
            json={
                "name": "kept",
                "svm": {"name": "svm_gold"},
                "aggregates": [{"name": "aggr1_paris"}],
                "size": "64MB",
                "nas": {"path": "/kept"},
            },
        )
        assert made.status_code == 201, made.text
        (lab.exports("paris", "svm_gold") / "kept" / "note.txt").write_text("written by a client")
        killed = lab.kill("paris")
        with pytest.raises(httpx.TransportError):
            client.get("/cluster")
    assert status_of(lab, "paris").pid is None
    assert status_of(lab, "paris").volumes == 1, "what a stopped cluster holds is told"
    with pytest.raises(SiteError, match="paris is not running"):
        lab.kill("paris")
    lab.start("paris")
    assert status_of(lab, "paris").pid not in (None, killed)
    assert volume_names(lab, "paris") == {"kept"}
    assert (lab.volume_path("paris", "svm_gold", "kept") / "note.txt").read_text() == "written by a client"
    with client_of(lab, "paris") as client:
        assert client.delete("/storage/volumes?name=kept&return_timeout=60").status_code == 200


def test_a_cluster_ends_cleanly_and_at_once_while_clients_keep_connections(lab: Site) -> None:
    with client_of(lab, "lyon") as client:
        assert client.get("/svm/svms").json()["num_records"] == 1
        lab.stop("lyon")
    said = (lab.folder / "lyon" / "cluster.log").read_text()
    times = re.findall(r"^\S+ \d+:(\d+):(\d+),(\d+) .*(SIGTERM: ending|Finished server process)", said, re.MULTILINE)
    (asked, ended) = [int(m) * 60 + int(s) + int(ms) / 1000 for m, s, ms, _ in times[-2:]]
    assert (ended - asked) % 3600 < 3.0
    assert "Traceback" not in said
    lab.stop("lyon")
    lab.start("lyon")
    assert status_of(lab, "lyon").pid is not None


def test_a_cluster_that_hangs_is_shown_running_and_can_be_killed(lab: Site) -> None:
    pid = status_of(lab, "lyon").pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    assert status_of(lab, "lyon").pid == pid
    assert lab.kill("lyon") == pid
    assert status_of(lab, "lyon").pid is None
    lab.start("lyon")


def test_a_folder_is_held_by_one_process_until_that_ends(tmp_path: Path) -> None:
    hold = f"import pathlib, ontaplab.folder as f; f.ClusterFolder(pathlib.Path({str(tmp_path)!r})).hold()"
    script = f"{hold}; print('held', flush=True); input()"
    folder = ClusterFolder(tmp_path)
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert processes.running(folder) == holder.pid
        with pytest.raises(FolderHeld, match=f"process {holder.pid} "):
            folder.hold()
        assert processes.kill(folder) == holder.pid
    assert processes.running(folder) is None


def test_a_process_that_has_a_dead_clusters_id_is_never_killed(tmp_path: Path) -> None:
    folder = ClusterFolder(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as innocent:
        (tmp_path / "pid").write_text(str(innocent.pid))
        assert processes.running(folder) is None
        assert processes.kill(folder) is None
        assert processes.stop(folder) is None
        assert innocent.poll() is None
