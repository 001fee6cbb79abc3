"""A failover from a control host that lacks something: its store, or the secret of a cluster that is not needed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.faces.labs import Lab, done, made, names, some_files
from tests.faces.terminal import SCRIPT, Typed
from tests.faces.test_cli_consent import read_until
from tests.profile import some

pytestmark = pytest.mark.slow


@pytest.fixture
def bereft(lab: Lab, tmp_path: Path) -> Lab:
    """A lab whose one volume is mirrored at lyon, whose paris is lost, and whose store is no database any more."""
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    done(lab.typed("apply", "--yes"))
    lab.lab("kill", "paris")
    store(lab).write_bytes(b"no database" * 100)
    return lab


def store(lab: Lab) -> Path:
    return lab.folder / "datamotion.db"


def journals(lab: Lab) -> list[Path]:
    return list(lab.folder.glob("datamotion-gold-*.jsonl"))


def test_without_anybody_to_ask_a_failover_without_its_store_is_to_be_said_so(bereft: Lab) -> None:
    for form in ("text", "json"):
        refused = bereft.typed("failover", "gold", "--yes", "-o", form)
        assert (refused.status, names(bereft.served_at_target()), journals(bereft)) == (2, [], [])
        assert "file is not a database" in refused.err
        assert "--without-store" in refused.err


def test_a_failover_goes_on_without_its_store_and_keeps_its_journal(bereft: Lab) -> None:
    shown: Typed = done(bereft.typed("failover", "gold", "--yes", "--without-store"))
    assert names(bereft.served_at_target()) == ["vol_1"]
    (path,) = journals(bereft)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    begun, *entries, ended = [json.loads(line) for line in path.read_text().splitlines()]
    assert (begun["group"], begun["operation"], ended["phase"]) == ("gold", "failover", "done")
    assert {"intended", "answered", "reached"} <= {each["note"] for each in entries}
    assert shown.err.count("file is not a database") == 1
    assert str(path) in shown.err
    assert store(bereft).read_bytes() == b"no database" * 100


def test_what_cannot_follow_a_failover_without_its_store_is_a_warning(tmp_path: Path) -> None:
    """No error: the failover came about, as the exit status says."""
    with made(tmp_path / "lab", "paris", "lyon", "nantes") as lab:
        lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
        done(lab.typed("apply", "--yes"))
        lab.lab("kill", "paris")
        store(lab).write_bytes(b"no database" * 100)
        shown = done(lab.typed("failover", "gold", "--to", "gold-lyon", "--yes", "--without-store"))
        assert "warning: reprotect: the store" in shown.err
        assert "error:" not in shown.err
        assert "Who serves may not be known: the store" in " ".join(shown.out.split())


@pytest.mark.parametrize("where", some(["nobody", "a full disk"]))
def test_a_failover_goes_on_where_its_progress_cannot_be_written(bereft: Lab, where: str) -> None:
    store(bereft).unlink()
    reader, pipe = os.pipe()
    os.close(reader)
    device = os.open("/dev/full", os.O_WRONLY)
    ended = subprocess.run(
        [SCRIPT, "failover", "gold", "--yes"],
        cwd=bereft.folder,
        stdout=subprocess.PIPE,
        stderr=device if where == "a full disk" else pipe,
        text=True,
        check=False,
    )
    os.close(pipe)
    os.close(device)
    assert (ended.returncode, names(bereft.served_at_target())) == (0, ["vol_1"])
    assert "gold-lyon serves gold, epoch 2" in ended.stdout


def test_other_operations_stop_without_a_store(bereft: Lab) -> None:
    bereft.lab("start", "paris")
    store(bereft).unlink()
    store(bereft).mkdir()
    config = bereft.folder / "datamotion.yaml"
    tree = yaml.safe_load(config.read_text())
    tree["groups"]["gold"]["targets"][0]["schedule"] = "daily"
    config.write_text(yaml.safe_dump(tree))
    stopped = bereft.typed("apply", "--yes")
    assert stopped.status == 2
    assert "cannot be opened" in stopped.err


def test_the_secret_of_another_target_is_not_needed(bereft: Lab) -> None:
    store(bereft).unlink()
    config = bereft.folder / "datamotion.yaml"
    tree = yaml.safe_load(config.read_text())
    tree["clusters"]["nantes"] = {"url": "https://nantes.invalid", "user": "admin", "password": {"env": "NANTES"}}
    tree["backends"]["gold-nantes"] = {"cluster": "nantes", "svm": "svm_gold"}
    tree["groups"]["gold"]["targets"].append({"backend": "gold-nantes", "aggregates": ["aggr1"]})
    config.write_text(yaml.safe_dump(tree))
    status = bereft.typed("status")
    assert "environment variable NANTES is not set" in status.out
    shown = bereft.typed("failover", "gold", "--to", "gold-lyon", "--yes")
    assert names(bereft.served_at_target()) == ["vol_1"]
    assert "NANTES is not set" in shown.out


def test_a_person_who_is_asked_is_told_that_the_store_is_of_no_use(bereft: Lab) -> None:
    keyboard, terminal = os.openpty()
    words = ["failover", "gold", "-c", str(bereft.folder / "datamotion.yaml")]
    with (
        open(keyboard, "r+b", buffering=0) as screen,  # noqa: PTH123
        open(terminal, "r+b", buffering=0) as tty,  # noqa: PTH123
        subprocess.Popen([SCRIPT, *words], stdin=tty, stdout=subprocess.PIPE, stderr=tty) as process,
    ):
        asked = read_until(b"Carry this out?", screen)
        screen.write(b"y\n")
        read_until(b'"phase": "done"', screen)
        process.communicate(timeout=60)
    assert b"file is not a database. The failover can go on without it" in asked
    assert process.returncode == 0
    assert names(bereft.served_at_target()) == ["vol_1"]
