"""The lines of a check: what was looked at and found, what was not, and what is only worth knowing."""

from __future__ import annotations

from datamotion.service.check_reports import CheckKind, CheckLine, Finding


def checked(kind: CheckKind, subject: str, what: str, problem: str | None, hint: str | None = None) -> CheckLine:
    """Passed, unless there is a problem; only then is there a hint."""
    finding = Finding.PASSED if problem is None else Finding.FAILED
    return CheckLine(
        kind=kind, subject=subject, what=what, finding=finding, detail=problem, hint=hint if problem else None
    )


def noted(kind: CheckKind, subject: str, what: str, detail: str | None, hint: str | None = None) -> CheckLine:
    """Nothing is wrong, and nothing was passed."""
    return CheckLine(kind=kind, subject=subject, what=what, finding=Finding.NOTE, detail=detail, hint=hint)


def unlooked(kind: CheckKind, subject: str, what: str, why: str, hint: str | None = None) -> CheckLine:
    """It could not be looked at, which is never the same as passed."""
    return CheckLine(kind=kind, subject=subject, what=what, finding=Finding.NOT_LOOKED, detail=why, hint=hint)
