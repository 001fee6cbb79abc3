"""`apply --peer-clusters` on a terminal: the passphrase is asked for, and shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.labs import Lab, some_files
from tests.faces.on_terminal import on_terminal
from tests.faces.terminal import SCRIPT, typed
from tests.ontaplab.site.labs import client_of, records

pytestmark = pytest.mark.slow


def make_strangers(lab: Lab) -> None:
    for name in ("paris", "lyon"):
        with client_of(lab.site, name) as client:
            for peer in records(lab.site, name, "/cluster/peers"):
                client.delete(f"/cluster/peers/{peer['uuid']}").raise_for_status()


def test_a_passphrase_that_is_typed_makes_peers_and_is_not_shown(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    make_strangers(lab)
    words = ("apply", "--peer-clusters", "--yes", "-c", lab.folder / "datamotion.yaml")
    with on_terminal(SCRIPT, *words, environ={"NO_COLOR": "1", "TERM": "dumb"}) as terminal:
        shown = terminal.read_until("Passphrase of the cluster peers: ")
        terminal.press(b"between us two\n")
        shown += terminal.read_until("Repeat for confirmation: ")
        terminal.press(b"between us two\n")
        shown += terminal.read_to_the_end()
    assert "done: vol_1" in shown
    assert "between us" not in shown
    (peer,) = records(lab.site, "lyon", "/cluster/peers", fields="status.state")
    assert peer["status"]["state"] == "available"


def test_where_nobody_can_be_asked_the_key_that_names_a_passphrase_is_told(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    make_strangers(lab)
    run = typed("apply", "--peer-clusters", "--yes", "-c", lab.folder / "datamotion.yaml")
    assert run.status == 1
    assert "`peer_passphrase`" in run.out + run.err
    assert records(lab.site, "lyon", "/cluster/peers") == []
