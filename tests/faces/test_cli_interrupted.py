"""A command that is ended while clients wait for it: whoever ended it is told whom it left waiting, and what to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datamotion.model.plan import Plan
from datamotion.model.words import Operation
from datamotion.store.journal import open_store
from tests.faces.labs import Lab, done, some_files
from tests.faces.terminal import SCRIPT
from tests.profile import thinned


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("how", "began"),
    thinned([(signal.SIGINT, "exec"), (signal.SIGTERM, "trap '' INT; exec"), (signal.SIGHUP, "exec")], 3),
)
def test_whose_clients_wait_is_told_with_the_two_ways_on(
    lab: Lab, tmp_path: Path, how: signal.Signals, began: str
) -> None:
    """In the background of a script interrupts are ignored, and no request to end is."""
    lab.site.seed("paris", some_files(tmp_path / "files", 2), volumes=1)
    done(lab.typed("apply", "--yes"))
    lab.lab("pace", "set", "paris", "--route", "POST /storage/volumes/*/snapshots", "--held")
    with subprocess.Popen(
        ["sh", "-c", f"{began} {SCRIPT} failover gold --yes -c {lab.folder}/datamotion.yaml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "... paris: Take the last snapshot" in line:
                break
        process.send_signal(how)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "vol_1 at gold-paris is frozen, its clients cannot write" in err
    assert "datamotion failover gold --abort lets clients in again" in err
    assert err.endswith("interrupted. Run the same command again: it begins with what the clusters show.\n")
    lab.lab("pace", "clear", "paris")
    assert "frozen" in lab.typed("status").out
    done(lab.typed("failover", "gold", "--abort", "--yes"))
    assert "frozen" not in lab.typed("status").out


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    ("imported", "began"), [("datamotion.cli.status", "exec"), ("datamotion.service.session", "trap '' INT; exec")]
)
def test_a_signal_before_the_command_begins_is_told_as_any(tmp_path: Path, imported: str, began: str) -> None:
    """It comes while what the command needs is imported: here a module that sends it. In the background of a script
    interrupts are ignored.
    """
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {imported!r}:\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    command = ["sh", "-c", f"{began} {SCRIPT} status"]
    ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr.splitlines()[0].startswith("interrupted")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_of_a_migration_it_is_told_where_to_see_what_is_left_and_how_to_undo_it(lab: Lab, tmp_path: Path) -> None:
    lab.site.seed("paris", some_files(tmp_path / "files", 6), volumes=2)
    lab.lab("pace", "set", "paris", "--route", "POST /storage/file/copy", "--held")
    file = next(lab.at_home("vol_1").rglob("*.bin")).relative_to(lab.at_home("vol_1"))
    what = [f"gold-paris:vol_1/{file}", "--to", f"gold-paris:vol_2/{file.name}"]
    with subprocess.Popen(
        [SCRIPT, "migrate", *what, "--yes", "-c", lab.folder / "datamotion.yaml"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "... paris: Copy the file" in line:
                break
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "datamotion migrations shows it, the same command goes on with it, with --abort back" in err


@pytest.mark.slow
def test_a_migration_of_which_the_store_alone_tells_is_cleared_by_what_is_named(lab: Lab, tmp_path: Path) -> None:
    lab.site.seed("paris", some_files(tmp_path / "files", 2), volumes=1)
    what = ("gold-paris:vol_1", "--to", "gold-lyon")
    plan = Plan(
        operation=Operation.MIGRATE,
        group="migrate.gold-paris.gold-lyon",
        title="Migrate vol_1 from gold-paris to gold-lyon",
        options=("gold-paris:vol_1", "--to gold-lyon", "--aggregate aggr1_lyon"),
    )
    with open_store(str(lab.folder / "datamotion.db")) as store:
        store.begin(plan, datetime.now(UTC), "somebody@somewhere, process 1")
    left = lab.typed("runs")
    way = "datamotion migrate gold-paris:vol_1 --to gold-lyon goes on with it, with --abort back"
    assert (left.status, way in " ".join(left.out.split())) == (1, True), left
    assert "Nothing is on its way" in done(lab.typed("migrations")).out
    shown, _ = lab.looked("migrate", *what, "--abort", "--dry-run")
    assert (shown.status, lab.typed("runs").status) == (0, 1)
    cleared = done(lab.typed("migrate", *what, "--abort", "--yes"))
    assert "Nothing of it is seen to have come about" in " ".join(cleared.out.split())
    assert "No run goes on, and none was left" in done(lab.typed("runs")).out
    assert "no such migration is under way" in lab.typed("migrate", *what, "--abort", "--yes").out
    file = next(lab.at_home("vol_1").rglob("*.bin")).relative_to(lab.at_home("vol_1"))
    many = (f"gold-paris:vol_1/{file.parent}/", "--to", "gold-paris:vol_1/new/")
    places = (f"gold-paris:vol_1/{file}", f"gold-paris:vol_1/new/{file.name}")
    with open_store(str(lab.folder / "datamotion.db")) as store:
        name = f"migrate.gold-paris.vol_1:{str(file).replace('/', ':')}"
        store.begin(replace(plan, group=name, places=places), datetime.now(UTC), "somebody@somewhere, process 1")
    cleared = done(lab.typed("migrate", *many, "--abort", "--yes"))
    assert "Nothing of it is seen to have come about" in " ".join(cleared.out.split())
    assert "No run goes on, and none was left" in done(lab.typed("runs")).out
