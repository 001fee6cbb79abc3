"""The one thing that goes wrong with a lab."""

from __future__ import annotations

from collections.abc import Sequence


class SiteError(Exception):
    """The lab cannot do that. `below` are the lines below the message, `hint` says what a person can do about it."""

    def __init__(self, message: str, hint: str | None = None, below: Sequence[str] = ()) -> None:
        super().__init__("\n".join((message, *below)))
        self.message = message
        self.hint = hint
        self.below = below
