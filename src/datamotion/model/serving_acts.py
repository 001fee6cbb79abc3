"""Who serves a group, and by what its clients come in."""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.model.claim import Claim
from datamotion.model.serving_records import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyQtree:
    """A qtree has this export policy."""

    volume_uuid: str
    id: int
    export: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyLun:
    """Hosts can use a LUN, or cannot: its maps stay as they are."""

    uuid: str
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLun:
    """A LUN is mapped to an igroup of its SVM; it is asked for under this number, None: under one that is free."""

    svm: str
    lun_uuid: str | None
    igroup: str
    number: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateShare:
    """The SVM has a share of that name, which leads to that path."""

    share: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSessions:
    """Nobody who is connected by SMB uses the volume. `sessions` are paths of those who do."""

    volume_uuid: str
    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateExportPolicy:
    """The SVM has an export policy of that name, without rules: it lets nobody in."""

    svm: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeEpoch:
    """The SVM holds this claim, and no other of its group and epoch: a cluster refuses the second of one name."""

    svm: str
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmClaim:
    """The claim that is the policy with this uuid says that it was served."""

    uuid: str
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteClaim:
    """The policy with this uuid, which was a claim, is gone."""

    uuid: str
