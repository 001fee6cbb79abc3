"""Volumes migrated to another SVM of the same cluster: by mirrors, as to another cluster, and undone as from there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from datamotion.service import migrations
from datamotion.service.reports import RunReport
from datamotion.service.verdict import Verdict
from tests.profile import IS_SOAK, thinned
from tests.together.mortal import Life, dies
from tests.together.stories import Story, play, told
from tests.together.test_migrate import served_with_a_file
from tests.together.world import SVMS, digests

OTHER = "svm_other"
BOTH = ("vol_1", "vol_2")


async def with_another_svm(story: Story) -> Story:
    """The same, with a back end more at paris."""
    await served_with_a_file(story, *BOTH)
    await story.at["paris"].post("/svm/svms", {"name": OTHER})

    def configure(tree: dict[str, Any]) -> None:
        tree["backends"]["gold-other"] = {"cluster": "paris", "svm": OTHER, "volumes": ["vol_*"]}

    return story.configured(configure)


def migration(story: Story, **more: Any) -> Any:
    wanted = {"to": "gold-other", "aggregates": ("aggr1",), **more}
    return migrations.migration_of(story.place.session, "gold-paris:vol_*", **wanted)


async def migrate(story: Story, **more: Any) -> RunReport:
    return await story.place.run(migrations.migrate(migration(story, **more)))


async def serving(story: Story) -> Mapping[str, set[str]]:
    """By SVM, the volumes that clients can write to at their own names; each with all that it held."""
    fields = "svm.name,type,nas,comment"
    found = await story.at["paris"].http.get("/api/storage/volumes", params={"is_svm_root": "false", "fields": fields})
    records, held = found.json()["records"], {SVMS["paris"]: set[str](), OTHER: set[str]()}
    for each in records:
        name, svm = each["name"], each["svm"]["name"]
        if (each["type"], each["nas"].get("path"), each.get("comment") or None) == ("rw", f"/{name}", None):
            tree = story.place.root / "paris" / "by-name" / svm / name
            assert set(digests(tree)) == {"kept"}
            assert (tree / "kept").read_text() == f"{name} kept\n" * 100
            held[svm].add(name)
    return {**held, "all": {f"{each['svm']['name']}:{each['name']}" for each in records}}


def only_at(svm: str) -> Mapping[str, set[str]]:
    return {SVMS["paris"]: set(), OTHER: set(), svm: set(BOTH), "all": {f"{svm}:{each}" for each in BOTH}}


async def leftovers(story: Story) -> list[str]:
    """What is still there of mirrors and claims."""
    at, found = story.at["paris"].http, []
    for listed in ("false", "true"):
        answer = await at.get("/api/snapmirror/relationships", params={"list_destinations_only": listed})
        found += [each["uuid"] for each in answer.json()["records"]]
    claims = await at.get("/api/snapmirror/policies", params={"name": "datamotion_*"})
    return [*found, *(each["name"] for each in claims.json()["records"])]


def points() -> Iterator[int]:
    """The calls behind which a process is killed: all, in `make soak`; else one, another one from run to run."""
    return count(0) if IS_SOAK else iter((int(os.environ["TESTS_OFFSET"]) % 30,))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_carried_out", "is_undone"), thinned([(False, False), (True, True), (True, False), (False, True)], 4)
)
def test_killed_at_any_call_it_goes_on_or_back(quick_path: Path, is_carried_out: bool, is_undone: bool) -> None:
    async def main(story: Story) -> None:
        own = await with_another_svm(story)
        was_cut_off = await dies(migrate, own, Life(number, is_carried_out))
        if is_undone and was_cut_off:
            report = await own.place.run(migrations.abort(migration(own, is_undone=True)))
            is_open = "there is only the way forward" in told(report)
            undone.append(not is_open)
            if not is_open and await serving(own) != only_at(OTHER):  # killed behind its last call, all was done
                assert report.verdict in (Verdict.DONE, Verdict.REFUSED), (number, told(report))  # refused: as begun
                assert (await serving(own), await leftovers(own)) == (only_at(SVMS["paris"]), [])
                return
        report = await migrate(own)
        assert report.verdict in (Verdict.DONE, Verdict.REFUSED), (number, told(report))  # refused: all was done
        assert (await serving(own), await leftovers(own)) == (only_at(OTHER), [])
        if not was_cut_off:
            over.append(number)

    over: list[int] = []
    undone: list[bool] = []
    for number in points():
        play(quick_path / str(number), main)
        if over:
            break
    assert not IS_SOAK or over[0] > 20
    assert not (IS_SOAK and is_undone) or (True in undone and False in undone)
