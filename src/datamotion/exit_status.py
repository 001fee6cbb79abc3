"""How a command ends: the one table of exit statuses, from which `--help` and the pages about them are made."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """What a command's exit status says; `meaning` says it to people, `also` what it stands for in single commands."""

    meaning: str
    also: str

    def __new__(cls, number: int, meaning: str, also: str = "") -> ExitStatus:
        status = int.__new__(cls, number)
        status._value_ = number
        status.meaning = meaning
        status.also = also
        return status

    DONE = 0, "done"
    FAILED = 1, "done in part or failed", "`status`: something to see to; `check`: not ready; `drill`: it did not pass"
    USAGE = 2, "usage or configuration", "`plan --exit-code`: there are changes to make"
    REFUSED = 3, "refused by a safety rule"
    SILENT = 4, "a cluster that is needed does not answer"
    INTERRUPTED = 130, "interrupted"

    @property
    def sentence(self) -> str:
        """All that it stands for."""
        return f"{self.meaning}; for {self.also}" if self.also else self.meaning


CHANGES = ExitStatus.USAGE
"""Of `plan --exit-code`, as of Terraform's `-detailed-exitcode`: what is 2 otherwise is 1 there, as in Terraform."""

IN_ONE_LINE = f"Exit status: {'; '.join(f'{each.value} {each.meaning}' for each in ExitStatus)}."
