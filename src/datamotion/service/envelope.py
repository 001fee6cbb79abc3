"""What every JSON document begins with: the version of its schema, and what it is.

Nothing that is slow to import is needed here: a copy that starts at once prints JSON too.
"""

from __future__ import annotations

SCHEMA_VERSION = "1.2"
"""Of all documents together. The second number is raised where something is added, the first where something that was
there is gone or means something else. docs/reference/json.schema.json is the schema, made from the reports' classes.
"""

INTRODUCES = {"error": "error", "event": "event", "progress": "progress"}
"""Under which key a document of that kind holds what it tells; all others hold it under `report`."""


def enveloped(kind: str, told: object, exit_status: int | None = None) -> dict[str, object]:
    """What is told, as the document of that kind. One of what goes on has no exit status: nothing has ended."""
    head: dict[str, object] = {"schema_version": SCHEMA_VERSION, "kind": kind}
    if exit_status is not None:
        head["exit_status"] = int(exit_status)
    return {**head, INTRODUCES.get(kind, "report"): told}
