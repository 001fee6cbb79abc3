"""Clones of volumes: made from a snapshot, and split off so that they stand alone."""

from __future__ import annotations

from typing import assert_never

from datamotion.model.volume_acts import CloneVolume, SplitClone
from datamotion.ontap.answer import Answer
from datamotion.ontap.replies import known
from datamotion.ontap.transport import AT_ONCE, Transport
from datamotion.ontap.volumes import PATH


async def change_clone(transport: Transport, change: CloneVolume | SplitClone) -> Answer:
    match change:
        case CloneVolume():
            clone = {
                "is_flexclone": True,
                "parent_volume": {"uuid": change.parent_uuid},
                "parent_snapshot": {"name": change.snapshot},
            }
            nas = ({"path": change.path} if change.path else {}) | (
                {"export_policy": {"name": change.export}} if change.export else {}
            )
            body = {"name": change.volume, "svm": {"name": change.svm}, "comment": change.comment, "clone": clone}
            if nas:
                body["nas"] = nas
            return await transport.post(PATH, body, AT_ONCE)
        case SplitClone():
            return await transport.patch(f"{PATH}/{known(change.uuid)}", {"clone": {"split_initiated": True}}, AT_ONCE)
        case _:
            assert_never(change)
