"""Why a volume was given up, in words made of what was seen."""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.engine.ports import Declined, Other, Unanswered
from datamotion.model.acts import Act
from datamotion.model.migration import is_migration
from datamotion.model.plan import Refusal
from datamotion.model.view import Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """`silent`: no cluster said no, an answer never came."""

    text: str
    hint: str | None = None
    silent: bool = False


UNAGREED = Failure(
    text="to go on would lose data that was not agreed to",
    hint="run the same command again: it shows what would be given up",
)


def by_refusal(refusal: Refusal) -> Failure:
    return Failure(text=refusal.text, hint=refusal.hint, silent=refusal.because_silent)


def by_answer(act: Act, reply: Declined | Unanswered) -> Failure:
    """A cluster said no to an act, or nothing."""
    if isinstance(reply, Declined):
        return Failure(text=reply.error.message, hint=reply.error.hint)
    return Failure(text=reply.error.message, hint=_again(act.cluster), silent=True)


def by_silence(act: Act, seen: Unseen, *, is_sent: bool) -> Failure:
    """The cluster cannot be seen: whether what was sent there came about, nobody knows."""
    if is_sent:
        text = f"{act.title} was sent, and is not known to have come about: {seen.reason}"  # alike of all volumes
        return Failure(text=text, hint=_again(act.cluster), silent=not seen.refused)
    return Failure(text=seen.reason, hint=seen.hint if seen.refused else _again(act.cluster), silent=not seen.refused)


def by_another(other: Other) -> Failure:
    """Somebody else holds the group."""
    return Failure(
        text=f"overtaken: {other.text}; what was begun goes on at the clusters by itself",
        hint="when that has ended, run the same command again: it goes on from what is there",
    )


def by_sight(group: str, evidence: str) -> Failure:
    """What was seen makes it impossible, or leaves it open."""
    # what stands for the migration of a LUN, a file or within a back end is no group that `status` knows
    shows = "datamotion migrations" if is_migration(group) else f"datamotion status {group}"
    return Failure(text=evidence, hint=f"{shows} shows how it stands")


def _again(cluster: str) -> str:
    return f"when {cluster} answers, run the same command again: it goes on from what is there"
