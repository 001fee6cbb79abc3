"""What tests of outcomes share: a group that is protected, lost and regained, and what a person is told of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from datamotion.errors import Refused
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.service import failing_over, intents, preparing, protecting
from datamotion.service.reports import PlanReport, RunReport
from datamotion.service.status import status
from datamotion.service.status_reports import ConcernReport, GroupReport, StatusReport
from datamotion.service.verdict import Verdict
from tests.datamotion.building import notes_of
from tests.ontaplab.resources.labs import Asker
from tests.together.world import GROUP, SVMS, Change, Place, a_place, create_volumes, digests

GIB = 2**30


@dataclass(frozen=True)
class Story:
    """A place, its clusters to ask, and short words for what is done there."""

    place: Place
    at: Mapping[str, Asker]

    def configured(self, change: Change) -> Story:
        return Story(self.place.configured(change), self.at)

    async def protected(self, *volumes: str) -> None:
        """These volumes of the home, each with a file, are mirrored everywhere."""
        names = volumes or ("vol_1",)
        await create_volumes(self.place.lab["paris"], names)
        for name in names:
            self.write("paris", name, "kept")
        report = await self.apply()
        assert report.verdict is Verdict.DONE, told(report)

    async def apply(self) -> RunReport:
        return await self.place.run(protecting.protect(self.place.session.group(GROUP)))

    async def update(self) -> RunReport:
        return await self.place.run(protecting.update(self.place.session.group(GROUP)))

    async def failover(self, to: str | None = None, **choice: Any) -> RunReport:
        wanted = FailoverChoice(to=to and f"gold-{to}", **choice)
        return await self.place.run(failing_over.failover(self.place.session.group(GROUP), wanted))

    async def settle(self, keep: str) -> RunReport:
        return await self.place.run(failing_over.settle(self.place.session.group(GROUP), f"gold-{keep}"))

    async def plan(self) -> PlanReport:
        return await self.planned(protecting.protect(self.place.session.group(GROUP)))

    async def planned(self, intent: intents.Intent) -> PlanReport:
        async with preparing.prepare(self.place.session, [intent]) as (prepared,):
            return prepared.report

    async def plan_failover(self, to: str | None = None, **choice: Any) -> PlanReport:
        wanted = FailoverChoice(to=to and f"gold-{to}", **choice)
        return await self.planned(failing_over.failover(self.place.session.group(GROUP), wanted))

    async def status(self) -> StatusReport:
        return await status(self.place.session, [GROUP])

    async def group(self) -> GroupReport:
        return (await self.status()).groups[0]

    async def concerns(self) -> Mapping[str, ConcernReport]:
        """What a person should know, by kind."""
        return {each.kind: each for each in (await self.group()).concerns}

    async def volume(self, cluster: str, name: str, fields: str = "*") -> dict[str, Any]:
        return await self.at[cluster].one("/storage/volumes", name=name, fields=fields, **{"svm.name": SVMS[cluster]})

    async def mirror(self, cluster: str, volume: str = "vol_1") -> dict[str, Any]:
        path = f"{SVMS[cluster]}:{volume}"
        return await self.at[cluster].one("/snapmirror/relationships", fields="*", **{"destination.path": path})

    async def change(self, cluster: str, volume: str, body: Mapping[str, Any]) -> None:
        found = await self.volume(cluster, volume, "uuid")
        await self.at[cluster].patch(f"/storage/volumes/{found['uuid']}", body)

    async def change_mirror(self, cluster: str, body: Mapping[str, Any], volume: str = "vol_1") -> None:
        found = await self.mirror(cluster, volume)
        await self.at[cluster].patch(f"/snapmirror/relationships/{found['uuid']}", body)

    async def delete_mirror(self, cluster: str, volume: str = "vol_1") -> None:
        found = await self.mirror(cluster, volume)
        await self.at[cluster].delete(f"/snapmirror/relationships/{found['uuid']}", destination_only="true")

    def write(self, cluster: str, volume: str, what: str) -> None:
        (self.place.tree(cluster, volume) / what).write_text(f"{volume} {what}\n" * 100)

    def files(self, cluster: str, volume: str = "vol_1") -> set[str]:
        return set(digests(self.place.tree(cluster, volume)))

    def served(self, cluster: str) -> set[str]:
        """The volumes that clients can write to at their own names there."""
        volumes = self.place.lab[cluster].cluster.volumes
        return {each.name for each in volumes if each.type == "rw" and each.export_path == f"/{each.name}"}


def play(root: Path, story: Callable[[Story], Awaitable[None]], **place: Any) -> None:
    """On virtual time."""

    async def main() -> None:
        async with a_place(root, **place) as there, AsyncExitStack() as stack:
            at = {
                name: Asker(cluster, await stack.enter_async_context(cluster.client()))
                for name, cluster in there.lab.clusters.items()
            }
            await story(Story(there, at))

    trio.run(main, clock=MockClock(autojump_threshold=0))


async def refused(request: Awaitable[object]) -> str:
    """What a run is refused with before it begins."""
    with pytest.raises(Refused) as found:
        await request
    return found.value.message


def told(report: RunReport | PlanReport) -> str:
    """All that a report says in words."""
    lines: list[str | None] = [report.title, *notes_of(report)]
    lines += [text for each in report.refusals for text in (each.backend, each.volume, each.text, each.hint)]
    if isinstance(report, PlanReport):
        lines += [each.text for each in report.losses]
        lines += [
            text for step in report.steps for text in (step.title, step.because, *(act.text for act in step.acts))
        ]
    else:
        lines += [
            text
            for each in report.volumes
            for text in (each.volume, each.outcome, each.detail, each.hint, *each.came_about, *each.uncertain)
        ]
    return "\n".join(filter(None, lines))


def outcomes(report: RunReport, backend: str | None = None) -> Mapping[str, str]:
    """How each volume ended, at one back end or at the only one that is told of."""
    return {each.volume: each.outcome.value for each in report.volumes if backend in (None, each.backend)}


def titles(plan: PlanReport) -> Sequence[str]:
    return [step.title for step in plan.steps]
