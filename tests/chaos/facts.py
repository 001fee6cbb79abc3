"""What is so once a command has ended: on the clusters, in the volumes, in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from datamotion.model.claim import read_claim
from datamotion.model.mark import read_mark
from datamotion.store.journal import RunRecord, open_store
from tests.chaos.site import CLUSTERS, Scene
from tests.together.world import GROUP, digests, succeed

_COLLECTIONS = {
    "/api/storage/volumes": "name,svm.name,type,state,nas.path,nas.export_policy.name,comment",
    "/api/snapmirror/policies": "name,svm.name,comment",
    "/api/svm/peers": "name,svm.name,peer.svm.name,peer.cluster.name,state,applications",
    "/api/snapmirror/relationships": "source.path,destination.path,state,healthy,policy.name,transfer_schedule.name",
}

Files = Mapping[str, Mapping[str, str]]
"""SHA-256 by volume and file."""


@dataclass(frozen=True)
class Facts:
    """What may not depend on whether a command was killed on the way: records by cluster and path, served files."""

    records: Mapping[str, Sequence[str]]
    served: Mapping[str, Files]


def facts(scene: Scene) -> Facts:
    records = {name: scene.portal.call(_records, scene, name) for name in CLUSTERS}
    served = {name: _served(scene, name, each) for name, each in records.items()}
    return Facts(
        {name: sorted(json.dumps(each, sort_keys=True) for each in records[name]) for name in CLUSTERS}, served
    )


def _served(scene: Scene, cluster: str, records: Sequence[Mapping[str, Any]]) -> Files:
    """The files of every volume that is mounted, by its junction path."""
    paths = [each["nas"]["path"] for each in records if "path" in each.get("nas", ())]
    return {path: digests(scene.served(cluster, path)) for path in paths}


async def _records(scene: Scene, cluster: str) -> list[dict[str, Any]]:
    found = []
    async with scene.lab[cluster].client() as client:
        for path, fields in _COLLECTIONS.items():
            answer = await succeed(client.get(path, params={"fields": fields}))
            found += [{"of": path, **_without_identity(each)} for each in answer.json()["records"]]
    return found


def _without_identity(record: Any) -> Any:
    """Without what differs from one world to the next: uuids, links, who took an epoch and since when."""
    if isinstance(record, list):
        return [_without_identity(each) for each in record]
    if not isinstance(record, dict):
        return record
    kept = {key: _without_identity(value) for key, value in record.items() if key not in ("uuid", "_links")}
    if mark := read_mark(kept.get("comment", "")):
        kept["comment"] = replace(mark, origin="an origin").write(kept["comment"])
    if claim := read_claim(GROUP, kept.get("name", ""), kept.get("comment", "")):
        kept["comment"] = f"{claim.backend}, partial: {claim.partial}, served: {claim.served is not None}"
    return kept


def runs(scene: Scene) -> Sequence[RunRecord]:
    """What the store remembers."""
    with open_store(scene.store_url) as store:
        return store.runs()


def writes(scene: Scene) -> int:
    """How often the one run of the store wrote to its journal: when it began, each of its entries, when it ended."""
    with open_store(scene.store_url) as store:
        (run,) = store.runs()
        return len(store.entries(run.id)) + 2
