"""What a person finds without reading anything else: help with an example, and a shell that completes."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from datamotion.cli.commands import commands, listed
from datamotion.cli.lab import lab
from datamotion.cli.main import command_line
from tests.faces.labs import World
from tests.faces.terminal import SCRIPT, offered, typed, typed_as_process
from tests.faces.test_cli_silence import with_paris_at

PATHS: list[tuple[str, ...]] = [(command.__name__.removesuffix("_"),) for command in commands()] + [
    ("lab", command.callback.__name__) for command in lab.registered_commands if command.callback is not None
]
PATHS += [("lab", "fault", name) for name in ("add", "list", "clear")]
PATHS += [("lab", "pace", name) for name in ("set", "list", "clear")]


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_shows_an_example_of_itself_and_the_exit_statuses(path: tuple[str, ...]) -> None:
    shown = typed(*path, "--help")
    assert (shown.status, shown.err) == (0, "")
    text = " ".join(shown.out.split())
    assert f"Example: datamotion {' '.join(path)}" in text
    for each in ("0 done", "1 done in part", "2 usage", "3 refused", "4 a cluster", "130 interrupted"):
        assert each in text
    assert re.findall(r"^Usage:.*[{}<].*|<[a-z]+[ |>[].*", shown.out) == [], "what is typed, as people write it"


@pytest.mark.parametrize(
    ("path", "usage", "named"),
    [
        (
            ("status",),
            "[OPTIONS] [GROUP...]",
            ("GROUP...  One", "--output text|json|jsonl  Text", "--every TIME  With"),
        ),
        (("unprotect",), "[OPTIONS] GROUP", ("GROUP  The",)),
        (("history",), "[OPTIONS] [GROUP|RUN]", ("GROUP|RUN  One",)),
        (("lab", "fault", "clear"), "[OPTIONS] CLUSTER [FAULT]", ("CLUSTER  One", "FAULT  Its")),
        (("copy",), "[OPTIONS] SRC DST", ("SRC  A", "--bwlimit RATE  Bytes")),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_what_a_command_takes_is_written_as_people_do(
    path: tuple[str, ...], usage: str, named: tuple[str, ...]
) -> None:
    shown = typed(*path, "--help").out
    assert shown.startswith(f"Usage: datamotion {' '.join(path)} {usage}\n")
    assert [each for each in named if each not in re.sub(r" {2,}", "  ", shown)] == [], shown


def test_the_help_of_all_names_every_command() -> None:
    shown = " ".join(typed("--help").out.split())
    assert all(f" {name} {summary}" in shown for name, summary in listed().items())
    whole = command_line().commands
    assert list(listed()) == list(whole)
    for name, summary in listed().items():
        assert " ".join((whole[name].help or "").split()).startswith(summary), "as its own help begins"


def test_help_of_all_imports_no_command_and_nothing_that_is_slow_to_import() -> None:
    slow = (
        "datamotion.service",
        "datamotion.ontap",
        "datamotion.model.volume_records",
        "httpx",
        "pydantic",
        "rich",
        "anyio",
    )
    program = f"""
import sys
from datamotion.cli.main import run
assert run(sys.argv[1:], None) == 0
print(*(name for name in {slow} if name in sys.modules), file=sys.stderr)
"""
    words = [sys.executable, "-c", program, "--help"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stderr.split() == []


def test_a_look_imports_nothing_that_only_changes_need() -> None:
    changing = (
        "datamotion.model.acts",
        "datamotion.model.plan",
        "datamotion.policy.kinds",
        "datamotion.engine.run",
        "datamotion.ontap.changes",
        "datamotion.store.journal",
        "sqlalchemy",
    )
    program = f"""
