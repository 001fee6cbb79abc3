"""Paris with faults: set up, counted, and a schedule whose making they may strike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.ontaplab.resources.labs import Asker, in_lab

SCHEDULE = {"name": "often", "cron": {"minutes": [5]}}


async def set_up(asker: Asker, kind: str, **fields: Any) -> str:
    """The cluster has that fault. Returns its id."""
    answer = await asker.http.post("/lab/faults", json={"kind": kind, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def struck(asker: Asker) -> list[int]:
    """How often each of its faults has struck."""
    return [each["struck"] for each in (await asker.http.get("/lab/faults")).json()["records"]]


async def schedules(asker: Asker) -> int:
    """How many of the schedule there are."""
    return len(await asker.get("/cluster/schedules", name="often"))


def on_paris(root: Path, claim: Callable[[Asker], Awaitable[None]]) -> None:
    """Runs the claim on paris, which has a peer."""

    async def main(paris: Asker, lyon: Asker) -> None:
        await claim(paris)

    in_lab(root, main)
