"""What was done, as a person asks for it: history, of a store that real runs have written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.labs import Lab, World, done, some_files
from tests.faces.terminal import offered, typed

pytestmark = pytest.mark.slow


def test_who_did_what_and_why_is_told_in_text_and_json(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 2)
    shown, _ = lab.looked("history")
    assert (shown.status, shown.out.strip()) == (0, "Nothing was done yet, as far as the store knows.")
    config = ("-c", str(lab.folder / "datamotion.yaml"))
    assert offered("volumes", "pause", "gold", *config) == []
    done(lab.typed("apply", "--yes"))
    assert offered("volumes", "pause", "gold", *config) == ["vol_1", "vol_2"], "what its last runs were about"
    done(lab.typed("failover", "gold", "--no-reprotect", "--yes", "--reason", "storm at \x1b[8mparis"))

    shown, in_json = lab.looked("history", "gold", "--limit", 1)
    assert r"storm at \x1b[8mparis" in shown.out
    assert "... and older ones; --limit 2 shows more" in shown.out
    (run,) = in_json.report["runs"]
    assert (run["run"], run["operation"], run["phase"]) == (2, "failover", "done")
    assert in_json.report["is_all"] is False

    shown, in_json = lab.looked("history", 2)
    assert shown.out.startswith(r"Run 2: failover of gold, done, because: storm at \x1b[8mparis")
    for told in (
        "it was to take epoch 2",
        "Steps, as they were carried out",
        "Journal: ",
        "recovery points: 2 volumes",
    ):
        assert told in shown.out
    assert in_json.report["outcome"]["serving"] == "gold-lyon"
    assert len(in_json.report["journal"]) > 12, "text shows the first of them, JSON all"
    assert "more; -o json lists all" in shown.out
    lab.typed("history", 3).failed_cleanly(2, "the store knows no run 3", "the newest is run 2")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("history", "7"), ("the store knows no run 7", "it holds no run yet")),
        (("history", "silver"), ("silver",)),
        (("history", "--limit", "0"), ("--limit",)),
        (("apply", "--reason", "x" * 501, "--yes"), ("--reason has 501 characters", "it takes up to 500")),
    ],
)
def test_mistakes_are_told_and_no_store_is_made(world: World, words: tuple[str, ...], told: tuple[str, ...]) -> None:
    config = world.configured()
    with world.unchanged():
        typed(*words, "-c", config).failed_cleanly(2, *told)
