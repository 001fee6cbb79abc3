"""What goes wrong at a cluster in a history: answers, jobs and transfers fail, space is gone, clocks err."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from tests.together.world import Place, succeed

_WRITES = "POST|PATCH|DELETE /*"
PASSING: Mapping[str, Mapping[str, Any]] = {
    "an answer lost after the effect": {"kind": "lost_answer", "route": _WRITES},
    "an answer lost before the effect": {"kind": "lost_request", "route": _WRITES},
    "a connection that hangs": {"kind": "hang", "route": _WRITES},
    "too busy": {"kind": "status", "status": 503, "route": _WRITES},
    "an internal error": {"kind": "status", "status": 500, "route": _WRITES},
    "a request carried out twice": {"kind": "duplicate", "route": _WRITES},
    "an answer lost between clusters": {"kind": "lost_answer", "route": "/intercluster/*"},
    "a transfer that fails": {"kind": "transfer_failure"},
    "a job that fails before its effect": {"kind": "job_failure", "route": "/*"},
    "a job that fails after its effect": {"kind": "job_failure", "route": "/*", "when": "after"},
}
"""These strike a few times."""
LASTING: Mapping[str, Mapping[str, Any]] = {
    "clusters that do not reach each other": {"kind": "partition"},
    "a full aggregate": {"kind": "full_aggregate"},
    "a clock that is a little ahead": {"kind": "clock_skew", "seconds": 180},
    "a clock that is a little behind": {"kind": "clock_skew", "seconds": -180},
    "a clock that is far ahead": {"kind": "clock_skew", "seconds": 5400},
    "a clock that is far behind": {"kind": "clock_skew", "seconds": -5400},
}
"""These last until somebody sees to them."""


async def trouble(place: Place, site: str, draw: random.Random) -> str:
    """One of them is so there from now on; its name."""
    name = draw.choice((*PASSING, *LASTING))
    fault = LASTING[name] if name in LASTING else {**PASSING[name], "count": draw.randrange(1, 4)}
    async with place.lab[site].client() as client:
        await succeed(client.post("/lab/faults", json=fault))
    return name


async def mend(place: Place, site: str) -> None:
    """Nothing of it is so any more."""
    async with place.lab[site].client() as client:
        await succeed(client.delete("/lab/faults"))
