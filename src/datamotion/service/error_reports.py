"""Errors as programs read them."""

from __future__ import annotations

from dataclasses import dataclass

from datamotion.errors import DataMotionError, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """What went wrong, under a `code` that keeps its meaning; `hint`, apart from that, is what to do next.

    `cluster` is the one that was asked, None where none was. `places` are the mistakes of the configuration that it
    comes from, in the order of their lines.
    """

    code: str
    message: str
    hint: str | None
    cluster: str | None
    places: tuple[Place, ...]


def error_report(error: DataMotionError) -> ErrorReport:
    """The error with all that it tells."""
    return ErrorReport(
        code=error.code,
        message=error.message,
        hint=error.hint,
        cluster=getattr(error, "cluster", None),
        places=tuple(error.places),
    )
