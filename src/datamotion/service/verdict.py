"""How a command ended, in a word, and the exit status of each."""

from __future__ import annotations

from enum import StrEnum

from datamotion.exit_status import ExitStatus


class Verdict(StrEnum):
    """How a command ended; each has its exit status."""

    DONE = "done"
    ATTENTION = "needs attention"  # of what only looks: something that a person has to see to
    PARTLY = "partly done"
    FAILED = "failed"
    REFUSED = "refused"
    SILENT = "no answer"

    @property
    def exit_status(self) -> int:
        return _EXIT_STATUSES[self]


_EXIT_STATUSES = {
    Verdict.DONE: ExitStatus.DONE,
    Verdict.ATTENTION: ExitStatus.FAILED,
    Verdict.PARTLY: ExitStatus.FAILED,
    Verdict.FAILED: ExitStatus.FAILED,
    Verdict.REFUSED: ExitStatus.REFUSED,
    Verdict.SILENT: ExitStatus.SILENT,
}
