"""What a person types to end mirrors, and to have left-overs collected."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.faces.labs import Lab, done, some_files, writes
from tests.faces.terminal import SCRIPT
from tests.faces.test_cli_consent import read_until
from tests.ontaplab.site.labs import client_of

pytestmark = pytest.mark.slow


def listed(lab: Lab) -> list[str]:
    """What paris lists, by source."""
    with client_of(lab.site, "paris") as paris:
        found: list[Mapping[str, Any]] = paris.get(
            "/snapmirror/relationships?list_destinations_only=true&fields=source.path"
        ).json()["records"]
    return sorted(each["source"]["path"] for each in found)


def selecting(lab: Lab, *patterns: str) -> None:
    path = lab.folder / "datamotion.yaml"
    tree = yaml.safe_load(path.read_text())
    tree["backends"]["gold-paris"]["volumes"] = list(patterns)
    path.write_text(yaml.safe_dump(tree))


def answered(lab: Lab, answer: str, *words: str) -> tuple[int, bytes]:
    """How a command ended that was answered so at a terminal, and what that showed."""
    keyboard, terminal = os.openpty()
    command = [str(SCRIPT), *words, "-c", str(lab.folder / "datamotion.yaml")]
    with (
        open(keyboard, "r+b", buffering=0) as screen,  # noqa: PTH123
        open(terminal, "r+b", buffering=0) as tty,  # noqa: PTH123
        subprocess.Popen(command, stdin=tty, stdout=subprocess.PIPE, stderr=tty) as process,
    ):
        shown = read_until(b"to carry this out: ", screen)
        screen.write(answer.encode() + b"\n")
        out, _ = process.communicate(timeout=60)
    return process.returncode, shown + out


def test_volumes_leave_by_name_a_group_by_its_name_typed_and_gc_takes_the_rest(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 3)
    done(lab.typed("apply", "--yes"))
    assert listed(lab) == ["svm_gold:vol_1", "svm_gold:vol_2", "svm_gold:vol_3"]

    refused, _ = lab.looked("unprotect", "gold", "--volume", "vol_3", "--dry-run")
    assert refused.status == 3
    assert "add `!vol_3` there" in " ".join(refused.out.split())
    selecting(lab, "vol_*", "!vol_3")
    shown, in_json = lab.looked("unprotect", "gold", "--volume", "vol_3", "--delete-copies", "--dry-run")
    assert "What this deletes: 1 volume" in shown.out
    assert "vol_3: the copy at gold-lyon" in shown.out
    plan = in_json.plan
    assert [each["backend"] for each in plan["losses"]] == ["gold-lyon"]
    assert [each["title"] for each in plan["steps"]] == [
        "Delete relationships",
        "Delete copies",
        "Release at the source",
        "Remove the marks of what serves",
    ]
    left = done(lab.typed("unprotect", "gold", "--volume", "vol_3", "--yes"))
    assert "done at gold-lyon: vol_3" in left.out or "done: vol_3" in left.out
    assert listed(lab) == ["svm_gold:vol_1", "svm_gold:vol_2"]
    assert lab.site.volume_path("lyon", "svm_gold_dr", "vol_3").is_dir(), "its copy stays"

    before = writes(lab.site, "lyon")
    status, shown_there = answered(lab, "yes", "unprotect", "gold")
    assert (status, writes(lab.site, "lyon")) == (1, before)
    assert b"Type gold to carry this out: " in shown_there
    status, shown_there = answered(lab, "gold", "unprotect", "gold")
    assert (status, listed(lab)) == (0, []), shown_there

    looked, _ = lab.looked("gc", "--dry-run")
    assert "epoch 1 of gold-paris: no volume of gold is marked anywhere" in " ".join(looked.out.split())
    done(lab.typed("gc", "gold", "--yes"))
    again = done(lab.typed("gc", "--yes"))
    assert "Nothing to do" in again.out


def test_a_source_that_does_not_answer_is_told_with_what_does_the_rest(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 2)
    done(lab.typed("apply", "--yes"))
    selecting(lab, "vol_1")
    lab.lab("kill", "paris")
    collected = lab.typed("gc", "gold", "--yes")
    assert collected.status == 4, "it could not look"
    ended = lab.typed("unprotect", "gold", "--volume", "vol_2", "--yes")
    assert ended.status == 1
    told = " ".join(ended.out.split())
    assert "the mirrors are not released" in told
    assert "when it answers: datamotion unprotect gold --volume vol_2 does the rest" in told
    lab.lab("start", "paris")
    assert listed(lab) == ["svm_gold:vol_1", "svm_gold:vol_2"]
    done(lab.typed("unprotect", "gold", "--volume", "vol_2", "--yes"))
    assert listed(lab) == ["svm_gold:vol_1"]
