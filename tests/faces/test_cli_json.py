"""What every command prints as JSON, in one life of a lab, held against the published schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from datamotion.cli.main import command_line
from datamotion.service.schema import KINDS
from tests.faces.documents import check_document
from tests.faces.labs import Lab, some_files
from tests.faces.terminal import Typed, typed

AT_LYON = ("--at", "gold-lyon")
STORY: Sequence[tuple[str, tuple[object, ...], int]] = [
    ("check", (), 0),
    ("status", (), 1),
    ("plan", (), 0),
    ("apply", ("--validate",), 0),
    ("apply", ("--dry-run",), 0),
    ("apply", ("--yes",), 0),
    ("update", (), 0),
    ("explain", ("gold",), 0),
    ("pause", ("gold", "--yes"), 0),
    ("resume", ("gold", "--yes"), 0),
    ("abort", ("gold", "--dry-run"), 0),
    ("break", ("gold", *AT_LYON, "--dry-run"), 0),
    ("resync", ("gold", *AT_LYON, "--dry-run"), 0),
    ("drill start", ("gold", "--dry-run"), 0),
    ("drill start", ("gold", "--yes", "--check", "false"), 1),
    ("drill stop", ("gold", "--yes"), 0),
    ("migrations", (), 0),
    ("migrate", ("gold-paris:vol_1", "--to", "gold-lyon", "--explain"), 3),
    ("failover", ("gold", "--no-reprotect", "--yes"), 0),
    ("failover", ("gold", "--yes"), 0),
    ("reprotect", ("gold", "--dry-run"), 0),
    ("settle", ("gold", "--keep", "gold-lyon", "--dry-run"), 0),
    ("failback", ("gold", "--dry-run"), 0),
    ("swap", ("gold", "--dry-run"), 0),
    ("unprotect", ("gold", "--dry-run"), 0),
    ("forget", ("gold", "gold-paris", "--dry-run"), 3),
    ("gc", (), 2),
    ("history", (), 0),
    ("runs", (), 0),
    ("history", (1,), 0),
    ("history", (99,), 2),
]


@pytest.mark.slow
def test_the_json_of_every_command_is_as_published(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files", 3), "--volumes", 1)
    kinds = set()
    for command, words, status in STORY:
        ended = lab.typed(*command.split(), *words, "-o", "json")
        kinds.add(checked(ended, status)["kind"])
        if (command, words) == ("failover", ("gold", "--yes")):
            with_what_follows(ended)
        if (command, words) == ("apply", ("--yes",)):
            acts_are_data(ended)
        if (command, words) == ("history", (1,)):
            acts = [act for step in ended.report["plan"]["steps"] for act in step["acts"]]
            assert {(act["kind"], act["bytes"]) for act in acts} == {(None, None)}, "the store does not keep them"
    kinds.add(checked(typed("role", "-o", "json"), 0)["kind"])
    kinds.add(checked(typed("copy", tmp_path / "files", tmp_path / "copies", "-o", "json"), 0)["kind"])
    kinds |= streams(lab)
    assert kinds | {"import", "progress"} == set(KINDS), "test_cli_import and test_cli_copy have those"
    told = {command for command, _, _ in STORY} | {"role", "copy", "import"}
    assert told == set(commands_with_output()), "every command that prints JSON is played here"


def checked(ended: Typed, status: int) -> Any:
    """The one document, on standard output, or on standard error where it is an error."""
    assert ended.status == status, ended
    document = json.loads(ended.out or ended.err)
    check_document(document)
    assert document["exit_status"] == status
    return document


def with_what_follows(ended: Typed) -> None:
    """The failover's report, and that of the reprotect after it, in one document, and in one shape.

    The failover is done by then, as where an earlier run was cut off behind it: what follows is carried out still.
    """
    first, second = ended.report
    assert [(each["operation"], each["follows"]) for each in (first, second)] == [
        ("failover", None),
        ("reprotect", "failover"),
    ]
    assert (first["verdict"], first["run"]) == ("done", None)
    assert second["run"]["verdict"] == "done"


def acts_are_data(ended: Typed) -> None:
    (operation,) = ended.report
    acts = [act for step in operation["plan"]["steps"] for act in step["acts"]]
    (carries,) = (act for act in acts if act["kind"] == "initialize")
    assert (carries["backend"], carries["volume"]) == ("gold-lyon", "vol_1")
    assert carries["bytes"] > 1024
    assert {act["bytes"] for act in acts if act["kind"].startswith("create")} == {0}
    assert operation["run"]["volumes"][0]["outcome"] == "done"


def streams(lab: Lab) -> set[str]:
    """What is told as it happens is what people are told, and its last line is the report."""
    in_text = lab.typed("pause", "gold", "--yes")
    assert lab.typed("resume", "gold", "--yes").status == 0
    streamed = lab.typed("pause", "gold", "--yes", "-o", "jsonl")
    assert (in_text.status, streamed.status, streamed.err) == (0, 0, "")
    *events, last = (json.loads(line) for line in streamed.out.splitlines())
    for each in (*events, last):
        check_document(each)
    assert last["report"][0]["run"]["verdict"] == "done"
    signs = {"asking": "...", "reached": "ok ", "given up": "no "}
    shown = [each["event"] for each in events if each["event"]["what"] in signs]
    lines = [
        f"{signs[each['what']]} {each['cluster']}: {each['step']} ({', '.join(each['volumes'])})"
        for each in shown
        if each["volumes"]
    ]
    assert len(lines) >= 2
    assert lines == [line for line in in_text.err.splitlines() if line.startswith(tuple(signs.values()))]
    assert {(each["group"], each["operation"]) for each in shown} == {("gold", "pause")}
    return {each["kind"] for each in (*events, last)}


def commands_with_output() -> Iterator[str]:
    """All that have `-o`, by their words."""

    def below(command: Any, words: tuple[str, ...]) -> Iterator[str]:
        for name, each in getattr(command, "commands", {}).items():
            yield from below(each, (*words, name))
        if any(parameter.name == "output" for parameter in command.params):
            yield " ".join(words)

    yield from below(command_line(), ())
