"""Why a failover goes nowhere, with the evidence, and the command that overrides it where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from datamotion.model.migration import is_migration
from datamotion.model.plan import Refusal
from datamotion.model.standing import Copy, Doubt, DoubtKind, HeldClaim, Standing
from datamotion.model.units import count_text, moment_text
from datamotion.model.view import Unseen
from datamotion.policy.copies.recovery import Earlier
from datamotion.policy.copies.target import Candidate
from datamotion.policy.failover.choice import FailoverChoice, works
from datamotion.policy.standing.serving import taken_twice


def serves_already(standing: Standing, holder: HeldClaim) -> Refusal:
    """It served when it was last seen, and is not seen now."""
    unseen = standing.sites[holder.backend].unseen
    silent = f", and cannot be seen: {unseen.reason}" if unseen else ""
    others = [each.name for each in standing.group.backends if each.name != holder.backend]
    return Refusal(
        text=f"{holder.backend} serves {standing.group.name} already, since epoch {holder.epoch}{silent}",
        hint=f"other back ends: {', '.join(others)}",
    )


def serves_newer(standing: Standing, holder: HeldClaim, earlier: Earlier) -> Refusal:
    """What serves is not what was asked to be gone back to, and only a mirror goes back."""
    group, others = standing.group.name, [each.name for each in standing.group.backends if each.name != holder.backend]
    return Refusal(
        text=f"{holder.backend} serves {group} since epoch {holder.epoch}, and what serves does not go back to an older"
        " state: only a mirror is served at one",
        hint=f"where {' or '.join(others)} holds it: datamotion failover {group} --to BACKEND --at {earlier} --overrule"
        f" {holder.backend} serves it there, and gives up what was written since",
    )


def it_works(standing: Standing, holder: HeldClaim, choice: FailoverChoice, to: str) -> Refusal:
    """Another back end serves, in sight."""
    group = standing.group.name
    return Refusal(
        text=f"{holder.backend} serves {group} since epoch {holder.epoch}, and works",
        hint=f"to give it up all the same, with what was written there since {to} last heard of it:"
        f" {_overrule(group, holder, choice)}",
    )


def perhaps_served(standing: Standing, holder: HeldClaim, choice: FailoverChoice) -> Refusal:
    """An epoch was taken for a back end that was not seen, and nobody confirmed it."""
    group, site = standing.group.name, standing.sites[holder.backend]
    return Refusal(
        text=f"epoch {holder.epoch} of {group} was taken for {holder.backend} at {_since(holder)} by {holder.claim.by},"
        f" and {holder.backend} cannot be seen: whether it serves by now nobody can tell",
        hint=f"if it is lost, with all that was written there since: {_instead(standing, holder, choice)}",
        unseen=site.unseen,
    )


def was_begun(standing: Standing, holder: HeldClaim, choice: FailoverChoice) -> Refusal:
    """A failover to a back end in sight goes on this moment, or was cut short."""
    group = standing.group.name
    return Refusal(
        text=f"a failover of {group} to {holder.backend} was begun at {_since(holder)} by {holder.claim.by} (epoch"
        f" {holder.epoch}), and goes on or was cut short",
        hint=f"to finish it: {holder.claim.command}; if its run is dead and"
        f" {holder.backend} is not to serve: {_instead(standing, holder, choice)}",
    )


def _instead(standing: Standing, holder: HeldClaim, choice: FailoverChoice) -> str:
    """What overrules a claim that was not seen to be served, and gives up the least."""
    former = _served_before(standing, holder)
    if former is None or former == choice.to:
        return _overrule(standing.group.name, holder, choice)
    back = _overrule(standing.group.name, holder, replace(choice, to=former, earlier=None))
    return f"{back} serves all that was written at {former}; from there it can go anywhere"


def _served_before(standing: Standing, holder: HeldClaim) -> str | None:
    """The back end whose every write would be lost to a third one: who served until a claim was taken, in sight."""
    earlier = (each.backend for each in standing.claims if each.epoch < holder.epoch and each.served is not None)
    former = next(earlier, standing.group.home.name)
    copies = [copy for copy in standing.copies.values() if copy.id.backend == former]
    is_whole = {copy.id.volume for copy in copies if copy.is_writable and copy.is_online} >= set(standing.volumes)
    return former if is_whole and former != holder.backend else None


def serves_still(standing: Standing, holder: HeldClaim, choice: FailoverChoice) -> Refusal | None:
    """What one serves that works is not given up with the claim of another one, which never served it."""
    former = _served_before(standing, holder)
    if former is None or former == choice.to or holder.served is not None or not works(standing, former):
        return None
    group = standing.group.name
    return Refusal(
        text=f"{holder.backend} never served {group}: {former} does, and works; to overrule {holder.backend} gives up"
        f" nothing of what {former} holds, and so nothing comes to {choice.to}",
        hint=f"{_instead(standing, holder, choice)}: then datamotion failover {group}"
        f" {choice.to_text(choice.to or 'BACKEND')}",
    )


def was_begun_at(standing: Standing, holder: HeldClaim, choice: FailoverChoice) -> Refusal:
    """It goes to an older state, and another one is asked for in the same epoch, or the newest."""
    group = standing.group.name
    asked = (
        f"--at {choice.earlier} is another state" if choice.earlier else "without --at it would serve the newest one"
    )
    return Refusal(
        text=f"a failover of {group} to {holder.backend} as it was at {holder.claim.at} was begun at {_since(holder)}"
        f" by {holder.claim.by} (epoch {holder.epoch}), and goes on or was cut short; {asked}",
        hint=f"to finish it: {holder.claim.command}; if its run is dead and that state is not to be served:"
        f" {_overrule(group, holder, replace(choice, to=None))}",
    )


def _since(holder: HeldClaim) -> str:
    return moment_text(holder.claim.since, to_seconds=True)


def _overrule(group: str, holder: HeldClaim, choice: FailoverChoice) -> str:
    return f"datamotion failover {group} {choice.to_text(choice.to or 'BACKEND')} --overrule {holder.backend}"


def nobody_known(standing: Standing, doubt: Doubt | None) -> Refusal:
    group = standing.group.name
    if doubt is not None and doubt.kind is DoubtKind.TAKEN_ELSEWHERE:
        return Refusal(text=doubt.text, hint=doubt.hint)
    if doubt is not None:
        take_over = f"to serve from a mirror instead: datamotion failover {group} --to BACKEND --overrule BACKEND"
        return Refusal(text=doubt.text, hint=f"{doubt.hint}; {take_over}, the latter the one that served last")
    targets = [standing.sites[target.backend.name] for target in standing.group.targets]
    found = [(site, site.unseen.reason if site.unseen else "it holds no copy") for site in targets]
    reasons = "; ".join(f"{site.backend.name}: {why}" for site, why in found)
    unseen = [site.unseen for site in targets if site.unseen]
    return Refusal(
        text=f"no back end can take over {group}: {reasons}",
        hint=(unseen[0].hint if unseen else None) or f"datamotion apply {group} protects it",
        unseen=unseen[0] if len(unseen) == len(targets) else None,
    )


def contested(standing: Standing, newest: Sequence[HeldClaim]) -> Refusal:
    group = standing.group.name
    return Refusal(
        text=taken_twice(group, newest),
        hint=f"datamotion settle {group} --keep BACKEND says which one stays, and what that gives up",
    )


def breaks_off(standing: Standing, copy: Copy) -> str | None:
    """What helps where a copy is to be kept, and is a mirror: somebody resynced it over what it served."""
    if copy.is_writable or copy.edge is None:
        return None
    site, group = standing.sites[copy.id.backend].backend, standing.group.name
    return (
        f"at {site.cluster}: snapmirror break -destination-path {site.svm}:{copy.volume.name} lets it be written as it"
        f" is now, then run the same command again; or, where another back end holds a newer copy: datamotion failover"
        f" {group} --to BACKEND --overrule {copy.id.backend} says what serving that gives up"
    )


def nothing_is_kept(refusals: Sequence[Refusal]) -> Refusal:
    more = f" (and {count_text(len(refusals) - 1, 'other')})" if len(refusals) > 1 else ""
    return Refusal(text=f"nothing is failed over, because {refusals[0].text}{more}", hint=refusals[0].hint)


def cannot_take_over(standing: Standing, candidate: Candidate) -> Refusal:
    group = standing.group.name
    what = "the volumes" if is_migration(group) else group
    return Refusal(
        text=f"{candidate.name} cannot take over {what}: {candidate.why_not}",
        hint=next(filter(None, candidate.hints.values()), None) or hint_for(standing, candidate.unseen),
        unseen=candidate.unseen,
    )


def hint_for(standing: Standing, unseen: Unseen | None) -> str:
    return (unseen and unseen.hint) or f"datamotion status {standing.group.name} shows every copy"
