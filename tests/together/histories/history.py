"""One random history of a group: commands, clients, people who change things by hand, and what goes wrong."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import trio

from datamotion.errors import DataMotionError
from datamotion.model.group import Group
from datamotion.model.standing import FENCE
from datamotion.policy.drills.drills import DrillChoice
from datamotion.policy.failover.choice import FailoverChoice
from datamotion.policy.selection import Selection
from datamotion.service import drills, failing_over, mirrors, protecting, removal
from datamotion.service.check import check as check_sites
from datamotion.service.intents import Intent
from datamotion.service.reports import RunReport
from datamotion.service.status import status
from datamotion.service.verdict import Verdict
from tests.together.histories.clients import Clients
from tests.together.histories.troubles import mend, trouble
from tests.together.mortal import Life, dies
from tests.together.stories import Story, told
from tests.together.world import GROUP, HOME, SVMS

SITES = (HOME, "lyon", "oslo")


@dataclass
class History:
    """A group whose volumes are protected, from there on. `told` is what happened, for whoever reads a failure."""

    story: Story
    draw: random.Random
    clients: Clients
    told: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)  # clusters that nobody reaches
    troubled: set[str] = field(default_factory=set)  # clusters at which something goes wrong
    serving: str = f"gold-{HOME}"  # as the last report told
    _before_last: set[str] = field(default_factory=set)  # what was acknowledged before the last command began

    async def live(self, steps: int) -> None:
        """So many steps, then all faults cease."""
        await self.clients.let_in()
        for _ in range(steps):
            name = self.draw.choices(list(STEPS), [weight for _, weight in STEPS.values()])[0]
            step = STEPS[name][0]
            self.told.append(name)
            await step(self)
            await self.check()
        for name in sorted(self.lost):
            self.story.place.regain(name)
        self.lost.clear()
        await recover(self)
        await trio.sleep(600)

    async def check(self) -> None:
        """What holds at any time: nothing that was acknowledged is gone from everywhere."""
        assert not self.clients.lost(), self.as_told(f"gone: {sorted(self.clients.lost())[:5]}")

    def as_told(self, problem: str) -> str:
        return "\n".join([problem, *self.told[-40:]])

    async def run(self, intent: Callable[[Story], Intent], *, mortal: bool = True) -> RunReport | None:
        """A command, while clients write; it may be killed at a call. None where it was, or was refused."""
        reports: list[RunReport] = []
        self._before_last = {name for names in self.clients.acknowledged.values() for name in names}

        async def carry_out(story: Story) -> None:
            with suppress(DataMotionError):
                reports.append(await story.place.run(intent(story)))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.clients.write_on)
            if mortal and self.draw.random() < 0.3:
                life = Life(self.draw.randrange(40), is_carried_out=self.draw.random() < 0.5)
                if await dies(carry_out, self.story, life):
                    self.told.append("  killed")
            else:
                await carry_out(self.story)
            nursery.cancel_scope.cancel()
        if reports:
            self.told.append(f"  {told(reports[0])}")
            self.serving = reports[0].serving or self.serving
        return reports[0] if reports else None

    async def end_well(self) -> None:
        """What a careful operator does then leads to where all is well."""
        for last in (stop_drill, resume, settle, finish, apply, give_up_divergent, apply, update, collect):
            self.told.append("at last:")
            await last(self, mortal=False)
            await self.check()
        group = (await status(self.story.place.session, [GROUP])).groups[0]
        assert group.serving is not None, self.as_told(f"nobody serves: {group.concerns}")
        assert not {each.kind for each in group.concerns} & {"overtaken", "broken open", "frozen", "undecided"}, (
            self.as_told(str(group.concerns))
        )
        writers = await self.clients.write()
        site = group.serving.removeprefix("gold-")
        assert all(sites == [site] for sites in writers.values()), self.as_told(f"{writers}, where {site} serves")
        await update(self, mortal=False)
        await self._is_as_told(site)

    async def _is_as_told(self, site: str) -> None:
        """What is said to be a mirror holds all that is served; whatever is none is something to see to."""
        group = (await status(self.story.place.session, [GROUP])).groups[0]
        to_see_to = {(each.backend, volume) for each in group.concerns for volume in each.volumes}
        for volume in group.volumes:
            written = self._before_last & self.clients.files(site, volume.volume)
            for copy in volume.copies:
                if (copy.backend, volume.volume) in to_see_to:
                    continue
                if copy.role == "mirror" and copy.is_fresh:
                    missing = written - self.clients.files(copy.backend.removeprefix("gold-"), volume.volume)
                    assert not missing, self.as_told(
                        f"{volume.volume} at {copy.backend}: {sorted(missing)[:5]} missing"
                    )
                else:
                    assert copy.role == "active", self.as_told(f"nothing is said of {copy}")


def command(intent: Callable[[Story], Intent]) -> Callable[..., Awaitable[None]]:
    """A step that runs a command."""

    async def step(history: History, *, mortal: bool = True) -> None:
        await history.run(intent, mortal=mortal)

    return step


def _group(story: Story) -> Group:
    return story.place.session.group(GROUP)


apply = command(lambda story: protecting.protect(_group(story)))
update = command(lambda story: protecting.update(_group(story)))
abort = command(lambda story: failing_over.thaw(_group(story)))
reprotect = command(lambda story: mirrors.reprotect(_group(story)))
pause = command(lambda story: mirrors.pause(_group(story), Selection(), timeout=timedelta(seconds=30)))
resume = command(lambda story: mirrors.resume(_group(story), Selection()))
drill = command(lambda story: drills.start(_group(story), DrillChoice()))
stop_drill = command(lambda story: drills.stop(_group(story)))
collect = command(lambda story: removal.gc(_group(story), {GROUP}))
give_up_divergent = command(lambda story: mirrors.reprotect(_group(story), discard=[f"gold-{each}" for each in SITES]))


async def settle(history: History, *, mortal: bool = True) -> None:
    """Of two that took one epoch, who was told to serve last does: broken off by hand, the other seems to, too."""
    group = (await status(history.story.place.session, [GROUP])).groups[0]
    if any(each.kind == "two serve" for each in group.concerns):
        keep = history.serving
        await history.run(lambda story: failing_over.settle(_group(story), keep), mortal=mortal)


async def planned(history: History) -> None:
    """All that was acknowledged where it was served is where it is served now."""
    to = history.draw.choice((None, *SITES))
    before = await _serving(history)
    report = await history.run(lambda story: _failover(story, to, is_planned=True))
    if report is None or report.verdict is not Verdict.DONE or report.serving is None or before is None:
        return
    here = report.serving.removeprefix("gold-")
    await _is_alone(history, here)
    if here == before or "as planned" not in report.title:
        return
    for volume in history.clients.volumes:
        written = history.clients.acknowledged.get((volume, before), set())
        missing = (written & history.clients.files(before, volume)) - history.clients.files(here, volume)
        assert not missing, history.as_told(f"{volume}: {sorted(missing)[:5]} did not come from {before} to {here}")


async def unplanned(history: History) -> None:
    """No more is lost than since the last transfer that was complete."""
    to = history.draw.choice((None, *SITES))
    held = {(site, volume): history.clients.files(site, volume) for site in SITES for volume in history.clients.volumes}
    report = await history.run(lambda story: _failover(story, to, is_planned=False))
    if report is None or report.verdict is not Verdict.DONE or report.serving is None:
        return
    here = report.serving.removeprefix("gold-")
    for volume in history.clients.volumes:
        missing = held[here, volume] - history.clients.files(here, volume)
        assert not missing, history.as_told(f"{volume}: {sorted(missing)[:5]} was at {here}, and is gone")


async def two_at_once(history: History) -> None:
    """Two operators at hosts that share no store, each with a command: whatever comes of it, all is kept somewhere."""
    elsewhere = history.story.place.root / "another host"
    elsewhere.mkdir(exist_ok=True)
    other = history.story.configured(lambda tree: tree.update(store=str(elsewhere / "datamotion.db")))
    one, two = history.draw.choices(list(AT_ONCE), k=2)
    to = [history.draw.choice((None, *SITES)) for _ in range(2)]
    after_s = history.draw.choice((0, 0.05, 0.3, 1, 3))
    history.told.append(f"  {one} to {to[0]}, {after_s} s later {two} to {to[1]}")
    beside = replace(history, story=other)

    async def later() -> None:
        await trio.sleep(after_s)
        await beside.run(lambda story: AT_ONCE[two](story, to[1]), mortal=False)

    async with trio.open_nursery() as both:
        both.start_soon(later)
        await history.run(lambda story: AT_ONCE[one](story, to[0]), mortal=False)
    serving = await _serving(history)
    history.serving = f"gold-{serving}" if serving is not None else history.serving


AT_ONCE: Mapping[str, Callable[[Story, str | None], Intent]] = {
    "apply": lambda story, _: protecting.protect(_group(story)),
    "update": lambda story, _: protecting.update(_group(story)),
    "reprotect": lambda story, _: mirrors.reprotect(_group(story)),
    "abort": lambda story, _: failing_over.thaw(_group(story)),
    "planned failover": lambda story, to: _failover(story, to, is_planned=True),
    "unplanned failover": lambda story, to: _failover(story, to, is_planned=False),
}


async def _is_alone(history: History, here: str) -> None:
    """Once a planned failover is done, no other site that can be reached lets clients write."""
    if not history.lost:
        for volume, sites in (await history.clients.write()).items():
            assert set(sites) <= {here}, history.as_told(f"{volume} is written at {sites}, and {here} serves")


async def finish(history: History, *, mortal: bool = True) -> None:
    """What was begun is carried through; where nothing was and the home serves, it goes to a target."""
    await history.run(lambda story: _failover(story, None, is_planned=None), mortal=mortal)


def _failover(story: Story, to: str | None, *, is_planned: bool | None) -> Intent:
    choice = FailoverChoice(to=to and f"gold-{to}", is_planned=is_planned)
    return failing_over.failover(_group(story), choice)


async def lose(history: History) -> None:
    """A site that nobody reaches; its own clients do."""
    if not history.lost:
        name = history.draw.choice(SITES)
        history.told.append(f"  {name}")
        history.lost.add(name)
        history.story.place.lose(name)


async def regain(history: History) -> None:
    for name in sorted(history.lost):
        history.story.place.regain(name)
    history.lost.clear()


async def falter(history: History) -> None:
    site = history.draw.choice(SITES)
    history.troubled.add(site)
    history.told.append(f"  {site}: {await trouble(history.story.place, site, history.draw)}")


async def recover(history: History) -> None:
    for site in sorted(history.troubled):
        await mend(history.story.place, site)
    history.troubled.clear()


async def look(history: History) -> None:
    """`check` has something to say, whatever goes on."""
    report = await check_sites(history.story.place.session, [GROUP])
    assert report.lines, history.as_told("check says nothing")


async def time_passes(history: History) -> None:
    await trio.sleep(history.draw.choice((1, 60, 4000)))
    await history.clients.write()


async def by_hand(history: History) -> None:
    """Somebody changes a mirror or a volume at its cluster, as people do."""
    site, volume = history.draw.choice(SITES[1:]), history.draw.choice(history.clients.volumes)
    body: dict[str, Any] = {"state": history.draw.choice(("paused", "snapmirrored", "broken_off"))}
    if site in history.lost | history.troubled:
        return
    path = f"{SVMS[site]}:{volume}"
    at = history.story.at[site]
    for mirror in await at.get("/snapmirror/relationships", fields="state", **{"destination.path": path}):
        # Only a mirror that was paused is resumed: a resync by hand discards, and nobody guards against that.
        if body["state"] == "snapmirrored" and mirror["state"] != "paused":
            return
        history.told.append(f"  {site} {volume}: {body}")
        await at.http.patch(f"/api/snapmirror/relationships/{mirror['uuid']}?return_timeout=60", json=body)


async def let_in_by_hand(history: History) -> None:
    """Somebody lifts a fence at its cluster: clients come to what is frozen, or was overtaken."""
    site, volume = history.draw.choice(SITES), history.draw.choice(history.clients.volumes)
    if site in history.lost | history.troubled:
        return
    for found in await history.story.at[site].get(
        "/storage/volumes", name=volume, fields="nas.path,nas.export_policy.name", type="rw", **{"svm.name": SVMS[site]}
    ):
        if found["nas"]["export_policy"]["name"] == FENCE:
            history.told.append(f"  {site} {volume}")
            nas = {"path": f"/{volume}", "export_policy": {"name": "default"}}
            await history.story.at[site].patch(f"/storage/volumes/{found['uuid']}", {"nas": nas})
            await history.clients.write()


async def _serving(history: History) -> str | None:
    group = (await status(history.story.place.session, [GROUP])).groups[0]
    return group.serving.removeprefix("gold-") if group.serving else None


STEPS: Mapping[str, tuple[Callable[[History], Awaitable[None]], int]] = {
    "apply": (apply, 4),
    "update": (update, 4),
    "reprotect": (reprotect, 4),
    "reprotect, giving up what diverged": (give_up_divergent, 2),
    "planned failover": (planned, 6),
    "unplanned failover": (unplanned, 2),
    "two at once": (two_at_once, 2),
    "abort": (abort, 1),
    "pause": (pause, 1),
    "resume": (resume, 1),
    "a drill begins": (drill, 1),
    "a drill ends": (stop_drill, 1),
    "what is left over is collected": (collect, 1),
    "check": (look, 1),
    "a site is lost": (lose, 2),
    "a site is regained": (regain, 3),
    "a cluster falters": (falter, 3),
    "what went wrong is seen to": (recover, 2),
    "time passes": (time_passes, 4),
    "a mirror is changed by hand": (by_hand, 2),
    "a fence is lifted by hand": (let_in_by_hand, 2),
}
"""With how often they are drawn."""
