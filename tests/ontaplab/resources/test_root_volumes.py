"""Root volumes of SVMs, on clusters that make them."""

from __future__ import annotations

from pathlib import Path

import trio
import trio.testing

from ontaplab.inprocess import lab_clusters
from tests.ontaplab.resources.labs import Asker


def test_an_svm_has_a_root_volume_that_is_told_from_the_others_and_goes_with_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            lab_clusters("paris", root=tmp_path, traits={"root_volumes": True}) as lab,
            lab["paris"].client() as http,
        ):
            paris = Asker(lab["paris"], http)
            await paris.svm("svm1")
            root = await paris.one("/storage/volumes", is_svm_root="true", fields="nas.path,state")
            assert (root["name"], root["nas"]["path"], root["state"]) == ("svm1_root", "/", "online")
            await paris.volume("vol_1", {"nas.path": "/one"})
            (paris.seen("/one") / "file").write_text("x")
            volume = await paris.one("/storage/volumes", is_svm_root="false", fields="nas.junction_parent")
            assert (volume["name"], volume["nas"]["junction_parent"]["name"]) == ("vol_1", "svm1_root")
            offline = await paris.refusal("PATCH", "/storage/volumes", {"state": "offline"}, name="svm1_root")
            removed = await paris.refusal("DELETE", "/storage/volumes", name="svm1_root")
            assert (offline[0], removed[0]) == ("917531", "917531")
            await paris.delete("/storage/volumes", name="vol_1")
            await paris.delete("/svm/svms", name="svm1")
            assert await paris.get("/storage/volumes") == []
            assert list((paris.cluster.root / "volumes").iterdir()) == []

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
