"""By which claim a back end served a volume last, and which one overtook it."""

from __future__ import annotations

from datetime import timedelta

from datamotion.model.standing import Copy, CopyId, HeldClaim, Standing

CLOCKS = timedelta(minutes=1)
"""By which the times of claims and snapshots may be apart, of which each has its own clock."""


def overtaken_by(standing: Standing, served: CopyId) -> HeldClaim | None:
    """The claim that overtook what a back end last served of a volume; None where nobody can tell."""
    claim = last_served(standing, served)
    later = [each for each in standing.claims if claim is not None and each.epoch == claim.epoch + 1]
    return later[0] if len(later) == 1 else None


def last_served(standing: Standing, copy_id: CopyId) -> HeldClaim | None:
    """The newest claim by which a back end is known to have served a volume."""
    copy = standing.copies.get(copy_id)
    return next(
        (
            each
            for each in standing.claims
            if each.backend == copy_id.backend
            and each.served
            and (is_about(each, copy) if copy is not None else not each.claim.partial)
        ),
        None,
    )


def is_about(claim: HeldClaim, copy: Copy) -> bool:
    """A partial claim is about those copies whose marks name its epoch."""
    return not claim.claim.partial or (copy.mark is not None and copy.mark.epoch == claim.epoch)
