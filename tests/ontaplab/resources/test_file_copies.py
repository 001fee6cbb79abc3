"""Copies of files to other volumes: whole, within one cluster, and between SVMs only where peers may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from tests.ontaplab.resources.labs import Asker, in_lab

COPY = "/storage/file/copy"


def a_copy(source: str, destination: str, svm: str = "svm1") -> dict[str, Any]:
    """Of VOLUME/PATH of svm1, as VOLUME/PATH of that SVM."""
    ends = {}
    for name, place, of in (("source", source, "svm1"), ("destination", destination, svm)):
        volume, _, path = place.partition("/")
        ends[name] = {"svm": {"name": of}, "volume": {"name": volume}, "path": path}
    return {"files_to_copy": [ends]}


async def asked(paris: Asker, body: dict[str, Any]) -> dict[str, Any]:
    """The job, right after it was asked for."""
    answer = await paris.http.post(f"/api{COPY}", json=body)
    assert answer.status_code == 202, answer.text
    return await paris.one("/cluster/jobs", uuid=answer.json()["job"]["uuid"], fields="state,description")


def tree(root: Path, volume: str, svm: str = "svm1") -> Path:
    return root / "paris" / "by-name" / svm / volume


def test_a_file_is_copied_as_it_was_while_its_job_goes_on(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        for name in ("vol_1", "vol_2"):
            await paris.volume(name)
        (tree(tmp_path, "vol_1") / "file").write_bytes(b"then" * 1000)
        (tree(tmp_path, "vol_1") / "file").chmod(0o640)
        job = await asked(paris, a_copy("vol_1/file", "vol_2/copy"))
        await trio.sleep(1)
        (tree(tmp_path, "vol_1") / "file").write_bytes(b"now!")
        copied = tree(tmp_path, "vol_2") / "copy"
        assert (copied.read_bytes(), copied.stat().st_mode & 0o777) == (b"then" * 1000, 0o640)
        assert (await paris.one("/cluster/jobs", uuid=job["uuid"], fields="state"))["state"] == "running"
        await trio.sleep(60)
        assert (await paris.one("/cluster/jobs", uuid=job["uuid"], fields="state"))["state"] == "success"
        answer = await paris.http.post(f"/api{COPY}?return_timeout=60", json=a_copy("vol_1/file", "vol_2/again"))
        assert (answer.status_code, (tree(tmp_path, "vol_2") / "again").read_bytes()) == (201, b"now!")
        (tree(tmp_path, "vol_2") / "folder").mkdir()
        await asked(paris, a_copy("vol_1/file", "vol_2/folder"))
        await trio.sleep(1)
        assert (tree(tmp_path, "vol_2") / "folder" / "file").read_bytes() == b"now!"

    in_lab(tmp_path, claim, peered=False)


def test_what_cannot_be_copied_is_refused_with_its_code(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        for name in ("vol_1", "vol_2"):
            await paris.volume(name)
        await paris.svm("svm2")
        await paris.volume("vol_3", {"svm.name": "svm2"})
        await paris.volume("mirror", {"type": "dp"})
        for name in ("file", "taken"):
            (tree(tmp_path, "vol_1") / name).write_bytes(b"bytes")
        (tree(tmp_path, "vol_2") / "taken").write_bytes(b"theirs")
        for code, body in (
            ("6684674", a_copy("vol_1/none", "vol_2/copy")),
            ("6684674", a_copy("vol_1/file", "vol_2/no/copy")),
            ("6488118", a_copy("vol_1/file", "vol_2/taken")),
            ("918235", a_copy("vol_1/file", "vol_9/copy")),
            ("7018866", a_copy("vol_1/file", "mirror/copy")),
            ("7013360", a_copy("vol_1/file", "vol_3/copy", svm="svm2")),
            ("262245", {"files_to_copy": []}),
        ):
            assert (await paris.refusal("POST", COPY, body))[0] == code, body
        peer = {"svm.name": "svm2", "peer.svm.name": "svm1", "applications": ["file_copy"]}
        await paris.post("/svm/peers", peer)
        await asked(paris, a_copy("vol_1/file", "vol_3/copy", svm="svm2"))
        await trio.sleep(1)
        assert (tree(tmp_path, "vol_3", "svm2") / "copy").read_bytes() == b"bytes"
        many = a_copy("vol_1/file", "vol_2/many")["files_to_copy"] * 50
        assert (await paris.refusal("POST", COPY, {"files_to_copy": many}))[0] == "7018877"

    in_lab(tmp_path, claim, peered=False)
