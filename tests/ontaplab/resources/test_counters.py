"""Performance counters, and what clones of files share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from tests.ontaplab.resources.labs import Asker, in_lab

TABLES = "/cluster/counter/tables"


async def counters(paris: Asker, table: str, names: str) -> dict[str, Any]:
    row = await paris.one(f"{TABLES}/{table}/rows", id="paris-01:*", **{"counters.name": names, "fields": "counters.*"})
    return {each["name"]: each for each in row["counters"]}


def test_a_table_tells_of_the_counters_that_are_asked_for_and_what_they_are_divided_by(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        assert {"processor", "system:constituent", "wafl"} <= {each["name"] for each in await paris.get(TABLES)}
        query = {"counter_schemas.name": "average_processor_busy_percent", "fields": "counter_schemas.*"}
        answer = await paris.http.get(f"/api{TABLES}/system:constituent", params=query)
        (schema,) = answer.json()["counter_schemas"]
        assert (schema["type"], schema["denominator"]) == ("percent", {"name": "cpu_elapsed_time"})
        assert (await paris.refusal("GET", f"{TABLES}/no_such_table"))[0] == "4"
        assert await paris.get(f"{TABLES}/no_such_table/rows") == []

    in_lab(tmp_path, claim)


def test_a_node_was_busy_for_a_twentieth_of_the_time_between_two_looks(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        names = "average_processor_busy_percent|cpu_elapsed_time"
        before = await counters(paris, "system:constituent", names)
        assert set(before) == set(names.split("|"))
        await trio.sleep(100)
        after = await counters(paris, "system:constituent", names)
        busy, elapsed = (after[name]["value"] - before[name]["value"] for name in names.split("|"))
        assert (elapsed, busy) == (100_000_000, 5_000_000)
        domains = (await counters(paris, "processor", "domain_busy_percent"))["domain_busy_percent"]
        assert len(domains["labels"]) == len(domains["values"])
        assert domains["labels"][domains["values"].index(max(domains["values"]))] == "idle"

    in_lab(tmp_path, claim)


def test_clones_of_files_share_nothing_that_would_have_to_be_split(tmp_path: Path) -> None:
    async def claim(paris: Asker, lyon: Asker) -> None:
        volume = await paris.volume("vol1", {"nas.path": "/vol1"})
        paris.seen("vol1/file").write_text("text")
        body = {"volume": {"uuid": volume["uuid"]}, "source_path": "file", "destination_path": "clone"}
        answer = await paris.http.post("/api/storage/file/clone", json=body)
        assert answer.status_code == 201
        query = {"volume.name": "vol1", "svm.name": "svm1"}
        found = await paris.one("/storage/file/clone/split-status", **query)
        assert (found["pending_splits"], found["unsplit_size"]) == (0, 0)
        assert await paris.get("/storage/file/clone/split-status", **{"volume.name": "absent"}) == []

    in_lab(tmp_path, claim)
