"""The report tree: what every face shows. Text, JSON and pages are renderings of these records.

Durations are seconds and say so in their names; instants are aware; sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from datamotion.engine.result import Outcome
from datamotion.exit_status import ExitStatus
from datamotion.service.act_reports import ActReport
from datamotion.service.migration_reports import MechanismReport


class Verdict(StrEnum):
    """How a command ended; each has its exit status."""

    DONE = "done"
    ATTENTION = "needs attention"  # of what only looks: something that a person has to see to
    PARTLY = "partly done"
    FAILED = "failed"
    REFUSED = "refused"
    SILENT = "no answer"

    @property
    def exit_status(self) -> int:
        return _EXIT_STATUSES[self]


_EXIT_STATUSES = {
    Verdict.DONE: ExitStatus.DONE,
    Verdict.ATTENTION: ExitStatus.FAILED,
    Verdict.PARTLY: ExitStatus.FAILED,
    Verdict.FAILED: ExitStatus.FAILED,
    Verdict.REFUSED: ExitStatus.REFUSED,
    Verdict.SILENT: ExitStatus.SILENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    cluster: str
    title: str
    because: str
    acts: tuple[ActReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LossReport:
    """What one volume gives up: all that was written at `given_up_at` after `kept`, begun at most `at_most_s` ago.

    `at_most_s` is None where nobody can tell. `kept` is the snapshot that the copy at `backend` goes back to.
    `size_bytes` are the blocks that differ from it, None where that was not measured.
    """

    volume: str
    text: str
    at_most_s: float | None
    backend: str | None = None
    given_up_at: str | None = None
    kept: str | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalReport:
    backend: str | None
    volume: str | None
    text: str
    hint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionReport:
    """What a cluster says against an act, `about`, in its own words. `is_answer`: False where it said nothing."""

    cluster: str
    backend: str
    volume: str | None
    about: str
    text: str
    hint: str | None
    is_answer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnaskedReport:
    """So many acts of a step could not be asked about, and why."""

    cluster: str
    title: str
    acts: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedReport:
    """What clusters say to a plan beforehand. `asked`: about how many acts; nothing was changed."""

    asked: int
    objections: tuple[ObjectionReport, ...]
    unasked: tuple[UnaskedReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """A plan as it is shown before anything is done. `changes`: whether carrying it out changes anything.

    `holds` is the number of copies for which what is wanted was seen to be so already. Nothing to change and nothing
    that holds is no success: nothing was wanted. `clusters_say` is None where the clusters were not asked about it.
    """

    operation: str
    group: str
    title: str
    changes: bool
    steps: tuple[StepReport, ...]
    losses: tuple[LossReport, ...]
    refusals: tuple[RefusalReport, ...]
    notes: tuple[str, ...]
    verdict: Verdict
    then: tuple[str, ...] = ()  # what follows the steps in the same run
    holds: int = 0
    clusters_say: AskedReport | None = None
    mechanisms: tuple[MechanismReport, ...] = ()  # of a migration, the cheapest first


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeReport:
    """`recovery_point` is the snapshot that the volume was recovered to, `recovery_age_s` its age at the break.

    `frozen_s` is how long clients were kept away from it, as far as it was let in again; None where they were not. An
    earlier run that was cut off began that: `frozen_at_least`.

    Both are None for a volume that was not recovered. Where it failed, `came_about` is what was sent and seen to have
    come about all the same, `uncertain` what was sent and may or may not have.
    """

    backend: str
    volume: str
    outcome: Outcome
    detail: str | None = None
    hint: str | None = None
    recovery_point: str | None = None
    recovery_age_s: float | None = None
    frozen_s: float | None = None
    frozen_at_least: bool = False
    came_about: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


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
class RunReport:
    """How a run ended, volume by volume.

    `serving` is the back end that was seen to serve all of the group at the end, None where none does or nobody looked;
    `served` says it back end by back end.
    """

    operation: str
    group: str
    title: str
    verdict: Verdict
    run: int | None
    went_on_from: int | None
    volumes: tuple[VolumeReport, ...]
    refusals: tuple[RefusalReport, ...]
    notes: tuple[str, ...]
    serving: str | None
    epoch: int | None
    seconds: float
    calls: int
    served: tuple[ServedReport, ...] = ()


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
    where that is not told. `trouble` is the first thing that a person should know of this copy.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRunReport:
    """One run, as the store remembers it. `phase` is `acting` while it goes on, or until its death is noticed.

    `who` is a user, a host and a process; `why` their words. `seconds` is None where it has not come to its end.
    """

    run: int
    group: str
    operation: str
    who: str
    why: str | None
    phase: str
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryReport:
    """The last runs, the newest first. `is_all`: there are no older ones."""

    runs: tuple[PastRunReport, ...]
    is_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTimeReport:
    """When a step of a run was first asked for and last heard of, in seconds since the run began.

    `asked_s` is None for what was only awaited; `given_up` counts volumes, or back ends, that did not get there.
    """

    title: str
    cluster: str
    asked_s: float | None
    until_s: float
    given_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLineReport:
    at: datetime
    note: str
    cluster: str
    step: str
    volumes: tuple[str, ...]
    jobs: tuple[str, ...]
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRunDetailReport:
    """All that is known of one run. `epoch` is the one that it was to take; None: it was to take none.

    `outcome` is its report, None where it did not come to its end, or was carried out by a release that kept none.
    """

    run: PastRunReport
    epoch: int | None
    plan: PlanReport
    outcome: RunReport | None
    steps: tuple[StepTimeReport, ...]
    journal: tuple[JournalLineReport, ...]
