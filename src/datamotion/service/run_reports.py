"""What runs come to, as reports."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from datamotion.engine.result import Ending, Outcome, RunResult, refusal_of, refusals_by_subject
from datamotion.model.acts import Subject
from datamotion.model.migration import is_migration
from datamotion.model.names import counted
from datamotion.model.plan import RecoveryPoint
from datamotion.model.remark import Remark
from datamotion.model.standing import Standing
from datamotion.model.view import ClusterView
from datamotion.policy.clients.fence import FENCING
from datamotion.policy.clients.letting_in import SERVE
from datamotion.policy.copies.common import snapshot_named
from datamotion.policy.copies.frozen import frozen_for
from datamotion.policy.failover.planned import FREEZE
from datamotion.service.plan_reports import refusal_reports, refusal_verdict
from datamotion.service.reports import RefusalReport, RunReport, VolumeReport
from datamotion.service.run_notes import is_let_in, not_given_notes, overtaken_notes, shut_out_notes, way_back_notes
from datamotion.service.served import served_reports, serving_backend
from datamotion.service.verdict import Verdict


def run_report(
    result: RunResult,
    *,
    run: int | None,
    went_on_from: int | None,
    seconds: float,
    calls: int,
    back: RunResult | None = None,
) -> RunReport:
    """How a run ended, the worst first. `seconds` and `calls` are those of carrying it out.

    Who serves is what was seen at its end, not what was planned. `back` is what its way back came to.
    """
    first, endings, last = result.first, result.endings(), back.standing if back else result.standing
    serving = last.serving
    # The group of a migration is over by then.
    is_untold = is_migration(first.group) or _is_taken_by_others(last, first.backend)
    let_in = frozenset(subject for subject in endings if is_let_in(last, subject))
    late = result.plan.late or first.late
    volumes = _volume_reports(result, endings, _frozen_s(result, back), _frozen_before(result.began).keys(), let_in)
    return RunReport(
        operation=first.operation,
        group=first.group,
        title=result.plan.title if result.plan.late else first.title,
        verdict=_verdict(result, endings.values(), is_late=bool(late)),
        run=run,
        went_on_from=went_on_from,
        volumes=volumes,
        refusals=tuple(dict.fromkeys((*_backend_failures(endings), *refusal_reports(result.plan)))),
        notes=(
            *overtaken_notes(result, endings),
            *late,
            *(Remark(f"{other} while this run waited.") for other in result.others),
            *(way_back_notes(back, serving.backend if serving else None) if back else shut_out_notes(result, endings)),
            *not_given_notes(result, endings),
            *map(Remark, result.plan.differences),
            *first.notes,
        ),
        serving=None if is_untold else serving_backend(last),
        epoch=serving.epoch if serving else None,
        seconds=round(seconds, 3),
        calls=calls,
        served=served_reports(last),
    )


def _is_taken_by_others(standing: Standing, backend: str | None) -> bool:
    """Whether a failover to another back end than this one is under way: who served may serve no more."""
    newest = standing.contenders[:1]
    return bool(newest) and newest[0].served is None and newest[0].backend not in (backend, serving_backend(standing))


def _is_as_agreed(result: RunResult, endings: Iterable[Ending]) -> bool:
    """Whether all came about that was planned beside what was refused from the start, and something was."""
    refused = refusals_by_subject(result.first)
    return any(each.seen for each in endings) and all(refusal_of(each, refused) for each in result.given_up)


def _verdict(result: RunResult, endings: Collection[Ending], *, is_late: bool) -> Verdict:
    """`is_late`: what is served may lack writes that are to be looked after yet."""
    outcomes = {ending.outcome for ending in endings}
    failed = outcomes & {Outcome.FAILED, Outcome.UNKNOWN}
    if not failed:
        is_short = is_late or (result.plan.refusals and Outcome.DONE in outcomes)
        return Verdict.PARTLY if is_short else _refusal_verdict(result)
    if Outcome.DONE in outcomes or (Outcome.FAILED in failed and _is_as_agreed(result, endings)):
        return Verdict.PARTLY
    if not result.given_up and result.plan.refusals:
        return _refusal_verdict(result)
    return Verdict.FAILED if Outcome.FAILED in failed else Verdict.SILENT


def _refusal_verdict(result: RunResult) -> Verdict:
    """As the last plan's refusals say; but where a back end was told something, not that nothing was changed."""
    verdict = refusal_verdict(result.plan)
    is_changed = any(each.seen for acts in result.asked.values() for each in acts.values())
    return Verdict.PARTLY if verdict is Verdict.REFUSED and is_changed else verdict


