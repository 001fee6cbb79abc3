"""A configuration that names programs to run is taken only from where nobody else can write it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from datamotion.config.files import weakness
from datamotion.config.loading import load
from datamotion.errors import ConfigError

BY_COMMAND = "{url: https://paris, user: admin, password: {command: [pass, show, paris]}}"
BY_VARIABLE = "{url: https://paris, user: admin, password: {env: PASSWORD}}"
A_STRANGER = 12345


def a_configuration(folder: Path, cluster: str = BY_COMMAND, mode: int = 0o600) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "datamotion.yaml"
    path.write_text(f"clusters: {{paris: {cluster}}}\n")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640, 0o644, 0o755])
def test_one_that_only_we_can_write_is_taken(tmp_path: Path, mode: int) -> None:
    assert load(a_configuration(tmp_path, mode=mode)).clusters["paris"].password.command


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o664, 0o666])
def test_one_that_others_can_write_is_refused_with_the_command_that_closes_it(tmp_path: Path, mode: int) -> None:
    path = a_configuration(tmp_path, mode=mode)
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert f"names a program to run for the secret of paris, and others can write {path} (-rw" in (
        refused.value.message
    )
    assert refused.value.hint == f"chmod go-w {path}"
    path.chmod(0o600)
    load(path)


def test_one_that_names_none_is_taken_however_it_lies(tmp_path: Path) -> None:
    path = a_configuration(tmp_path, BY_VARIABLE, mode=0o666)
    tmp_path.chmod(0o777)
    assert load(path).clusters["paris"].password.env == "PASSWORD"


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o702])
@pytest.mark.parametrize("below", ["", "own"])
def test_a_folder_on_the_way_that_others_can_write_is_refused(tmp_path: Path, mode: int, below: str) -> None:
    """They could put another file, or another folder, in its place."""
    shared = tmp_path / "shared"
    shared.mkdir()
    path = a_configuration(shared / below)
    shared.chmod(mode)
    with pytest.raises(ConfigError, match="others can write") as refused:
        load(path)
    assert refused.value.hint == f"chmod go-w {shared}"


def test_in_a_sticky_folder_others_can_replace_only_what_is_theirs(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    path = a_configuration(shared)
    shared.chmod(0o1777)
    load(path)


@pytest.mark.parametrize("which", ["real", "link"])
def test_by_way_of_a_link_both_ways_count(tmp_path: Path, which: str) -> None:
    for name in ("real", "link"):
        (tmp_path / name).mkdir()
    real = a_configuration(tmp_path / "real")
    link = tmp_path / "link" / "datamotion.yaml"
    link.symlink_to(real)
    load(link)
    (tmp_path / which).chmod(0o777)
    with pytest.raises(ConfigError, match=f"others can write {tmp_path / which} "):
        load(link)


def the_file(path: Path) -> Path:
    return path


def its_folder(path: Path) -> Path:
    return path.parent


def the_folder_above(path: Path) -> Path:
    return path.parent.parent


@pytest.mark.parametrize("which", [the_file, its_folder, the_folder_above])
def test_what_belongs_to_another_user_is_theirs_to_change(tmp_path: Path, which: Callable[[Path], Path]) -> None:
    """Root gives it to a stranger; anybody else looks at their own with a stranger's eyes."""
    (tmp_path / "above").mkdir()
    path = a_configuration(tmp_path / "above" / "folder")
    user = os.geteuid()
    assert weakness(path, path.stat(), user) is None
    if user == 0:
        os.chown(which(path), A_STRANGER, -1)
    else:
        user = A_STRANGER
    found = weakness(path, path.stat(), user)
    assert found is not None
    assert "belongs to another user" in found.why
    assert user != 0 or found.place == which(path)


@pytest.mark.parametrize("cluster", [BY_COMMAND, BY_VARIABLE])
def test_one_that_comes_through_a_pipe_is_taken(cluster: str) -> None:
    """As the shell's <(decrypt datamotion.yaml) gives it."""
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "w") as pipe:
            pipe.write(f"clusters: {{paris: {cluster}}}\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert load(Path(f"/dev/fd/{reading}")).clusters["paris"].user == "admin"
    finally:
        writer.join()
        os.close(reading)


LADDER = "\n".join(
    f"{step}: &{step} [{', '.join([f'*{below}' if below else 'x'] * 9)}]"
    for below, step in zip([None, *"abcdefgh"], "abcdefghi", strict=True)
)
MERGES = "\n".join(
    f"{step}: &{step} {{<<: [{', '.join([f'*{below}'] * 9)}], k{step}: 1}}" if below else f"{step}: &{step} {{k: 1}}"
    for below, step in zip([None, *"abcdefgh"], "abcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (LADDER, "more than 100000 values, with what its aliases repeat"),
        (MERGES, "more than 100000 values, with what its aliases repeat"),
        ("&a [1, {x: *a}]", "an alias stands within what it repeats"),
        ("[" * 40 + "]" * 40, "nested deeper than 32 levels"),
        ("[" * 10_000, "nested too deeply"),
        ("\n".join("  " * depth + "a:" for depth in range(40)), "nested deeper than 32 levels"),
        ("# " + "x" * 1024 * 1024, "more than 1048576 bytes"),
    ],
)
def test_what_unfolds_to_more_than_anybody_writes_is_refused_before_it_does(
    tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "datamotion.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert told in refused.value.message
    assert str(path) in refused.value.message


def test_a_check_of_drills_is_a_program_too(tmp_path: Path) -> None:
    path = a_configuration(tmp_path, BY_VARIABLE, mode=0o666)
    path.write_text(
        path.read_text()
        + "backends: {a: {cluster: paris, svm: a}, b: {cluster: paris, svm: b}}\n"
        + "groups: {gold: {home: a, rpo: 2h, drill: {checks: [{command: [x]}]}, "
        + "targets: [{backend: b, aggregates: [c]}]}}"
    )
    with pytest.raises(ConfigError, match="names a program to run for drills of gold, and others can write"):
        load(path)
    path.chmod(0o600)
    assert load(path).groups["gold"].drill.checks[0].command == ("x",)
