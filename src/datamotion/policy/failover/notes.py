"""What the plan of a failover says beside its steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datamotion.model.plan import Refusal, Step
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, DoubtKind, Standing
from datamotion.model.units import count_text, duration_text
from datamotion.policy.clients.fence import unseen_sessions
from datamotion.policy.clients.provision import differences, offered
from datamotion.policy.failover.choice import is_unprotected
from datamotion.policy.failover.decision import Decision
from datamotion.policy.mirrors.pause import ended_pauses, pauses_again
from datamotion.policy.needs import names_text

_NAMED = 3  # of mirrors that are no members


def failover_notes(
    standing: Standing, decision: Decision, moving: Sequence[Copy], rivals: Sequence[Copy]
) -> list[Remark]:
    """What is beside the steps: who is not asked, who is passed over, what differs. `rivals` are to be fenced."""
    group, chosen, notes = standing.group, decision.candidate, list[Remark]()
    unseen = [name for name in sorted(set(decision.given_up_at.values())) if standing.sites[name].svm is None]
    if unseen and moving:
        text = (
            f"Nothing is asked of {' and '.join(unseen)} before {chosen.name} serves. If it still runs, its clients can"
            " go on writing there until it is fenced."
        )
        fences = f"`datamotion apply {group.name}` fences it when it answers, and resyncs nothing"
        notes.append(Remark(text, f"Stop them; {fences}"))
    unknown, worst = chosen.staleness
    if group.rpo is not None and moving and not decision.is_planned and (unknown or worst > group.rpo):
        text = f"{chosen.name}: {chosen.loss_text}, over the group's RPO of {duration_text(group.rpo)}."
        notes.append(Remark(text))
    for each in decision.others if moving else ():
        why = each.why_not or (each.shortfall if each.unusable else each.loss_text)
        if decision.is_planned and each.is_complete:
            notes.append(Remark(f"{each.name} could take it over too."))
            continue
        by_hand = "its mirrors were broken off by hand; " if each.is_broken_by_others else ""
        notes.append(Remark(f"{each.name} is passed over: {by_hand}{why}."))
    if decision.terms.earlier is not None:
        notes += decision.terms.earlier.notes(standing, moving)
    notes += [*_ended_pauses(standing, decision, moving), *unseen_sessions(standing, rivals)]
    strangers = [
        doubt.text
        for doubt in standing.doubts
        if doubt.kind is DoubtKind.NOT_A_MEMBER
        or (doubt.kind is DoubtKind.UNREADABLE and doubt.volume not in standing.volumes)
    ]
    notes += [Remark(f"{text}: it is not failed over.") for text in strangers[:_NAMED] if moving]
    if moving and len(strangers) > _NAMED:
        rest = count_text(len(strangers) - _NAMED, "other mirror")
        notes.append(Remark(f"So it is with {rest}.", f"datamotion status {group.name} names them"))
    offers = offered(chosen.site)
    notes += [Remark(f"{chosen.name} differs: {each}.") for each in differences(standing, moving, offers)]
    return notes


def _ended_pauses(standing: Standing, decision: Decision, moving: Sequence[Copy]) -> Iterator[Remark]:
    """Of mirrors that are served from now on, and of those that are turned round in the same command."""
    yield from ended_pauses(moving, "it is served from now on")
    if decision.reprotects:
        ids = {copy.id for copy in moving}
        others = [each for copy in moving for each in standing.copies_of(copy.id.volume) if each.id not in ids]
        why = f"it is made to mirror {decision.candidate.name} in the same command"
        yield from ended_pauses(others, why, f"--no-reprotect leaves it; {pauses_again(standing)}")


def what_follows(decision: Decision) -> str:
    """What the same command does behind this plan."""
    return (
        f"In the same command, what served is fenced where it answers, and every other back end is made to mirror"
        f" {decision.candidate.name}, where nothing is given up by that; --no-reprotect leaves them as they are."
    )


def kept_notes(moving: Sequence[Copy], steps: Sequence[Step]) -> list[Remark]:
    """What needs nothing but the claim, told all the same."""
    changed = {act.volume for step in steps for act in step.acts}
    kept = [copy.id.volume for copy in moving if copy.id.volume not in changed]
    return [Remark(f"Kept as clients find them at {moving[0].id.backend}: {names_text(kept)}.")] if kept else []


def late_notes(standing: Standing, decision: Decision, late: Sequence[str]) -> tuple[Remark, ...]:
    """Of volumes that are served without what was written after their last snapshot."""
    if not late:
        return ()
    text = (
        f"{names_text(late)}: clients could write at {decision.sources} after the last snapshot was taken. What they"
        " wrote since is not served."
    )
    return (Remark(text, f"datamotion reprotect {standing.group.name} keeps it"),)


def of_staying(standing: Standing, decision: Decision, steps: Sequence[Step]) -> tuple[list[Remark], list[Refusal]]:
    """What is left where it is served, as a note.

    Where there is nothing else to do, that is not what was asked for: unless it was to take over what is lost alone.
    """
    staying = {
        volume: active.backend
        for volume, active in standing.active.items()
        if volume not in decision.given_up_at and active is not None
    }
    if not staying or steps or decision.is_for_lost:
        text = f"Left where they are served, in sight: {names_text(list(staying))}."
        return [Remark(text)] if staying else [], []
    to, group = decision.candidate.name, standing.group.name
    refusals = []
    for volume, backend in staying.items():
        text, hint = f"{volume} is served by {backend}, in sight: it stays", "moves it, as far as it can follow"
        hint = f"datamotion failover {group} --to {to} {hint}"
        if is_unprotected(standing, volume):  # it appeared since the failover was begun
            text, hint = f"{volume} at {backend} was never protected: it stays", f"datamotion apply {group} protects it"
        refusals.append(Refusal(volume=volume, backend=backend, text=text, hint=hint))
    return [], refusals
