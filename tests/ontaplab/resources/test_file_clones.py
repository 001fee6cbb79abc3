"""Clones of files: of live ones and of snapshots', whole at once, and only of one's own SVM."""

from __future__ import annotations

from pathlib import Path

from tests.ontaplab.resources.labs import Asker, in_lab

CLONE = "/storage/file/clone"


def test_a_file_is_cloned_in_its_volume(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        volume = await paris.volume("vol_1", {"nas.path": "/vol_1"})
        seen = paris.seen("/vol_1")
        (seen / "file").write_bytes(b"then")
        await paris.post(f"/storage/volumes/{volume['uuid']}/snapshots", {"name": "kept"})
        (seen / "file").write_bytes(b"now!")
        body = {"volume": {"name": "vol_1"}, "source_path": "file", "destination_path": "twin"}
        answer = await paris.http.post(f"/api{CLONE}", json=body)
        assert (answer.status_code, (seen / "twin").read_bytes()) == (201, b"now!")
        assert (await paris.refusal("POST", CLONE, body))[0] == "6488118"
        older = {**body, "source_path": ".snapshot/kept/file", "overwrite_destination": True}
        answer = await paris.http.post(f"/api{CLONE}", json=older)
        assert (answer.status_code, (seen / "twin").read_bytes()) == (201, b"then")
        for path in ("none", "../file"):
            assert (await paris.refusal("POST", CLONE, {**older, "source_path": path}))[0] in ("6684674", "6488117")
        assert (await paris.refusal("POST", CLONE, {**older, "destination_path": "no/twin"}))[0] == "6684674"
        await paris.svm("svm2")
        answer = await paris.http.post(f"/api{CLONE}", json=older, headers={"X-Dot-SVM-Name": "svm2"})
        assert answer.json()["error"]["code"] == "918235"

    in_lab(tmp_path, claim, peered=False)
