"""What a command ends with."""

from __future__ import annotations

from collections.abc import Mapping

DONE, FAILED, WRONG, REFUSED, SILENT, INTERRUPTED = 0, 1, 2, 3, 4, 130

STATUSES: Mapping[int, str] = {
    DONE: "done",
    FAILED: "done in part or failed",
    WRONG: "usage or configuration",
    REFUSED: "refused by a safety rule",
    SILENT: "a cluster that is needed does not answer",
    INTERRUPTED: "interrupted",
}

EXIT_STATUSES = f"Exit status: {'; '.join(f'{status} {meaning}' for status, meaning in STATUSES.items())}."
"""Below every help."""
