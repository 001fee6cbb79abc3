"""What serving another copy gives up: measured for each volume from the copy that served last, and told as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from datamotion.model.acts import ActId
from datamotion.model.mirror_acts import Break
from datamotion.model.plan import Loss, RecoveryPoint
from datamotion.model.standing import Copy, CopyId, HeldClaim, Standing
from datamotion.model.units import age_text, duration_text, last_text, moment_text
from datamotion.model.view import ClusterView
from datamotion.policy.last_served import CLOCKS, is_about, last_served
from datamotion.policy.situation import Situation


def loss_of(standing: Standing, copy: Copy, given_up_at: str) -> Loss:
    """What goes with the copy at `given_up_at`, if this one is served.

    A mirror of that copy lacks what was written after its exported snapshot. Any other copy lacks all that was written
    since its own back end, or that of its source, was overtaken, however fresh it looks next to that source.
    """
    volume, backend = copy.id.volume, copy.id.backend
    kept = copy.edge.relationship.exported_snapshot if copy.edge else None
    if copy.edge is not None and copy.edge.source == CopyId(given_up_at, volume):
        age = copy.lag
        what = f"{last_text(age)} of writes" if age is not None else "all writes since its last transfer"
        text = f"at most {what} at {given_up_at}"
        return Loss(volume=volume, backend=backend, given_up_at=given_up_at, kept=kept, age=age, text=text)
    later = _later(standing, copy)
    claims = later or [each for each in standing.claims if each.backend == given_up_at][:1]
    places = " and ".join(dict.fromkeys([*(each.backend for each in claims), given_up_at]))
    when = f" since {moment_text(claims[0].claim.since)}" if claims else ""
    revived = _revived(standing, later)
    own = f", and what {' and '.join(revived)} held of its own before" if revived else ""
    text = f"all writes at {places}{when}{own}: this copy holds what {_source_text(copy)}"
    age = _age(standing, copy, later[0]) if later and not revived else None
    return Loss(volume=volume, backend=backend, given_up_at=given_up_at, kept=kept, age=age, text=text)


def resync_loss(standing: Standing, copy: Copy, source: CopyId) -> Loss:
    """What goes with the writes that a copy holds and its source does not, if it is made a mirror of it again.

    What was written since it was broken off is no older than its snapshot, which its source holds too; unless a third
    back end served since that was made, after which the source may have gone back to an older one.
    """
    volume, backend = copy.id.volume, copy.id.backend
    kept = copy.edge.relationship.exported_snapshot if copy.edge else None
    seen = standing.sites[backend].seen
    age, since = (copy.lag if kept is not None else None), list(standing.claims)
    if isinstance(seen, ClusterView) and age is not None:
        since = [each for each in since if each.claim.since >= seen.observed_at - age - CLOCKS]
    own = [each.claim.since for each in since if each.backend == backend and each.served and is_about(each, copy)]
    thirds = sorted({each.backend for each in since} - {backend, source.backend})
    broken = "it was broken off" + (f", {duration_text(age)} ago at most" if age is not None else "")
    if own:
        took_over = f"since {moment_text(min(own))}, when it took over"
        what = f"all writes at {backend} {took_over}" + (f" ({broken})" if age is not None else "")
    else:
        what = f"all writes at {backend} since {broken}"
    if kept is None or (thirds and age is not None):
        age, what = None, f"{what}, and whatever else it holds that {source.backend} does not"
    return Loss(volume=volume, backend=backend, given_up_at=backend, kept=kept, age=age, text=what)


def _later(standing: Standing, copy: Copy) -> list[HeldClaim]:
    """The claims that overtook what a copy holds, the earliest first; none where nobody can tell.

    What it holds is its own where its back end served it, else what its source held: up to the next epoch that is all
    there was.
    """
    holder, served = copy.id, last_served(standing, copy.id) if copy.is_writable else None
    if served is None and copy.edge is not None and isinstance(copy.edge.source, CopyId):
        holder, served = copy.edge.source, last_served(standing, copy.edge.source)
    if served is None:
        return []
    rivals = [each for each in standing.claims if each.epoch >= served.epoch and each.backend != holder.backend]
    rivals.sort(key=lambda each: each.epoch)
    return rivals if rivals and rivals[0].epoch <= served.epoch + 1 else []


def _revived(standing: Standing, later: Sequence[HeldClaim]) -> list[str]:
    """Of the back ends that overtook a copy those that had served before: each may have gone on with its own old copy.

    So it holds writes again that were given up when it was overtaken itself, from nobody knows when on.
    """
    first = min((each.epoch for each in later), default=0)
    before = {each.backend for each in standing.claims if each.epoch < first}
    return [name for name in dict.fromkeys(each.backend for each in later) if name in before]


def _age(standing: Standing, copy: Copy, overtaken: HeldClaim) -> timedelta | None:
    """How long ago, at most, the first write was made that a copy lacks. A mirror may have been old by then already."""
    seen, own = standing.sites[copy.id.backend].seen, last_served(standing, copy.id) if copy.is_writable else None
    if not isinstance(seen, ClusterView):
        return None
    since = seen.observed_at - overtaken.claim.since
    if since < timedelta():  # a clock is off, or the claim says what is not so
        return None
    if copy.edge is None or (
        own is not None and own.epoch < overtaken.epoch and _follows(standing, overtaken, own, copy)
    ):
        return since
    return max(since, copy.lag) if copy.lag is not None else None


def _follows(standing: Standing, overtaken: HeldClaim, own: HeldClaim, copy: Copy) -> bool:
    """Whether who overtook a copy held nothing older that it lacks: what they held came from it, or it was the first.

    Else it may be writes of before that one took over itself: of whom it took over from, since its snapshot.
    """
    theirs = standing.copy(overtaken.backend, copy.id.volume)
    return own.epoch == 1 or (theirs is not None and theirs.edge is not None and theirs.edge.source == copy.id)


def _source_text(copy: Copy) -> str:
    if copy.edge is None or copy.is_writable:
        return f"{copy.id.backend} held before"
    source = copy.edge.source.backend if isinstance(copy.edge.source, CopyId) else str(copy.edge.source)
    age = f" {age_text(copy.lag)} ago" if copy.lag is not None else ""
    return f"{source} held{age}"


def oldest_text(losses: Sequence[Loss]) -> str:
    """The worst of them, in words."""
    if any(loss.age is None for loss in losses):
        return "how much it would lose is not known"
    worst = max((loss.age for loss in losses if loss.age is not None), default=timedelta())
    return f"it would lose {last_text(worst)} at worst"


def worst_first(losses: Sequence[Loss]) -> tuple[Loss, ...]:
    """Those of unknown size first, then the largest."""
    return tuple(sorted(losses, key=lambda loss: (loss.age is not None, -(loss.age or timedelta()))))


def recovery_point(situation: Situation, copy: Copy) -> RecoveryPoint:
    """What a copy goes back to: as it is seen, until it is broken off; from then on as it was seen just before.

    A copy that no look of this run saw whole tells its snapshot, and not how old that was.
    """
    edge = copy.edge
    if edge is None:
        return RecoveryPoint(volume=copy.id.volume, snapshot=None, age=None)
    if not edge.is_broken_off:
        relationship = edge.relationship
        return RecoveryPoint(volume=copy.id.volume, snapshot=relationship.exported_snapshot, age=relationship.lag)
    backend = situation.now.sites[copy.id.backend].backend
    before = situation.accepted.get(ActId(backend.cluster, backend.name, copy.id.volume, Break))
    seen = before.copies.get(copy.id) if before else None
    if seen is not None and seen.edge is not None and not seen.edge.is_broken_off:
        return recovery_point(situation, seen)
    return RecoveryPoint(volume=copy.id.volume, snapshot=edge.relationship.exported_snapshot, age=None)
