"""What a look at groups tells, as every face shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from datamotion.service.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedReport:
    """What one back end serves of a group; of one that was not seen, as the last claim that was seen says.

    `epoch`, `since` and `by` are the claim's, None where nobody claimed the group yet.
    """

    backend: str
    is_seen: bool
    volumes: int
    epoch: int | None
    since: datetime | None
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterReport:
    """`answers`: it said something, if only no. `detail`: why it could not be looked at; None where it was."""

    name: str
    answers: bool
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReport:
    """One copy of a volume; `name` is what the volume is called there, None where there is no copy (role `none`).

    `is_shut`: its export policy is the fence's, which lets no NFS client in. A mirror that has a `path` and is shut is
    mounted ahead. `source` is the back end that it mirrors, else the foreign path. `lag_s` is the age of what it can
    serve, None while it serves live, can be written, or holds nothing. `is_fresh`: it comes from the copy that serves,
    along relationships that are not broken off; None where that is open, or for a copy that is no mirror. `within_rpo`
    is None without an RPO. `is_transferring`: a transfer to it runs; `transferring_bytes` of it have arrived, None
    where that is not told. `trouble` is the first thing of this copy that a person has to see to, which no note is.
    """

    backend: str
    name: str | None
    role: str
    state: str
    path: str | None
    is_shut: bool
    source: str | None
    lag_s: float | None
    is_fresh: bool | None
    within_rpo: bool | None
    snapshot: str | None
    is_transferring: bool
    transferring_bytes: int | None
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedVolumeReport:
    """`active` is the back end that serves the volume, None where nobody can tell. Back ends not seen have no copy."""

    volume: str
    size_bytes: int | None
    active: str | None
    copies: tuple[CopyReport, ...]


class Severity(StrEnum):
    """How bad it is, worst first. All but notes are marked `!` and make the exit status other than 0."""

    CRITICAL = "critical"  # what is served is wrong, or nobody can tell what is
    WARNING = "warning"  # what is served is not protected as wanted
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernReport:
    """Something that a person should know, once for all the `volumes` that it is about, the worst of them first.

    `kind` is a row of docs/status.md. `worst_s` is the largest age among them, where it is about an age.
    """

    kind: str
    severity: Severity
    exit_status: int
    backend: str | None
    volumes: tuple[str, ...]
    text: str
    hint: str | None
    worst_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    """`backends`: the home, then the targets as configured.

    `serving`: the back end that serves every volume, None where they are divided or nobody can tell; `served` says it
    back end by back end, `undecided` is the number of volumes of which nobody can tell. `epoch`, `since` and `by` are
    those of the newest claim that serves something. `count` is how many volumes it has, all of which `volumes` shows
    unless some were chosen. `mirrored` is the number of volumes of which a fresh mirror holds a
    complete copy, `oldest_s` the age of the oldest of these. `concerns` are the worst first.
    """

    name: str
    home: str
    backends: tuple[str, ...]
    serving: str | None
    epoch: int | None
    since: datetime | None
    by: str | None
    served: tuple[ServedReport, ...]
    undecided: int
    rpo_s: float | None
    count: int
    mirrored: int
    oldest_s: float | None
    volumes: tuple[ProtectedVolumeReport, ...]
    concerns: tuple[ConcernReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    at: datetime
    clusters: tuple[ClusterReport, ...]
    groups: tuple[GroupReport, ...]
    verdict: Verdict
