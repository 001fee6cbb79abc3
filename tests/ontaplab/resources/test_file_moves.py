"""Moves of files to other volumes of their SVM: served at the old place until all is carried, then at the new one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from tests.ontaplab.resources.labs import Asker, in_lab
from tests.ontaplab.resources.test_file_copies import tree

MOVES = "/storage/file/moves"


def a_move(*sources: str, to: str, svm: str = "svm1") -> dict[str, Any]:
    """Of VOLUME/PATH of svm1, each to that VOLUME/PATH."""

    def end(place: str, of: str) -> dict[str, Any]:
        volume, _, path = place.partition("/")
        return {"svm": {"name": of}, "volume": {"name": volume}, "path": path}

    return {"files_to_move": {"sources": [end(each, "svm1") for each in sources], "destinations": [end(to, svm)]}}


async def listed(paris: Asker) -> list[tuple[int, str, str]]:
    found = await paris.get(MOVES, fields="scanner.state,source.path")
    return [(each["index"], each["source"]["path"], each["scanner"]["state"]) for each in found]


def test_files_are_served_at_their_old_place_until_they_are_at_the_new_one(tmp_path: Path) -> None:
    async def claim(paris: Asker, _: Asker) -> None:
        for name in ("vol_1", "vol_2"):
            await paris.volume(name)
        old, new = tree(tmp_path, "vol_1"), tree(tmp_path, "vol_2") / "folder"
        new.mkdir()
        for name in ("one", "two"):
            (old / name).write_bytes(b"then" * 1000)
        answer = await paris.http.post(f"/api{MOVES}", json=a_move("vol_1/one", "vol_1/two", to="vol_2/folder"))
        assert answer.status_code == 202, answer.text
        await trio.sleep(1)
        (old / "one").write_bytes(b"now!")
        assert await listed(paris) == [(0, "one", "data"), (1, "two", "data")]
        assert not list(new.iterdir())
        move = (await paris.get(MOVES, index="0", fields="**"))[0]
        assert 0 < move["scanner"]["percent"] < 100
        assert move["uuid"] == answer.json()["job"]["uuid"]
        await trio.sleep(60)
        assert await listed(paris) == [(0, "one", "complete"), (1, "two", "complete")]
        assert ((new / "one").read_bytes(), (new / "two").read_bytes()) == (b"now!", b"then" * 1000)
        assert not [each for each in old.iterdir() if each.is_file()]

    in_lab(tmp_path, claim, peered=False)


def test_what_cannot_be_moved_is_refused_with_its_code_and_what_fails_is_told(tmp_path: Path) -> None:
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
            ("6684674", a_move("vol_1/none", to="vol_2/moved")),
            ("6488118", a_move("vol_1/file", to="vol_2/taken")),
            ("918235", a_move("vol_1/file", to="vol_9/moved")),
            ("7018866", a_move("vol_1/file", to="mirror/moved")),
            ("7012364", a_move("vol_1/file", to="vol_3/moved", svm="svm2")),
            ("262245", {"files_to_move": {"sources": []}}),
            ("7018877", a_move(*["vol_1/file"] * 51, to="vol_2/moved")),
        ):
            assert (await paris.refusal("POST", MOVES, body))[0] == code, body
        assert await listed(paris) == []
        await paris.http.post(f"/api{MOVES}", json=a_move("vol_1/file", to="vol_2/moved"))
        (tree(tmp_path, "vol_2") / "moved").write_bytes(b"somebody else")
        await trio.sleep(60)
        (move,) = await paris.get(MOVES, fields="**")
        assert (move["scanner"]["state"], move["failure"]["code"]) == ("destroyed", "6488118")
        assert (tree(tmp_path, "vol_1") / "file").read_bytes() == b"bytes"

    in_lab(tmp_path, claim, peered=False)
