"""Whether what was agreed to still covers what would be given up now.

Consent is to a loss as it was shown: from which copy to which, back to that snapshot or a newer one. While somebody
thinks it over a loss grows by as much; one that has grown well beyond that is asked about again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import inf

from datamotion.model.plan import Loss
from datamotion.model.units import duration_text

_GROWTH = 1.5
_ALWAYS = timedelta(minutes=1)


def is_covered(loss: Loss, agreed: Iterable[Loss]) -> bool:
    """Whether this very loss was agreed to, however much it has grown while the plan was carried out."""
    wanted = (loss.volume, loss.backend, loss.given_up_at)
    return any((each.volume, each.backend, each.given_up_at) == wanted for each in agreed)


def beyond(losses: Iterable[Loss], agreed: Iterable[Loss]) -> tuple[str, ...]:
    """What was not agreed to, in words, the largest first: new losses, and those that have grown too much."""
    shown = {(each.volume, each.backend, each.given_up_at): each for each in agreed}
    found: list[tuple[float, str]] = []
    for loss in losses:
        before = shown.get((loss.volume, loss.backend, loss.given_up_at))
        if before is None:
            found.append((_size(loss), f"{loss.volume}: {loss.text}, which was not shown"))
        elif loss.age is None and before.age is not None:
            found.append((_size(loss), f"{loss.volume}: {loss.text}; it was {duration_text(before.age)}"))
        elif loss.age is not None and before.age is not None and loss.age > before.age * _GROWTH + _ALWAYS:
            grown = f"{duration_text(before.age)} when it was shown, {duration_text(loss.age)} now"
            found.append((_size(loss), f"{loss.volume}: {grown}"))
    return tuple(text for _, text in sorted(found, key=lambda each: (-each[0], each[1])))


def _size(loss: Loss) -> float:
    """What losses are ordered by: one that nobody can measure comes first."""
    return loss.age.total_seconds() if loss.age is not None else inf
