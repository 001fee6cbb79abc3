"""What checks found, as every face shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from datamotion.service.verdict import Verdict


class Finding(StrEnum):
    """The result of one check. A check that could not look says so; it never reads as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_LOOKED = "could not look"
    NOTE = "note"


class CheckKind(StrEnum):
    """What is checked: docs/check.md has a row for each."""

    CLUSTER = "cluster"
    VERSION = "version"
    CLOCK = "clock"
    LICENCE = "licence"
    PRIVILEGES = "privileges"
    INTERFACES = "interfaces"
    SVM = "svm"
    MEMBERS = "members"
    CLUSTER_PEER = "cluster peer"
    SVM_PEER = "svm peer"
    POLICY = "policy"
    SCHEDULE = "schedule"
    RPO = "rpo"
    AGGREGATE = "aggregate"
    MIRRORS = "mirrors"
    COMMON_GROUND = "common ground"
    EXPORT_POLICY = "export policy"
    LIMITS = "limits"
    STORE = "store"
    LOCK = "lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check of `kind`: `what` should be so of `subject`, a cluster, a back end, a group or this machine.

    `detail` is the evidence where it did not pass, `hint` the command or the person that mends it.
    """

    kind: CheckKind
    subject: str
    what: str
    finding: Finding
    detail: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """`ready`: nothing failed, and everything could be looked at. `verdict` has the exit status, 0 only when ready."""

    ready: bool
    lines: tuple[CheckLine, ...]
    verdict: Verdict
