"""`-v` and `--log-file`: a line for each request, what happened, how it ended, and no secret."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from tests.faces.labs import Lab, World, calls, done, some_files
from tests.faces.terminal import typed

REQUEST = re.compile(r"(paris|lyon) (GET|POST|PATCH|DELETE) /api/[\w/-]+: \d{3} in \d+ ms")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 ")


def test_every_request_is_a_line_on_standard_error(world: World) -> None:
    config = world.configured()
    quiet = typed("status", "-c", config)
    shown = typed("status", "-c", config, "-v")
    assert (shown.status, shown.out, quiet.err) == (quiet.status, quiet.out, "")
    lines = shown.err.splitlines()
    assert len(lines) > 4
    assert all(REQUEST.fullmatch(line) for line in lines), lines
    assert typed("status", "-c", config).err == "", "the next command is as quiet as before"


def test_a_request_that_meets_silence_is_a_line_too(world: World) -> None:
    config = world.configured(lambda tree: tree["clusters"]["paris"].update(url="https://127.0.0.1:1"))
    lines = typed("status", "-c", config, "--verbose").err.splitlines()
    assert any(re.fullmatch(r"paris GET /api/[\w/-]+: ConnectError", line) for line in lines), lines


@pytest.mark.slow
def test_a_log_file_tells_a_run_from_its_beginning_to_its_end(lab: Lab, tmp_path: Path) -> None:
    lab.lab("seed", "--from", some_files(tmp_path / "files", 3), "--volumes", 1)
    log = tmp_path / "log"
    shown = done(lab.typed("apply", "gold", "--yes", "--reason", "s3cret", "--log-file", log))
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    first, *lines, last = [STAMP.sub("", line, count=1) for line in log.read_text().splitlines()]
    assert re.fullmatch(r"began, process \d+: datamotion apply gold", first), first
    assert last == "ended with exit status 0"
    assert "reached lyon: Initialize (vol_1)" in lines
    assert sum(bool(REQUEST.fullmatch(line)) for line in lines) > 20
    assert "POST /api" not in shown.err, "only -v tells requests on the terminal"
    assert "s3cret" not in log.read_text()
    for name in lab.site.clusters:
        assert (lab.folder / name / "password").read_text().strip() not in log.read_text()
    assert lab.typed("status", "nope", "--log-file", log).status == 2
    assert "ended with exit status 2: config: there is no group 'nope'" in log.read_text().splitlines()[-1]


def test_a_log_file_that_cannot_be_is_told_before_anything_is_asked(world: World) -> None:
    config, link = world.configured(), world.folder / "link"
    link.symlink_to(world.folder / "elsewhere")
    before = [calls(world.site, name) for name in world.site.clusters]
    for path in (world.folder / "absent" / "log", link):
        typed("status", "-c", config, "--log-file", path).failed_cleanly(2, f"--log-file {path} cannot be written")
    written = config.read_bytes()
    typed("status", "-c", config, "--log-file", config).failed_cleanly(2, "holds something else than a log")
    assert config.read_bytes() == written
    typed("status", "-c", config, "--log-file", "/dev/null").failed_cleanly(2, "/dev/null is no regular file")
    assert [calls(world.site, name) for name in world.site.clusters] == before
