"""The few options of ours that a back end's section of cinder.conf may have."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg

OPTIONS = [
    cfg.StrOpt(
        "datamotion_program",
        default="datamotion",
        help="The datamotion command: a name on the PATH, or where it is. It may be installed in an environment of its"
        " own.",
    ),
    cfg.StrOpt(
        "datamotion_rpo",
        default="2h",
        help="How old the newest state at a replication target may become before `datamotion status` says so. A"
        " failover that Cinder asks for is never refused by that.",
    ),
    cfg.StrOpt(
        "datamotion_schedule",
        default="hourly",
        help="The schedule, by its name at the target's cluster, that mirrors follow.",
    ),
    cfg.IntOpt(
        "datamotion_timeout",
        default=3600,
        min=30,
        help="Seconds that an operation may take before it is told to end. It ends at a clean point, and the next one"
        " goes on from there.",
    ),
    cfg.IntOpt(
        "datamotion_housekeeping_timeout",
        default=120,
        min=30,
        help="Seconds that each round of the housekeeping may take, which waits for its turn where something else is"
        " done for the back end; then it is told to end, and the next round goes on from there. A failover waits no"
        " longer than that for one that runs.",
    ),
]


def list_opts() -> list[tuple[str, list[Any]]]:
    """For oslo.config's generator, which shows them among those of a back end."""
    return [("backend_defaults", OPTIONS)]
