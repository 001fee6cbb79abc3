"""What POST and PATCH of a LUN take."""

from __future__ import annotations

from pydantic import Field

from ontaplab.resources.luns.state import LONGEST_COMMENT, OsType
from ontaplab.wire.body import Body, Reference, Size


class Guarantee(Body):
    requested: bool | None = None


class Space(Body):
    size: Size | None = None
    guarantee: Guarantee | None = None


class Qtree(Body):
    name: str | None = None


class Location(Body):
    volume: Reference | None = None
    qtree: Qtree | None = None
    logical_unit: str | None = None


class LunChange(Body):
    name: str | None = None
    comment: str | None = Field(None, max_length=LONGEST_COMMENT)
    enabled: bool | None = None
    space: Space | None = None
    qos_policy: Reference | None = None


class Clone(Body):
    source: Reference | None = None


class LunCreate(LunChange):
    svm: Reference | None = None
    os_type: OsType | None = None
    location: Location | None = None
    clone: Clone | None = None
