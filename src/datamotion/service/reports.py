"""What plans and runs come to, as every face shows it. Text, JSON and pages are renderings of these records.

So they are of `status_reports`, `check_reports`, `history_reports` and the others that have reports for a name.

Durations are seconds and say so in their names; instants are aware; sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.engine.result import Outcome
from datamotion.model.remark import Remark
from datamotion.service.act_reports import ActReport
from datamotion.service.migration_reports import MechanismReport
from datamotion.service.status_reports import ServedReport
from datamotion.service.verdict import Verdict


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
    that holds is no success: nothing was wanted. `lacks` is the number of mirrors that are wanted and that no `apply`
    makes or mends: a note says what does. `clusters_say` is None where the clusters were not asked about it.
    """

    operation: str
    group: str
    title: str
    changes: bool
    steps: tuple[StepReport, ...]
    losses: tuple[LossReport, ...]
    refusals: tuple[RefusalReport, ...]
    notes: tuple[Remark, ...]
    verdict: Verdict
    then: tuple[str, ...] = ()  # what follows the steps in the same run
    holds: int = 0
    lacks: int = 0
    clusters_say: AskedReport | None = None
    mechanisms: tuple[MechanismReport, ...] = ()  # of a migration, the cheapest first


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeReport:
    """`recovery_point` is the snapshot that the volume was recovered to, `recovery_age_s` its age at the break.

    `frozen_s` is how long clients were kept away from it, as far as it was let in again; None where they were not. An
    earlier run began that: `frozen_at_least`.

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
    notes: tuple[Remark, ...]
    serving: str | None
    epoch: int | None
    seconds: float
    calls: int
    served: tuple[ServedReport, ...] = ()
