"""The one thing that goes wrong with a lab."""

from __future__ import annotations


class SiteError(Exception):
    """The lab cannot do that; `hint` says what a person can do about it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
