"""Seeding gives volumes with real files, or leaves no volume."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ontaplab.site import Seeded, Site, SiteError
from tests.ontaplab.site.labs import client_of, contents, records, volume_names

pytestmark = pytest.mark.slow

KIB = 1024


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """40 files of 1 to 40 KiB in folders of folders."""
    root = tmp_path / "source"
    for number in range(1, 41):
        path = root / f"shelf {number % 3}" / f"box{number % 5}" / f"file{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]) * number * KIB)
    return root


@pytest.fixture
def empty_lab(lab: Site) -> Iterator[Site]:
    """The lab without volumes, before and after."""
    assert volume_names(lab, "paris") == set()
    yield lab
    with client_of(lab, "paris") as client:
        for name in volume_names(lab, "paris"):
            client.delete("/storage/volumes", params={"name": name, "return_timeout": "60"}).raise_for_status()


def seeded_contents(site: Site, seeded: Seeded) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name in seeded.volumes:
        held = contents(site.exports("paris", "svm_gold") / name)
        assert not found.keys() & held.keys(), "no file is in two volumes"
        found |= held
    return found


def test_the_volumes_hold_every_file_byte_for_byte_spread_evenly(empty_lab: Site, source: Path) -> None:
    seeded = empty_lab.seed("paris", source, volumes=4)
    assert list(seeded.volumes) == ["vol_1", "vol_2", "vol_3", "vol_4"]
    assert seeded_contents(empty_lab, seeded) == contents(source)
    assert (seeded.files, seeded.bytes, seeded.skipped) == (40, sum(range(1, 41)) * KIB, 0)
    assert max(seeded.volumes.values()) - min(seeded.volumes.values()) <= 40 * KIB
    for volume in records(empty_lab, "paris", "/storage/volumes", fields="size,nas.path,svm.name,space.used"):
        assert (volume["nas"]["path"], volume["svm"]["name"]) == (f"/{volume['name']}", "svm_gold")
        assert volume["space"]["used"] >= seeded.volumes[volume["name"]]
        assert volume["size"] >= 2 * volume["space"]["used"], "there is headroom"


def test_modes_and_times_are_kept_and_clients_may_write(empty_lab: Site, source: Path) -> None:
    script = source / "run.sh"
    script.write_text("true")
    script.chmod(0o555)
    os.utime(script, ns=(5, 7_000_000_009))
    empty_lab.seed("paris", source, volumes=1)
    status = (empty_lab.volume_path("paris", "svm_gold", "vol_1") / "run.sh").stat()
    assert (oct(status.st_mode & 0o777), status.st_mtime_ns) == ("0o755", 7_000_000_009)


def test_what_is_no_plain_file_is_skipped_and_counted(empty_lab: Site, source: Path) -> None:
    os.mkfifo(source / "fifo")
    (source / "link").symlink_to("fifo")
    seeded = empty_lab.seed("paris", source, volumes=2)
    assert (seeded.files, seeded.skipped) == (40, 2)
    assert seeded_contents(empty_lab, seeded) == contents(source)


def test_a_snapshot_folder_at_the_top_is_not_content(empty_lab: Site, source: Path) -> None:
    (source / ".snapshot").mkdir()
    (source / ".snapshot" / "old").write_text("old")
    assert empty_lab.seed("paris", source, volumes=1).files == 40


def test_a_folder_that_is_missing_or_holds_no_file_is_refused(empty_lab: Site, tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="there is no folder"):
        empty_lab.seed("paris", tmp_path / "missing")
    with pytest.raises(SiteError, match="holds no files"):
        empty_lab.seed("paris", tmp_path)
    assert volume_names(empty_lab, "paris") == set()


def test_too_little_space_is_refused_before_anything_is_made(empty_lab: Site, source: Path) -> None:
    needed = sum(-(-number * KIB // 4096) * 4096 for number in range(1, 41))
    with pytest.raises(SiteError, match=r"need 0\.9 MiB, .* has 0\.5 MiB free"):
        empty_lab.seed("paris", source, free_bytes=lambda folder: KIB * KIB // 2)
    with pytest.raises(SiteError, match="free"):
        empty_lab.seed("paris", source, free_bytes=lambda folder: needed - 1)
    with pytest.raises(SiteError, match=r"2 copies of the files in .* need 1\.7 MiB"):
        empty_lab.seed("paris", source, copies=2, free_bytes=lambda folder: 2 * needed - 1)
    assert volume_names(empty_lab, "paris") == set()
    assert empty_lab.seed("paris", source, free_bytes=lambda folder: needed).files == 40


def test_a_disk_that_refuses_a_write_leaves_no_volume_and_says_what_was_needed(empty_lab: Site, source: Path) -> None:
    script = (
        "import sys, pathlib; from ontaplab.site import Site, SiteError\n"
        "try: Site.open(pathlib.Path(sys.argv[1])).seed('paris', pathlib.Path(sys.argv[2]))\n"
        "except SiteError as error: print(error.message)"
    )
    limit = 30 * KIB  # fewer bytes than the largest files have

    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-c", script, str(empty_lab.folder), str(source)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=no_large_files)
    assert run.stdout == f"copying the files of {source} failed: File too large. They need 0.9 MiB\n"
    assert volume_names(empty_lab, "paris") == set()
    assert list((empty_lab.folder / "paris" / "volumes").iterdir()) == []


def test_a_volume_that_is_there_already_is_kept_and_the_others_are_removed_again(empty_lab: Site, source: Path) -> None:
    empty_lab.seed("paris", source, volumes=1, prefix="vol_2_")  # makes vol_2_1
    kept = contents(empty_lab.volume_path("paris", "svm_gold", "vol_2_1"))
    with client_of(empty_lab, "paris") as client:
        client.patch("/storage/volumes?name=vol_2_1&return_timeout=60", json={"name": "vol_2"}).raise_for_status()
    with pytest.raises(SiteError, match="paris refused POST /storage/volumes"):
        empty_lab.seed("paris", source, volumes=3)
    assert volume_names(empty_lab, "paris") == {"vol_2"}
    assert contents(empty_lab.volume_path("paris", "svm_gold", "vol_2")) == kept


def test_a_cluster_that_is_not_of_the_lab_is_refused_by_name(lab: Site, source: Path) -> None:
    with pytest.raises(SiteError, match="has no cluster rome") as refusal:
        lab.seed("rome", source)
    assert refusal.value.hint == "It has paris, lyon."
