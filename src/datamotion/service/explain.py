"""What would become of a group if a site went now: asked of nobody, thought through from one look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from datamotion.engine.looking import Lookout
from datamotion.model.group import Group
from datamotion.model.plan import Refusal
from datamotion.model.standing import CopyId, DoubtKind, Standing
from datamotion.model.units import count_text, last_text
from datamotion.model.view import SERVING, Unseen, View
from datamotion.policy.copies.target import Candidate
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.failover.decision import Decision, decide
from datamotion.policy.failover.failover import failover_planner
from datamotion.policy.situation import Situation
from datamotion.policy.standing.standing import stand
from datamotion.service.concerns import concern_reports, forgotten
from datamotion.service.freshness import Freshness
from datamotion.service.intents import glances_of
from datamotion.service.plan_reports import plan_report
from datamotion.service.remembered import with_memory
from datamotion.service.reports import PlanReport
from datamotion.service.served import serving_backend, shut_out
from datamotion.service.session import Session
from datamotion.service.status_reports import ConcernReport
from datamotion.service.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReport:
    """A back end that could serve instead: so many of these volumes, and what that would lose of each at worst.

    `why_not` says why it is not the one; None: it is. `loses_s` None: nobody can tell. `loses` says it in words.
    """

    backend: str
    usable: int
    volumes: int
    loses_s: float | None
    loses: str
    why_not: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """If the cluster of this back end went now. `serves`: clients notice, and `plan` is what a failover would do.

    `unmirrored` are volumes of which no mirror of what serves them would be left; `places` are in the order in which
    they would be taken. `lost` are volumes that it serves and of which no other copy is known: they would go with it;
    `unsighted` those of which one may be where nobody can look now.
    `undecided` are volumes of which nobody can tell who serves them, and that clients could be at here. `hint` is what
    a person can do now about what is lost or undecided.
    """

    backend: str
    cluster: str
    serves: bool
    is_seen: bool
    places: tuple[PlaceReport, ...]
    unmirrored: tuple[str, ...]
    lost: tuple[str, ...]
    unsighted: tuple[str, ...]
    undecided: tuple[str, ...]
    plan: PlanReport | None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainReport:
    """`shut_out` are volumes that clients cannot come to as it is, wherever they are served.

    `unmirrored` are those that no mirror in sight follows as it is, whichever site goes. `forgotten` is why who serves
    may not be known, and what to do about it; None where all that this host did is.
    """

    at: datetime
    group: str
    home: str
    serving: str | None
    epoch: int | None
    since: datetime | None
    by: str | None
    shut_out: tuple[str, ...]
    unmirrored: tuple[str, ...]
    sites: tuple[SiteReport, ...]
    verdict: Verdict
    forgotten: ConcernReport | None = None


async def explain(session: Session, name: str) -> ExplainReport:
    """What would become of that group, site by site. Only reads. Raises: ConfigError for an unknown one."""
    group = session.group(name)
    glances = glances_of(group, SERVING)
    async with session.clusters(glances.keys()) as clusters:
        view = await Lookout(clusters, glances).whole()
    return explained(with_memory(session, group, view), view, session.world.clock.now())


def explained(group: Group, view: View, at: datetime) -> ExplainReport:
    """The same of a view."""
    standing = stand(group, view)
    newest = standing.serving
    is_silent = any(isinstance(each, Unseen) and not each.refused for each in view.values())
    sites = tuple(_site(group, view, standing, backend.name) for backend in group.backends)
    shut = shut_out(standing)
    is_lost = bool(shut) or any(
        each.undecided
        or (each.serves and (each.lost or each.unsighted or each.plan is None or each.plan.verdict is not Verdict.DONE))
        for each in sites
    )
    unknown = next(iter(concern_reports(forgotten(group), ())), None)
    otherwise = Verdict.ATTENTION if unknown else Verdict.DONE
    return ExplainReport(
        at=at,
        group=group.name,
        home=group.home.name,
        serving=serving_backend(standing),
        epoch=newest.epoch if newest else None,
        since=newest.claim.since if newest else None,
        by=newest.claim.by if newest else None,
        shut_out=shut,
        unmirrored=_unmirrored(standing),
        sites=sites,
        verdict=Verdict.ATTENTION if is_lost else Verdict.SILENT if is_silent else otherwise,
        forgotten=unknown,
    )


def _site(group: Group, view: View, standing: Standing, name: str) -> SiteReport:
    cluster = group.backend(name).cluster
    gone = stand(group, {**view, cluster: Unseen(reason=f"{cluster} is taken to be gone")})
    served = [volume for volume, active in standing.active.items() if active is not None and active.backend == name]
    serves = bool(served)
    plan, places = _failover(group, gone) if serves else (None, ())
    left = frozenset(gone.volumes).difference(_unmirrored(gone))
    unmirrored = () if serves else tuple(each for each in standing.volumes if each not in left)
    alone = [volume for volume in served if not gone.by_volume.get(volume)]
    unsighted = tuple(each for each in alone if _may_be_elsewhere(standing, name, each))
    lost = tuple(each for each in alone if each not in unsighted)
    undecided = tuple(
        volume for volume, active in standing.active.items() if active is None and _may_serve(standing, name, volume)
    )
    hint = f"datamotion apply {group.name} mirrors what it can" if lost else None
    if undecided and not serves:
        hint = f"datamotion status {group.name} says who may serve them"
    return SiteReport(
        backend=name,
        cluster=cluster,
        serves=serves,
        is_seen=standing.sites[name].unseen is None,
        places=places,
        unmirrored=unmirrored,
        lost=lost,
        unsighted=unsighted,
        undecided=undecided,
        plan=plan,
        hint=hint,
    )


def _unmirrored(standing: Standing) -> tuple[str, ...]:
    fresh = Freshness(standing)
    return tuple(each for each in standing.volumes if not fresh.fresh_mirrors(each))


def _may_be_elsewhere(standing: Standing, name: str, volume: str) -> bool:
    """Whether another back end may hold a copy of it that cannot be seen now."""
    others = ((other, site) for other, site in standing.sites.items() if other != name)
    return any(site.unseen is not None or CopyId(other, volume) in standing.hidden for other, site in others)


def _may_serve(standing: Standing, name: str, volume: str) -> bool:
    """Whether clients could be at it there: it can be written, or cannot be seen."""
    if any(each.kind is DoubtKind.TAKEN_ELSEWHERE for each in standing.doubts):
        return True  # where that is, and whether it goes with this one, is not told here
    copy = standing.copy(name, volume)
    if copy is not None:
        return copy.is_writable and not copy.is_fenced
    return standing.sites[name].unseen is not None or CopyId(name, volume) in standing.hidden


def _failover(group: Group, standing: Standing) -> tuple[PlanReport, tuple[PlaceReport, ...]]:
    choice = FailoverChoice(is_planned=False, max_loss=group.rpo, reprotects=True)
    plan = failover_planner(group, choice)(Situation.at_first_sight(standing))
    decision = decide(standing, choice)
    if isinstance(decision, Refusal):  # what could be taken all the same, where its price is accepted
        any_loss = decide(standing, FailoverChoice(is_planned=False, allow_partial=True))
        found = (any_loss.candidate, *any_loss.others) if isinstance(any_loss, Decision) else ()
        places = tuple(_place(each, each.why_not or decision.text) for each in found)
    else:
        passed = (_place(each, _why_not(each, decision.candidate)) for each in decision.others if each.unseen is None)
        places = (_place(decision.candidate, None), *passed)
    return plan_report(plan, standing), places


def _why_not(candidate: Candidate, taken: Candidate) -> str:
    if candidate.why_not or candidate.unusable:
        return candidate.why_not or candidate.shortfall
    if candidate.is_broken_by_others:
        return "its mirrors were broken off by hand"
    if candidate.staleness > taken.staleness:
        return f"it would lose more than {taken.name}"
    return f"it would lose as much as {taken.name}, which comes first in the configuration"


def _place(candidate: Candidate, why_not: str | None) -> PlaceReport:
    is_unknown, worst = candidate.staleness
    return PlaceReport(
        backend=candidate.name,
        usable=len(candidate.usable),
        volumes=len(candidate.usable) + len(candidate.unusable),
        loses_s=None if is_unknown else worst.total_seconds(),
        loses=candidate.loss_text,
        why_not=why_not,
    )


def told(report: ExplainReport, site: SiteReport) -> str:
    """The first thing to say of a site."""
    if site.undecided and not site.serves:
        return f"who serves {count_text(len(site.undecided), 'volume')} nobody can tell, so clients may be cut off"
    if not site.serves:
        shut = count_text(len(report.shut_out), "volume")
        clients = f"clients cannot come to {shut} as it is" if report.shut_out else "clients notice nothing"
        return f"{clients}, and {' and '.join(_left_alone(report, site)) or 'every volume has another mirror'}"
    taken = next((each for each in site.places if each.why_not is None), None)
    if taken is None:
        return f"nothing could take over by itself{_gone_with(site)}"
    loss = "nobody can tell how much"
    if taken.loses_s is not None:
        loss = f"at worst {last_text(timedelta(seconds=taken.loses_s))}"
    served = f"{taken.backend} would serve {count_text(taken.usable, 'volume')}, and {loss} would be lost"
    return f"{served}{_gone_with(site)}"


def _left_alone(report: ExplainReport, site: SiteReport) -> Iterator[str]:
    """Of what does not serve: the mirrors that would go with it, and those that are missing in any case."""
    if going := [each for each in site.unmirrored if each not in report.unmirrored]:
        yield f"{count_text(len(going), 'volume')} would have no mirror left"
    if report.unmirrored:
        have = "has" if len(report.unmirrored) == 1 else "have"
        yield f"{count_text(len(report.unmirrored), 'volume')} {have} no mirror in sight as it is"


def _gone_with(site: SiteReport) -> str:
    gone = f"; {count_text(len(site.lost), 'volume')} would be gone with it" if site.lost else ""
    return gone + (f"; no other copy of {count_text(len(site.unsighted), 'volume')} is in sight" * bool(site.unsighted))
