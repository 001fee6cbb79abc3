"""Jobs can be asked for; none of the lab's can be stopped."""

from __future__ import annotations

from typing import Literal

from ontaplab.errors import missing_field
from ontaplab.resources.jobs.errors import cannot_cancel, cannot_pause, is_over, not_running
from ontaplab.resources.jobs.state import Job
from ontaplab.wire.body import Body
from ontaplab.wire.resource import Reply, Request


class JobChange(Body):
    """The action, which one client sends in the body and others in the query."""

    action: Literal["cancel", "pause", "resume"] | None = None


def modify(request: Request, job: Job, body: JobChange) -> Reply[Job]:
    """Always refuses.

    Assumption: ONTAP, too, has jobs that cannot be cancelled, and clients have to live with that answer.
    """
    if job.is_over:
        raise is_over()
    match body.action or request.flags.get("action"):
        case "cancel":
            raise cannot_cancel()
        case "pause":
            raise cannot_pause()
        case "resume":
            raise not_running()
    raise missing_field("action")
