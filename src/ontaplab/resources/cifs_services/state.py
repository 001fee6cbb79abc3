"""The CIFS server of an SVM. Whether it is enabled is in the SVM's record, with the other protocols."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_NAME = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class CifsService:
    uuid: str
    """That of its SVM."""
    svm: str
    """The same."""
    name: str
    domain: str | None = None
    """The Active Directory domain that it belongs to, unless it is in a workgroup."""
    workgroup: str | None = None
    comment: str = ""
    export_policy_enabled: bool = False
    """Whether export policies bind SMB too."""