import sys
import datamotion.cli.status
print(*(name for name in {changing} if name in sys.modules), file=sys.stderr)
"""
    words = [sys.executable, "-c", program]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stderr.split() == []


@pytest.mark.slow
def test_the_shell_completes_commands_and_their_options(tmp_path: Path) -> None:
    def completed(line: str) -> list[str]:
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
        return typed_as_process(folder=tmp_path, environ={"_DATAMOTION_COMPLETE": "complete_bash", **words}).out.split()

    assert completed("datamotion re") == ["resume", "resync", "reprotect"]
    assert completed("datamotion lab fault c") == ["clear"]
    assert completed("datamotion status --o") == ["--output", "--only"]


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(world: World, shell: str) -> None:
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # without it the shell that runs the tests counts
    shown = typed_as_process("--show-completion", shell, folder=world.folder, environ=named)
    assert (shown.status, shown.err) == (0, "")
    assert "_DATAMOTION_COMPLETE" in shown.out


@pytest.mark.slow
def test_the_shell_completes_the_groups_of_the_configuration(world: World) -> None:
    world.configured()
    asked = {"_DATAMOTION_COMPLETE": "complete_bash", "COMP_WORDS": "datamotion failover g", "COMP_CWORD": "2"}
    assert typed_as_process(folder=world.folder, environ=asked).out.split() == ["gold"]
    (world.folder / "datamotion.yaml").write_text("clusters: [")
    assert typed_as_process(folder=world.folder, environ=asked).out.split() == [], "a mistake is not for this moment"


def test_the_shell_completes_back_ends_clusters_and_kinds_of_faults(world: World) -> None:
    config, lab = ("-c", str(world.configured())), ("--dir", str(world.site.folder))
    assert offered("to", "failover", "gold", *config) == ["gold-paris", "gold-lyon"]
    assert offered("what", "migrate", *config, begun="gold-p") == ["gold-paris:"]
    assert offered("what", "migrate", "--all", *config, begun="gold-p") == ["gold-paris"]
    assert offered("groups", "status", "-c", str(world.folder / "absent")) == [], "a mistake is not for this moment"
    assert offered("cluster", "lab", "kill", *lab, begun="l") == ["lyon"]
    assert offered("cluster", "lab", "kill", "--dir", str(world.folder)) == [], "there is no lab"
    assert offered("kind", "lab", "fault", "add", *lab, "lyon", begun="lost_") == ["lost_request", "lost_answer"]


@pytest.mark.slow
def test_the_installed_command_does_as_the_one_in_this_process(world: World) -> None:
    world.configured()
    with world.unchanged():
        done = typed_as_process("plan", "-o", "json", folder=world.folder)
        assert (done.status, done.err) == (0, "")
        assert done.document == typed("plan", "-c", world.folder / "datamotion.yaml", "-o", "json").document
        typed_as_process("apply", folder=world.folder).failed_cleanly(2, "no terminal to ask on")
        typed_as_process("status", "silver", folder=world.folder).failed_cleanly(2, "no group 'silver'")


@pytest.mark.slow
def test_output_that_finds_no_room_is_told_without_a_traceback(world: World) -> None:
    world.configured()
    with open("/dev/full", "w") as full:  # noqa: PTH123  # a device, not a path of ours
        ended = subprocess.run(
            [SCRIPT, "status"], cwd=world.folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, ended.stderr) == (1, "error: this machine says no: No space left on device\n")


@pytest.mark.slow
def test_output_that_nobody_reads_any_more_ends_in_silence(world: World) -> None:
    world.configured()
    with subprocess.Popen(
        [SCRIPT, "status", "-o", "json"], cwd=world.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.usefixtures("interruptible")
@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_interruption_is_told_without_a_traceback(world: World, form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with_paris_at(world, listener.getsockname()[1])
        with (
            subprocess.Popen(
                [str(SCRIPT), "status", "-o", form],
                cwd=world.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as process,
            listener.accept()[0],
        ):  # it waits for an answer now
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    if form == "json":
        told = json.loads(err)
        assert (told["exit_status"], told["error"]["code"]) == (130, "interrupted")
        return
    assert err == "interrupted. Run the same command again: it begins with what the clusters show.\n"
