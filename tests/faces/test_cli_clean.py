"""Whatever comes from outside is shown as what it is: it moves no cursor, hides no line and ends none."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from rich.console import Console

from datamotion.cli.columns import Columns
from datamotion.cli.render import render_plan
from datamotion.cli.render_check import render_check
from datamotion.cli.render_run import render_run
from datamotion.cli.render_status import render_status
from datamotion.cli.telling import show_error, show_json, show_unexpected, show_warning
from datamotion.cli.terminal import plain
from datamotion.clock import SystemClock
from datamotion.errors import ConfigError, Refused
from datamotion.service.act_reports import KINDS as ACT_KINDS
from datamotion.service.act_reports import ActKind
from datamotion.service.check_reports import CheckReport
from datamotion.service.documents import to_json
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.status_reports import StatusReport
from datamotion.store.lock import hold_group
from tests.faces.labs import Lab, World, done, some_files
from tests.faces.on_terminal import on_terminal
from tests.faces.terminal import SCRIPT, Typed, typed
from tests.ontaplab.site.labs import client_of, records
from tests.profile import thinned

EVIL = "a\x1b[8mb\x9b2J\x7f\u202e\u2066\u2028\u200b\ue000\r\nerror: [red]c[/] [/] :skull: \ud800\\"
SHOWN = r"a\x1b[8mb\x9b2J\x7f\u202e\u2066\u2028\u200b\ue000\r\nerror: [red]c[/] [/] :skull: \ud800" + "\\"
WORDS = SHOWN.split()
TOLD = EVIL.replace("\ud800", "")
"""What can be sent over HTTP."""


_LEAVES: Mapping[Any, object] = {
    str: EVIL,
    int: 3,
    float: 3.0,
    bool: True,
    datetime: datetime(2031, 5, 3, 12, tzinfo=UTC),
}


def filled(kind: Any) -> Any:
    """A report in which every text is evil."""
    if kind in _LEAVES:
        return _LEAVES[kind]
    if kind == ActKind:
        return ACT_KINDS[0]
    if get_origin(kind) in (tuple, Sequence):
        return (filled(get_args(kind)[0]),)
    if get_origin(kind) in (UnionType, Union):
        return filled(next(each for each in get_args(kind) if each is not NoneType))
    if issubclass(kind, Enum):
        return next(iter(kind))
    assert isinstance(kind, type)
    assert is_dataclass(kind)
    return kind(**{name: filled(hint) for name, hint in get_type_hints(kind, include_extras=True).items()})


def is_clean(shown: str) -> bool:
    return all(line.isprintable() for line in shown.split("\n"))


RENDER: Sequence[tuple[type[Any], Callable[[Any, Console], None]]] = [
    (PlanReport, lambda report, console: render_plan(report, console=console)),
    (RunReport, render_run),
    (StatusReport, render_status),
    (CheckReport, render_check),
]


@pytest.mark.parametrize("width", [None, 60])
@pytest.mark.parametrize(("kind", "render"), RENDER, ids=lambda each: getattr(each, "__name__", ""))
def test_every_text_of_a_report_is_shown_as_what_it_is(
    kind: type[Any], render: Callable[[Any, Console], None], width: int | None
) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=width is not None, color_system=None, _environ={})
    render(filled(kind), console)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert is_clean(shown), ascii(shown)
    assert set(WORDS) <= set(shown.replace(":", " ").split()) | set(shown.split())
    assert width is not None or SHOWN in shown


@pytest.mark.parametrize("kind", [kind for kind, _ in RENDER], ids=lambda each: each.__name__)
def test_json_is_exact_and_nothing_but_ascii(kind: type[Any]) -> None:
    in_json = to_json(filled(kind))
    assert in_json.isascii()
    assert is_clean(in_json)
    assert json.dumps(EVIL) in in_json


def test_a_cell_of_a_table_is_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    table = Columns(("volume", "size"))
    table.add_row(f"[red]{plain(chr(92))}[/] x", "[green]y[/]")
    table.rows.append([*table.rows[0]])
    table.show(Console(color_system=None))
    assert capsys.readouterr().out.splitlines()[1] == "  \\ x         y"


@pytest.mark.parametrize("error", [Refused(EVIL, hint=EVIL), ConfigError("mistakes:", hint=EVIL, below=[EVIL])])
def test_an_error_shows_each_text_on_one_line(error: Refused, capsys: pytest.CaptureFixture[str]) -> None:
    show_error(error)
    show_warning(EVIL)
    shown = capsys.readouterr().err
    assert is_clean(shown)
    assert shown.count(SHOWN) == shown.count("\n") - (1 if isinstance(error, ConfigError) else 0)
    show_json(error)
    in_json = capsys.readouterr().err
    assert in_json.isascii()
    assert json.loads(in_json)["error"]["hint"] == EVIL


def test_a_mistake_of_our_own_is_shown_with_nothing_that_acts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError) as raised:
        raise KeyError(EVIL) from ValueError(EVIL)
    show_unexpected(raised.type, raised.value, raised.tb)
    shown = capsys.readouterr().err
    assert is_clean(shown)
    assert shown.startswith(r"ValueError: a\x1b[8mb")
    assert "Traceback (most recent call last):" in shown


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [("status",), ("check",), ("plan",), ("apply", "--yes"), ("failover", "gold", "--yes")]
)
def test_what_a_cluster_says_is_shown_as_what_it_is(world: World, words: tuple[str, ...]) -> None:
    config = world.configured()
    for name in world.site.clusters:
        world.site.add_fault(name, {"kind": "status", "status": 500, "code": "7", "message": TOLD})
    try:
        shown = typed(*words, "-c", config)
        in_json = typed(*words, "-c", config, "-o", "json")
    finally:
        for name in world.site.clusters:
            world.site.clear_faults(name, None)
    everything = shown.out + shown.err
    assert is_clean(everything), ascii(everything)
    assert r"a\x1b[8mb\x9b2J" in everything
    assert (in_json.out + in_json.err).isascii()
    assert json.dumps(TOLD)[1:-1] in in_json.out + in_json.err


def on_a_screen(*words: object) -> str:
    """What a person sees who says no if they are asked."""
    with on_terminal(SCRIPT, *words, environ={"NO_COLOR": "1", "TERM": "dumb"}) as terminal:
        terminal.press(b"n\n")
        return terminal.read_to_the_end().replace("\r\n", "\n")


@pytest.mark.slow
def test_no_comment_hides_what_a_person_is_asked(lab: Lab, tmp_path: Path) -> None:
    """The path in a mark is where a failover mounts the volume, so its plan tells it."""
    lab.lab("seed", "--from", some_files(tmp_path / "files"), "--volumes", 1)
    done(lab.typed("apply", "--yes"))
    (copy,) = records(lab.site, "lyon", "/storage/volumes", name="vol_1", fields="comment")
    for evil in thinned(("\x1b[8m", "%1b%5b8m%0a", "%e2%80%ae", "%c2%9b8m"), 2):
        comment = f"{evil} {copy['comment'].replace('path=/vol_1', f'path=/vol_1{evil}')}"
        assert comment.count(evil) == 2
        with client_of(lab.site, "lyon") as client:
            client.patch(f"/storage/volumes/{copy['uuid']}", json={"comment": comment}).raise_for_status()
        for command in (("failover", "gold"), ("status",)):
            shown = on_a_screen(*command, "-c", lab.folder / "datamotion.yaml")
            assert is_clean(shown), ascii(shown)
            assert "gold" in shown


@pytest.mark.slow
def test_who_holds_a_group_is_shown_as_what_the_note_says(world: World) -> None:
    config = world.configured()
    with hold_group(world.folder, "gold", "update", SystemClock().now()):
        (note,) = world.folder.glob(".gold.holder")
        told = json.loads(note.read_text())
        told["holder"]["who"] = TOLD
        note.write_text(json.dumps(told))
        refused = typed("apply", "--yes", "-c", config)
    assert refused.status == 3
    assert is_clean(refused.err)
    assert f"error: {SHOWN.replace(chr(92) + 'ud800', '')}, which runs update" in refused.err


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_path_that_is_no_text_is_shown(tmp_path: Path, encoding: str) -> None:
    command = [os.fsencode(SCRIPT), b"status", b"-c", b"no-\xff\x1b[8m\xc3\xa9.yaml"]
    environ = os.environ | {"PYTHONIOENCODING": encoding, "LC_ALL": "C.UTF-8"}
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, env=environ, check=False, timeout=60)
    assert ended.returncode == 2
    assert rb"no-\udcff\x1b[8m" in ended.stderr
    assert (rb"\xe9" if encoding == "ascii" else b"\xc3\xa9") in ended.stderr


def test_what_a_terminal_has_no_letters_for_is_shown_as_an_escape(world: World) -> None:
    """In standard output too."""
    config = world.configured(lambda tree: tree["groups"]["gold"]["targets"][0].update(schedule="t\u00e4glich"))
    environ = os.environ | {"PYTHONIOENCODING": "ascii"}
    ended = subprocess.run([SCRIPT, "check", "-c", config], capture_output=True, env=environ, check=False, timeout=60)
    assert rb"t\xe4glich" in ended.stdout, ended


def test_a_command_in_a_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = ["sh", "-c", 'cd "$1" && rmdir "$1" && exec "$2" status', "sh", str(gone), str(SCRIPT)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    Typed(ended.returncode, ended.stdout, ended.stderr).failed_cleanly(1, "the folder that this was started in is gone")
