"""What POST and PATCH of an export policy and its rules take."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from ontaplab.resources.export_policies.state import Flavor, Protocol
from ontaplab.wire.body import Body, Reference


class Client(Body):
    match: str

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"match": value} if isinstance(value, str) else value


class RuleBody(Body):
    index: int | None = None
    clients: tuple[Client, ...] | None = None
    ro_rule: tuple[Flavor, ...] | None = None
    rw_rule: tuple[Flavor, ...] | None = None
    protocols: tuple[Protocol, ...] | None = None
    superuser: tuple[Flavor, ...] | None = None
    anonymous_user: str | None = None
    chown_mode: Literal["restricted", "unrestricted"] | None = None
    ntfs_unix_security: Literal["fail", "ignore"] | None = None
    allow_suid: bool | None = None
    allow_device_creation: bool | None = None
    allow_nfs_tls_only: bool | None = None


class ExportPolicyBody(Body):
    name: str | None = None
    svm: Reference | None = None
    rules: tuple[RuleBody, ...] | None = None
