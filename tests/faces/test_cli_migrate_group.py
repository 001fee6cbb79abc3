"""A group brought to another home, as commands are typed: shown, carried out, interrupted, gone on with and undone."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.faces.labs import Lab, Tree, done, made, some_files
from tests.faces.terminal import SCRIPT

pytestmark = pytest.mark.slow

MIGRATE = ("migrate", "gold", "--to", "gold-oslo", "--aggregate", "aggr1_oslo")
TITLE = "Bring gold from gold-paris to gold-oslo, and its mirrors with it"
CONFIGURE = "name gold-oslo as the home of gold in the configuration, and gold-paris no more."


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Lab]:
    """paris with two volumes that are mirrored to lyon; oslo holds nothing."""
    with made(tmp_path / "lab", "paris", "lyon", "oslo") as lab:
        lab.site.seed("paris", some_files(tmp_path / "files", 6), volumes=2)
        configure(lab, only_lyon)
        done(lab.typed("apply", "--yes"))
        yield lab


def only_lyon(gold: Tree) -> None:
    gold["targets"] = [each for each in gold["targets"] if each["backend"] == "gold-lyon"]


def configure(lab: Lab, change: Callable[[Tree], None]) -> None:
    """The group's part of the configuration, changed by hand."""
    path = lab.folder / "datamotion.yaml"
    tree = yaml.safe_load(path.read_text())
    change(tree["groups"]["gold"])
    path.write_text(yaml.safe_dump(tree))


def serves(lab: Lab, cluster: str, svm: str) -> set[str]:
    exports = lab.site.exports(cluster, svm)
    return {path.name for path in exports.iterdir()} if exports.exists() else set()


def words(said: str) -> str:
    return " ".join(said.split())


def test_it_is_shown_carried_out_and_configured(three: Lab) -> None:
    shown, in_json = three.looked(*MIGRATE, "--dry-run")
    told = words(shown.out)
    assert shown.status == 0
    assert TITLE in told
    assert "SnapMirror, cut-over, and its mirrors follow: taken" in told
    assert "Then: gold-lyon is told to mirror gold-oslo, with no new baseline." in told
    assert "vol_1, vol_2: the old volume at gold-paris, once the new one serves" in told
    assert f"Then: When it is done, {CONFIGURE}" in told
    assert in_json.plan["title"] == TITLE
    explained, _ = three.looked(*MIGRATE, "--explain")
    assert (explained.status, TITLE in words(explained.out)) == (0, True)
    carried = done(three.typed(*MIGRATE, "--yes"))
    told = words(carried.out)
    assert f"{TITLE}: done in " in told
    assert "done: vol_1, vol_2" in told
    assert f"Note: When it is done, {CONFIGURE}" in told
    assert (serves(three, "paris", "svm_gold"), serves(three, "oslo", "svm_gold_dr")) == (set(), {"vol_1", "vol_2"})
    again, in_json = three.looked(*MIGRATE, "--dry-run")
    assert (again.status, in_json.plan["changes"]) == (0, 0)
    assert f"Note: gold is served by gold-oslo: {CONFIGURE}" in words(again.out)
    assert "no such migration is under way" in three.typed(*MIGRATE, "--abort", "--yes").out
    configure(three, lambda gold: gold.update(home="gold-oslo"))
    seen = done(three.typed("status"))
    assert "gold is served by gold-oslo" in seen.out
    done(three.typed("update", "gold"))
    three.typed(*MIGRATE, "--yes").failed_cleanly(2, "gold-oslo is the home of gold")


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("is_undone", [False, True])
@pytest.mark.sweep
def test_interrupted_while_clients_wait_it_goes_on_or_back_by_the_same_command(three: Lab, is_undone: bool) -> None:
    three.lab("pace", "set", "paris", "--route", "POST /storage/volumes/*/snapshots", "--held")
    with subprocess.Popen(
        [SCRIPT, *MIGRATE, "--yes", "-c", three.folder / "datamotion.yaml"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "... paris: Take the last snapshot" in line:
                break
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "at gold-paris is frozen, its clients cannot write" in words(err)
    assert "datamotion migrations shows it, the same command goes on with it, with --abort back" in words(err)
    three.lab("pace", "clear", "paris")
    left = three.typed("runs")
    goes_on = f"datamotion {shlex.join(MIGRATE)}"
    assert (left.status, f"{goes_on} goes on with it" in words(left.out)) == (1, True), left
    listed = done(three.typed("migrations", "-o", "json")).report["migrations"]
    assert {(each["volume"], each["source"], each["to"]) for each in listed} == {
        (name, "gold-paris", "gold-oslo") for name in ("vol_1", "vol_2")
    }
    if is_undone:
        assert "Undo the migration to gold-oslo: done in" in done(three.typed(*MIGRATE, "--abort", "--yes")).out
        assert serves(three, "paris", "svm_gold") == {"vol_1", "vol_2"}
        assert serves(three, "oslo", "svm_gold_dr") == set()
        assert "gold is served by gold-paris" in done(three.typed("status")).out
        done(three.typed("update", "gold"))
    else:
        assert "It went on from run" in done(three.typed(*MIGRATE, "--yes")).out
        assert serves(three, "oslo", "svm_gold_dr") == {"vol_1", "vol_2"}
        configure(three, lambda gold: gold.update(home="gold-oslo"))
        assert "gold is served by gold-oslo" in done(three.typed("status")).out
    assert done(three.typed("runs", "-o", "json")).report["runs"] == []
    assert "Nothing is on its way" in done(three.typed("migrations")).out
