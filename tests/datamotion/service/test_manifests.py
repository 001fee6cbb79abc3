"""Checksums held against files: equal, differing, missing, out of the folder; a manifest that is none is refused."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest
import trio

from datamotion.config.groups import Drill
from datamotion.errors import ConfigError
from datamotion.service.drill_reports import Checksums
from datamotion.service.drills import exam
from datamotion.service.manifests import read_manifest, verify


def line(content: bytes, path: str, *, mark: str = " ") -> str:
    return f"{hashlib.sha256(content).hexdigest()} {mark}{path}\n"


def held_against(folder: Path, manifest: str, limit: float = 60) -> Checksums:
    path = folder.parent / "manifest"
    path.write_text(manifest)
    return trio.run(verify, read_manifest(path), folder, timedelta(seconds=limit))


def files(root: Path) -> Path:
    folder = root / "mount"
    (folder / "vol_1").mkdir(parents=True)
    (folder / "vol_1" / "a").write_bytes(b"a" * 3 * 2**20)
    (folder / "vol_1" / "two\nlines").write_bytes(b"b")
    (root / "outside").write_bytes(b"secret")
    (folder / "vol_1" / "link").symlink_to(root / "outside")
    os.mkfifo(folder / "vol_1" / "pipe")
    return folder


def test_files_that_are_as_the_manifest_says(tmp_path: Path) -> None:
    text = line(b"a" * 3 * 2**20, "vol_1/a") + "\\" + line(b"b", "vol_1/two\\nlines", mark="*")
    found = held_against(files(tmp_path), text)
    assert (found.passed, found.named, found.equal) == (True, 2, 2)
    assert found.manifest_sha256 == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("path", "differing", "unreadable"),
    [("vol_1/a", 1, 0), ("vol_1/none", 0, 1), ("vol_1/link", 0, 1), ("vol_1/pipe", 0, 1), ("vol_1", 0, 1)],
)
def test_what_is_not_so_is_told_by_name(tmp_path: Path, path: str, differing: int, unreadable: int) -> None:
    found = held_against(files(tmp_path), line(b"secret", path) + line(b"a" * 3 * 2**20, "vol_1/a"))
    assert (found.passed, found.equal, found.differing, found.unreadable) == (False, 1, differing, unreadable)
    assert (found.differ or found.missing) == (path,)
    leads_out = "a link leads out of the folder to 1 file, and none is followed"
    assert found.problem == (leads_out if path == "vol_1/link" else None)


def test_what_was_not_read_in_time_is_no_pass(tmp_path: Path) -> None:
    found = held_against(files(tmp_path), line(b"a" * 3 * 2**20, "vol_1/a"), limit=0)
    assert (found.passed, found.problem) == (False, "not all files were read within 0 s")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no file"),
        ("nonsense\n", "manifest:1 is no checksum of a file"),
        (line(b"", "a") + line(b"", "/etc/passwd"), "manifest:2: '/etc/passwd' is not below that folder"),
        (line(b"", "vol_1/../../etc/passwd"), "is not below that folder"),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "manifest").write_text(text)
    with pytest.raises(ConfigError, match=why):
        read_manifest(tmp_path / "manifest")
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_manifest(tmp_path / "none")


def test_what_is_typed_goes_before_what_is_configured_and_commands_take_the_place_of_its_own(tmp_path: Path) -> None:
    configured = Drill.model_validate({"checks": [{"command": ["a", "b"], "timeout": "7m"}, {"command": ["c"]}]})
    five, seven = timedelta(minutes=5), timedelta(minutes=7)
    assert list(exam(configured).checks) == [(("a", "b"), seven), (("c",), five)]
    assert list(exam(configured, commands=["d e"]).checks) == [(["d", "e"], five)]
    assert [limit for _, limit in exam(configured, limit=seven).checks] == [seven, seven]
    (tmp_path / "m").write_text(line(b"", "a"))
    with pytest.raises(ConfigError, match="the folder in which this host sees the clones"):
        exam(configured, manifest=tmp_path / "m")
