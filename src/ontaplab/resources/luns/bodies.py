"""What POST and PATCH of a LUN take."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ontaplab.resources.luns.state import LONGEST_COMMENT, OsType
from ontaplab.wire.body import Body, Reference, Size


class Guarantee(Body):
    requested: bool | None = None


class Space(Body):
    size: Size | None = None
    guarantee: Guarantee | None = None
    scsi_thin_provisioning_support_enabled: bool | None = None


class Qtree(Body):
    name: str | None = None


class Location(Body):
    volume: Reference | None = None
    qtree: Qtree | None = None
    logical_unit: str | None = None


class Progress(Body):
    state: Literal["paused", "replicating"] | None = None


class Movement(Body):
    progress: Progress | None = None


class CopySource(Reference):
    peer: Reference | None = None
    progress: Progress | None = None


class Copy(Body):
    source: CopySource | None = None


class LunChange(Body):
    name: str | None = None
    comment: str | None = Field(None, max_length=LONGEST_COMMENT)
    enabled: bool | None = None
    space: Space | None = None
    qos_policy: Reference | None = None
    movement: Movement | None = None
    copy_: Copy | None = Field(None, alias="copy")

    @property
    def copied_from(self) -> CopySource | None:
        return None if self.copy_ is None else self.copy_.source


class Clone(Body):
    source: Reference | None = None


class LunCreate(LunChange):
    svm: Reference | None = None
    os_type: OsType | None = None
    location: Location | None = None
    clone: Clone | None = None