def _frozen_before(began: Standing) -> Mapping[str | None, datetime]:
    """By volume, when clients were kept away already, by a run before this one that did not come to its end.

    Its last snapshot was taken by then; where none is seen, this run began. Cluster's clocks are put right by what they
    are ahead of ours.
    """
    found: dict[str | None, datetime] = {}
    for copy in began.copies.values():
        seen, name = began.sites[copy.id.backend].seen, frozen_for(copy)
        if name is not None and isinstance(seen, ClusterView):
            last = snapshot_named(began, copy, name)
            found[copy.id.volume] = (last.created_at if last else seen.observed_at) - (seen.clock.ahead or timedelta())
    return found


def _frozen_s(result: RunResult, back: RunResult | None) -> Mapping[str | None, float]:
    """By volume, how long clients were kept away: from when that was asked until they were seen to be let in."""
    frozen = dict(_frozen_before(result.began))
    served: dict[str | None, datetime] = {}
    for each in (result, back) if back else (result,):
        for (_, volume), asked in each.asked.items():
            for it in asked.values():
                if it.act.title == FREEZE:
                    frozen[volume] = min(it.at, frozen.get(volume, it.at))
                elif it.act.title == SERVE and it.seen_at is not None:
                    served[volume] = it.seen_at
    return {name: (served[name] - at).total_seconds() for name, at in frozen.items() if name in served}


def _volume_reports(
    result: RunResult,
    endings: Mapping[Subject, Ending],
    frozen_s: Mapping[str | None, float],
    at_least: Collection[str | None],
    let_in: Collection[Subject],
) -> tuple[VolumeReport, ...]:
    """Every volume that was planned for or refused, at the back end concerned: failures, then the greatest losses."""
    points = {(result.plan.backend, point.volume): point for point in result.plan.recovery_points}
    reports = [
        replace(
            _volume_report(backend, volume, ending, points.get((backend, volume)), frozen_s.get(volume)),
            came_about=_came_about(ending, is_let_in=(backend, volume) in let_in),
            frozen_at_least=volume in at_least and volume in frozen_s,
        )
        for (backend, volume), ending in endings.items()
        if volume is not None
    ]
    return tuple(sorted(reports, key=_worst_first))


def _volume_report(
    backend: str, volume: str, ending: Ending, point: RecoveryPoint | None, frozen_s: float | None
) -> VolumeReport:
    """A recovery point is that of a volume that was recovered."""
    failure = ending.failure
    recovered = point if failure is None else None
    return VolumeReport(
        backend=backend,
        volume=volume,
        outcome=ending.outcome,
        detail=failure.text if failure else None,
        hint=failure.hint if failure else None,
        recovery_point=recovered.snapshot if recovered else None,
        recovery_age_s=recovered.age.total_seconds() if recovered and recovered.age is not None else None,
        frozen_s=frozen_s,
        uncertain=ending.unknown if failure else (),
    )


def _came_about(ending: Ending, *, is_let_in: bool) -> tuple[str, ...]:
    """Of what failed as a whole, what has come about all the same, and is still so."""
    seen = ending.seen if ending.failure is not None else ()
    return tuple(title for title in seen if not (is_let_in and title in (FREEZE, FENCING)))


_ORDER = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.DONE, Outcome.UNCHANGED)


def _worst_first(report: VolumeReport) -> tuple[object, ...]:
    """A recovery point whose age nobody knows counts as older than any."""
    age = report.recovery_age_s if report.recovery_point is not None else 0.0
    loss = float("inf") if age is None else age
    return (_ORDER.index(report.outcome), -loss, report.backend, counted(report.volume))


def _backend_failures(endings: Mapping[Subject, Ending]) -> Iterator[RefusalReport]:
    """What a whole back end needs, and did not get."""
    for (backend, volume), ending in endings.items():
        if volume is None and ending.failure is not None:
            yield RefusalReport(backend=backend, volume=None, text=ending.failure.text, hint=ending.failure.hint)
