"""What is told beside the volumes of a run: who is kept away still, who writes where, and what could not be given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from datamotion.engine.result import Ending, RunResult
from datamotion.engine.turn import planned_acts
from datamotion.model.acts import Subject
from datamotion.model.remark import Remark
from datamotion.model.standing import DoubtKind, Standing
from datamotion.model.words import Operation
from datamotion.policy.clients.fence import overtaken
from datamotion.policy.clients.giving import MAP, SHARE
from datamotion.policy.clients.provision import GIVE
from datamotion.policy.copies.frozen import frozen_for
from datamotion.service.alike import names_text
from datamotion.service.served import shut_out


def way_back_notes(back: RunResult, serving: str | None) -> Iterator[Remark]:
    """What is so again, and what is not."""
    endings = back.endings()
    failed = {subject: each.failure for subject, each in endings.items() if each.failure is not None}
    again = [volume for (_, volume), each in endings.items() if each.failure is None and volume is not None]
    if again:
        at = sorted({backend for backend, _ in endings})
        whole = "nothing was broken off, and " if serving in at else ""
        yield Remark(f"Gone back: {whole}clients write at {' and '.join(at)} again: {names_text(again)}.")
    for (backend, volume), failure in failed.items():
        if is_let_in(back.standing, (backend, volume)):
            continue  # by somebody else
        yield Remark(
            f"{volume} at {backend} is still frozen, its clients cannot write: {failure.text}.",
            f"`datamotion failover {back.first.group} --abort` lets them in",
        )


def is_let_in(standing: Standing, subject: Subject) -> bool:
    """Whether clients are seen to come to a copy."""
    copy = standing.copy(subject[0], subject[1] or "")
    return copy is not None and not copy.is_fenced


def shut_out_notes(result: RunResult, endings: Mapping[Subject, Ending]) -> Iterator[Remark]:
    """Whose clients a failover has kept away, and nobody let in: neither where it goes nor where they were."""
    standing = result.standing
    failed = {volume for (_, volume), each in endings.items() if each.failure is not None}
    shut: dict[str, list[str]] = {}
    operation = result.first.operation
    for volume in shut_out(standing) if operation in (Operation.FAILOVER, Operation.MIGRATE) else ():
        if (active := standing.active[volume]) is not None and volume in failed:
            shut.setdefault(active.backend, []).append(volume)
    newest = standing.claims[0] if standing.claims else None
    goes_on = f"`{newest.claim.command}` goes on with it" if newest is not None and newest.served is None else None
    if goes_on is not None and operation is Operation.MIGRATE:
        goes_on = "The same command goes on with it"
    for backend, volumes in shut.items():
        text = f"Clients cannot write to {names_text(volumes)} anywhere: {backend} holds what is to be served, and they"
        yield Remark(f"{text} are kept away there.", goes_on)
    yield from _perhaps_shut_out(standing)


def _perhaps_shut_out(standing: Standing) -> Iterator[Remark]:
    """Whose clients are kept away where they were, as it is to be served where it cannot be seen."""
    for doubt in standing.doubts:
        if doubt.kind is not DoubtKind.UNFINISHED_CLAIM or doubt.backend is None:
            continue
        frozen = [copy.id for copy in standing.copies.values() if frozen_for(copy) and copy.id.backend != doubt.backend]
        if frozen and standing.sites[doubt.backend].unseen is not None:
            at, volumes = " and ".join(sorted({each.backend for each in frozen})), [each.volume for each in frozen]
            text = f"Clients cannot write to {names_text(volumes)} at {at}, and whether {doubt.backend} serves them"
            yield Remark(f"{text} cannot be seen.", doubt.hint)


def not_given_notes(result: RunResult, endings: Mapping[Subject, Ending]) -> Iterator[Remark]:
    """What clients of a volume that is served had, and it could not be given: a last plan need not tell of it."""
    asked = (each.act for acts in result.asked.values() for each in acts.values())
    failed = {act.id: act for act in asked if act.id in result.not_given}
    for act in {**failed, **planned_acts(result.plan)}.values():
        failure = result.not_given.get(act.id) or result.given_up.get(act.subject)
        ending = endings.get(act.subject)
        if act.title in (GIVE, MAP, SHARE) and failure is not None and ending is not None and ending.failure is None:
            had = f"{act.text} where clients had it, which could not be set: {failure.text}"
            yield Remark(f"{act.backend} differs: {had}.")


def overtaken_notes(result: RunResult, endings: Mapping[Subject, Ending]) -> Iterator[Remark]:
    """What clients can still write to beside what serves, where no failure of this run says so already.

    That of an act says why it did not come about, and not what that leaves.
    """
    left: dict[str, list[str]] = {}
    for copy in overtaken(result.standing):
        ending = endings.get((copy.id.backend, copy.id.volume))
        if ending is None or ending.failure is None or ending.asked:
            left.setdefault(copy.id.backend, []).append(copy.id.volume)
    for backend, volumes in left.items():
        yield Remark(
            f"{backend} is overtaken and not fenced yet, clients may still write there: {names_text(volumes)}.",
            f"`datamotion apply {result.first.group}` fences it",
        )
