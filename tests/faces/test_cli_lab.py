"""`datamotion lab` where it cannot do what it is asked: told with what to do, and nothing is left half done."""

from __future__ import annotations

import resource
import socket
import subprocess
from pathlib import Path

import pytest

from tests.faces.labs import World
from tests.faces.terminal import SCRIPT, typed
from tests.ontaplab.site.labs import eventually, processes_in, volume_names

pytestmark = pytest.mark.slow


def test_a_folder_whose_lab_runs_is_in_use(world: World) -> None:
    before = world.site.status()
    words = ("lab", "up", "--dir", world.site.folder, "--port", 0)
    typed(*words).failed_cleanly(2, "in use: paris runs, as process", "lab down")
    assert world.site.status() == before


def test_a_port_that_is_taken_is_named_and_no_lab_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        typed("lab", "up", "--dir", tmp_path / "lab", "--cluster", "paris", "--port", port).failed_cleanly(
            2, f"port {port} cannot be used", "another program uses it", "--port 0"
        )
    assert not (tmp_path / "lab").exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work\n")
    typed("lab", "up", "--dir", tmp_path).failed_cleanly(2, "holds other things", "thesis.txt", "folder of its own")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("names", [("paris", "paris"), ("../paris",)])
def test_cluster_names_that_cannot_be_are_told(tmp_path: Path, names: tuple[str, ...]) -> None:
    words = [word for name in names for word in ("--cluster", name)]
    typed("lab", "up", "--dir", tmp_path / "lab", *words).failed_cleanly(2, "name")
    assert not (tmp_path / "lab").exists()


@pytest.mark.parametrize("words", [("seed",), ("status",), ("kill", "paris"), ("start", "paris"), ("down", "--remove")])
def test_a_folder_without_a_lab_is_told_with_what_makes_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work\n")
    typed("lab", *words, "--dir", tmp_path).failed_cleanly(2, f"no lab in {tmp_path}", "lab up")
    assert typed("lab", *words, "--dir", tmp_path / "absent").status == 2
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("words", [("kill", "rome"), ("start", "rome"), ("seed", "--cluster", "rome")])
def test_a_cluster_that_is_not_of_the_lab_is_told_with_those_that_are(world: World, words: tuple[str, ...]) -> None:
    with world.unchanged():
        typed("lab", *words, "--dir", world.site.folder).failed_cleanly(2, "no cluster rome", "paris, lyon")


def test_a_cluster_that_runs_is_not_started_twice(world: World) -> None:
    before = world.site.status()
    typed("lab", "start", "paris", "--dir", world.site.folder).failed_cleanly(2, "paris is running already")
    assert world.site.status() == before


def test_seeding_from_a_folder_that_is_missing_or_empty_makes_no_volume(world: World) -> None:
    seed = ("lab", "seed", "--dir", world.site.folder, "--cluster", "lyon", "--from")
    with world.unchanged():
        typed(*seed, world.folder / "absent").failed_cleanly(2, f"no folder {world.folder / 'absent'}")
        typed(*seed, world.folder).failed_cleanly(2, "holds no files")
    assert volume_names(world.site, "lyon") == set()


def test_seeding_over_volumes_that_are_there_leaves_them_as_they_were(world: World) -> None:
    (world.folder / "note").write_text("new\n")
    before = world.site.status()
    words = ("lab", "seed", "--dir", world.site.folder, "--from", world.folder)
    typed(*words).failed_cleanly(2, "vol_1", "exists already")
    assert world.site.status() == before


def test_a_disk_that_fills_while_seeding_leaves_no_volume(world: World) -> None:
    (world.folder / "large").write_bytes(bytes(1 << 20))

    def at_most_64_kib_a_file() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))

    words = ["lab", "seed", "--dir", str(world.site.folder), "--cluster", "lyon", "--from", str(world.folder)]
    ended = subprocess.run(
        [str(SCRIPT), *words], preexec_fn=at_most_64_kib_a_file, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "copying the files" in ended.stderr
    assert "The volumes that were made for them are gone again" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert volume_names(world.site, "lyon") == set()


def test_the_life_of_a_lab_is_told_at_each_step_and_leaves_nothing(tmp_path: Path) -> None:
    folder, files = tmp_path / "lab", tmp_path / "files"
    files.mkdir()
    (files / "note").write_text("held\n")
    lab = ("--dir", folder)
    up = typed("lab", "up", *lab, "--cluster", "paris", "--port", 0)
    try:
        assert up.status == 0
        assert "https://127.0.0.1:" in up.out
        assert f"next: datamotion lab seed --dir {folder}" in up.err
        seeded = typed("lab", "seed", *lab, "--from", files, "--volumes", 1)
        assert (seeded.status, seeded.out) == (0, "1 volume, 1 file, 5 B\n")
        assert f"next: datamotion plan -c {folder / 'datamotion.yaml'}" in seeded.err
        killed = typed("lab", "kill", "paris", *lab)
        assert (killed.status, killed.out) == (0, "")
        assert "paris is killed" in killed.err
        assert f"datamotion lab start paris --dir {folder} brings it back" in killed.err
        typed("lab", "kill", "paris", *lab).failed_cleanly(2, "paris is not running")
        stopped = typed("lab", "status", *lab)
        assert (stopped.status, "stopped" in stopped.out) == (0, True)
        typed("lab", "seed", *lab, "--from", files).failed_cleanly(1, "does not answer", "lab status")
        with socket.create_server(("127.0.0.1", int(up.out.partition("https://127.0.0.1:")[2].split()[0]))):
            typed("lab", "start", "paris", *lab).failed_cleanly(
                2, "error: paris did not start:\n  ", "Address already in use", ")\n hint: Its log is"
            )
        started = typed("lab", "start", "paris", *lab)
        assert (started.status, "paris runs at https://127.0.0.1:" in started.err) == (0, True)
        shown = typed("lab", "status", *lab).out.split()
        assert {"paris", "running,", "1", "4", "KiB"} <= set(shown)
        assert not any("…" in word for word in shown), "nothing is cut, however narrow the output"
        assert f"datamotion lab up --dir {folder} starts it again" in typed("lab", "down", *lab).err
        again = typed("lab", "up", *lab)
        assert again.status == 0, "its clusters need not be named again"
        assert f"next: datamotion status -c {folder / 'datamotion.yaml'}" in again.err
    finally:
        down = typed("lab", "down", "--remove", *lab)
    assert (down.status, "ended and removed" in down.err) == (0, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files"]
    eventually(lambda: not processes_in(folder))
