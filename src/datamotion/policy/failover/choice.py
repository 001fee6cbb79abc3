"""What an operator asks of a failover, and what that makes of each volume: whether it moves, and whether as planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from datamotion.config.durations import format_duration
from datamotion.model.group import Group
from datamotion.model.plan import Refusal
from datamotion.model.standing import CopyId, HeldClaim, Site, Standing
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.mirrors.last_transfers import Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverChoice:
    """What the operator asked for. `overrule`: a back end whose claim does not count any more, at its stated price.

    `is_planned`: who serves is frozen first and all that it holds carried over; None: where it answers. `max_loss` is
    how much may be lost of a volume, None: however much. `earlier` is what it goes back to, which no planned one does.
    `best_effort`: what cannot follow a planned one stays where it is, and keeps no other volume from it. `reprotects`:
    all other back ends are made to mirror what is served then, in the same command. `spares_working`: what a back end
    serves that is seen to work stays there.
    """

    to: str | None = None
    allow_partial: bool = False
    overrule: str | None = None
    is_planned: bool | None = False
    max_loss: timedelta | None = None
    earlier: Earlier | None = None
    best_effort: bool = False
    reprotects: bool = False
    spares_working: bool = False
    pace: Pace = Pace()  # noqa: RUF009  # immutable

    @property
    def leaves_working(self) -> bool:
        """Whether what works is left where it is: not where it is spoilt, or given up by name."""
        return self.spares_working and self.earlier is None and self.overrule is None

    @property
    def may_be_planned(self) -> bool:
        return self.is_planned is not False and self.overrule is None and self.earlier is None

    def to_text(self, backend: str) -> str:
        """What a command says that goes there, and to the state that was asked for."""
        return f"--to {backend}" + (f" {self.earlier.options}" if self.earlier is not None else "")

    def options(self, group: Group) -> tuple[str, ...]:
        """Those of the command that asks for this, beside `--to`: what is so without one is left out."""
        default, given = Pace(), []
        if self.is_planned is not None:
            given.append("--planned" if self.is_planned else "--unplanned")
        if self.overrule is not None:
            given.append(f"--overrule {self.overrule}")
        given += [self.earlier.options] if self.earlier is not None else []
        if not self.is_planned and self.max_loss != (group.rpo if self.earlier is None else None):
            given.append(f"--max-loss {format_duration(self.max_loss) if self.max_loss is not None else 'any'}")
        given += ["--allow-partial"] if self.allow_partial else []
        given += ["--best-effort"] if self.best_effort else []
        given += ["--no-reprotect"] if not self.reprotects else []
        if self.pace.near != default.near:
            given.append(f"--freeze-below {self.pace.near}")
        for name, limit, usual in (
            ("frozen-for", self.pace.frozen_for, default.frozen_for),
            ("grace", self.pace.grace, default.grace),
        ):
            given += [f"--{name} {format_duration(limit)}"] if limit != usual else []
        return tuple(given)


def given_up_at(standing: Standing, to: str | None, choice: FailoverChoice) -> Mapping[str, str]:
    """For each volume that is to move, who served it last.

    A volume that another site serves, in sight, stays there; but for the home, which a failover is away from, for
    who serves the group where it is planned, and for whom the operator overrules. A failover of the whole group
    that was begun takes all that it has not taken yet, but for what appeared since and was never protected; and so
    does one to a back end that serves a part, where it was named and no part is enough. Where somebody who serves
    is lost, and nobody said that others are to be given up too, those who work go on serving what they serve.
    """
    held = next((each for each in standing.claims[:1] if each.backend == to), None)
    is_begun = held is not None and held.served is None
    earlier = standing.claims[1:] if is_begun else standing.claims
    newest = earlier[0].backend if earlier else standing.group.home.name
    is_left = newest == standing.group.home.name or choice.may_be_planned
    left = {choice.overrule, newest if is_left else None}
    takes_all = held is not None and _takes_all(held, choice)
    if is_for_lost(standing, to, choice):
        left = {choice.overrule}
    moving, strange = {}, appeared_since(standing, to)
    for volume, active in standing.active.items():
        if volume in strange:
            continue
        if active is None:
            moving[volume] = choice.overrule or newest
        elif active.backend == to:
            moving[volume] = _before(standing, active)
        elif takes_all or active.backend in left or not works(standing, active.backend):
            moving[volume] = active.backend
    return moving


def appeared_since(standing: Standing, to: str | None) -> Sequence[str]:
    """The volumes that a failover which was begun knew nothing of."""
    is_claimed = any(each.backend == to and each.served is None for each in standing.claims[:1])
    if not is_claimed and not any(copy.mark and copy.mark.frozen for copy in standing.copies.values()):
        return ()
    return [volume for volume in standing.volumes if is_unprotected(standing, volume)]


def is_unprotected(standing: Standing, volume: str) -> bool:
    """Whether it was never protected: no copy of it is marked, and the only one there is serves."""
    copies = standing.by_volume[volume]
    return len(copies) == 1 and copies[0].mark is None and copies[0].id == standing.active[volume]


def is_for_lost(standing: Standing, to: str | None, choice: FailoverChoice) -> bool:
    """Whether only what a lost site served is to be taken over: nobody said that more is to be given up."""
    held = next((each for each in standing.claims[:1] if each.backend == to), None)
    takes_all = held is not None and _takes_all(held, choice)
    is_said = choice.is_planned is not None and not choice.leaves_working
    return not (is_said or takes_all) and bool(lost_volumes(standing, to))


def lost_volumes(standing: Standing, to: str | None) -> Sequence[str]:
    """Those that another one than that back end serves, who is not seen, or does not work."""
    serving = {volume: active.backend for volume, active in standing.active.items() if active is not None}
    return [volume for volume, name in serving.items() if name != to and not works(standing, name)]


def _takes_all(held: HeldClaim, choice: FailoverChoice) -> bool:
    """Whether all volumes come to the back end of the newest claim, wherever they are served."""
    if held.served is None:
        return not held.claim.partial
    return held.claim.partial and choice.to == held.backend and not choice.allow_partial


def _before(standing: Standing, active: CopyId) -> str:
    """Who served before the back end that does now: what was given up when it took over."""
    return next((each.backend for each in standing.claims if each.backend != active.backend), active.backend)


def is_planned_for(
    standing: Standing, choice: FailoverChoice, moving: Mapping[str, str], to: str | None
) -> bool | Refusal:
    """Whether nothing is to be lost: all who serve what moves can be asked, and were not told otherwise.

    One that is silent is taken for lost where nobody said. One that says no, or was not asked, may serve on meanwhile.
    """
    serving = sorted({name for name in moving.values() if name != to})
    if not choice.may_be_planned or not serving:
        return False
    silent = next((name for name in serving if not works(standing, name)), None)
    if silent is None:
        return True
    is_there = all(active is not None and active.backend == to for active in map(standing.active.get, moving))
    site, group = standing.sites[silent], standing.group.name
    unseen, alive = site.unseen, why_alive(site)
    if is_there or (choice.is_planned is None and alive is None):  # who served before is asked for nothing any more
        return False
    why = unseen.reason if unseen is not None else "its SVM does not run"
    hint = f"if it is lost: datamotion failover {group} --unplanned gives up the writes since the last transfers"
    if alive is not None:
        why, mend = alive
        hint = mend if unseen is not None and unseen.not_asked else "; ".join(filter(None, (mend, hint)))
    return Refusal(text=f"{silent}, which serves {group}, cannot be frozen: {why}", hint=hint, unseen=unseen)


def why_alive(site: Site) -> tuple[str, str] | None:
    """By what a back end that does not work is not lost: that is to be mended, and no reason to give anything up."""
    if site.unseen is not None:
        return (site.unseen.reason, (site.unseen.hint or "").rstrip(".")) if site.unseen.refused else None
    if site.svm is None:  # its clients go on writing if it was renamed
        mend = f"if it was renamed: correct `svm` of {site.backend.name} in the configuration"
        return f"{site.backend.cluster} has no SVM {site.backend.svm}", mend
    return None


def works(standing: Standing, backend: str) -> bool:
    svm = standing.sites[backend].svm
    return svm is not None and svm.state == "running"
