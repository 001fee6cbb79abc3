"""What POST and PATCH of an initiator group and its initiators take."""

from __future__ import annotations

from pydantic import Field, model_validator

from ontaplab.resources.igroups.state import Initiator, OsType, Protocol
from ontaplab.wire.body import Body, Reference


class InitiatorBody(Body):
    name: str
    comment: str = Field("", max_length=254)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: object) -> object:
        return {"name": value} if isinstance(value, str) else value

    def initiator(self) -> Initiator:
        return Initiator(name=self.name, comment=self.comment)


class InitiatorChange(Body):
    comment: str | None = Field(None, max_length=254)


class IgroupChange(Body):
    name: str | None = None
    os_type: OsType | None = None
    comment: str | None = Field(None, max_length=254)
    delete_on_unmap: bool | None = None


class IgroupCreate(IgroupChange):
    svm: Reference | None = None
    protocol: Protocol | None = None
    initiators: tuple[InitiatorBody, ...] = ()
