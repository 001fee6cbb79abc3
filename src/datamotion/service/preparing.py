"""Planning operations, one or several, from one look at all their clusters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from math import inf

from datamotion.engine.concurrently import side_by_side
from datamotion.engine.counting import counted
from datamotion.engine.looking import Glance, Lookout
from datamotion.errors import ConfigError, Refused
from datamotion.model.group import Group
from datamotion.model.standing import Standing
from datamotion.model.view import View
from datamotion.policy.standing.standing import stand
from datamotion.service.clusters import FollowedCluster
from datamotion.service.intents import Intent, together
from datamotion.service.prepared import Held, Prepared, hold
from datamotion.service.remembered import with_memory
from datamotion.service.session import Session
from datamotion.service.shared_looks import SharedLooks
from datamotion.service.turns_taken import Turns


@asynccontextmanager
async def prepare(
    session: Session, intents: Sequence[Intent], *, at_once: bool = False
) -> AsyncIterator[tuple[Prepared, ...]]:
    """Plan each of these, from one look at all their clusters, which stay open so that the plans can be carried out.

    What only some of them need beside that is looked at in a second one. Where they are several, they share their looks
    and the turns of transfers when they are carried out side by side. `at_once`: nobody is asked before what is planned
    is carried out. What nobody else holds is held from before the look on, and need not be looked at again then.
    """
    turns = Turns()
    async with AsyncExitStack() as stack:
        calls = stack.enter_context(counted())
        all_held = [_held(stack, session, each) if at_once else None for each in intents]
        glances = together(intent.glances for intent in intents)
        clusters = await stack.enter_async_context(session.clusters(glances.keys()))
        view = await Lookout(clusters, glances).whole()
        intents = [replace(intent, group=with_memory(session, intent.group, view)) for intent in intents]
        standings = [_stand(intent.group, view, intent.glances) for intent in intents]
        more = [_more(intent, each) for intent, each in zip(intents, standings, strict=True)]
        wanted = [{**intent.glances, **each} for intent, each in zip(intents, more, strict=True)]
        if extra := together(more):
            opened = await stack.enter_async_context(session.clusters(extra.keys() - glances.keys(), beside=True))
            clusters = {**clusters, **opened}
            within_s = max((intent.within_s or inf for intent in intents), default=inf)
            # What one needs beside another one may have looked at already: seen but in part, it would see it no more.
            again = together([extra, {name: glances[name] for name in extra.keys() & glances.keys()}])
            view = {**view, **await Lookout(clusters, again, within_s).whole()}
            intents = [replace(intent, group=with_memory(session, intent.group, view)) for intent in intents]
            standings = [_stand(intent.group, view, each) for intent, each in zip(intents, wanted, strict=True)]
        intents = [
            await _measured(intent, standing, clusters) for intent, standing in zip(intents, standings, strict=True)
        ]
        if len(intents) > 1:
            clusters = {name: SharedLooks(each) for name, each in clusters.items()}
        else:  # all that was asked was asked for it
            all_held = [each and each._replace(calls=calls.count) for each in all_held]
        yield tuple(
            Prepared(session, intent, clusters, each, _of(view, each), standing, turns.join(), held)
            for intent, each, standing, held in zip(intents, wanted, standings, all_held, strict=True)
        )


def _held(stack: AsyncExitStack, session: Session, intent: Intent) -> Held | None:
    """None where the group cannot be held; that is told where it stands in the way of something."""
    with suppress(ConfigError, Refused):
        return hold(stack, session, intent)
    return None


async def _measured(intent: Intent, standing: Standing, clusters: Mapping[str, FollowedCluster]) -> Intent:
    """With the planner that knows what was measured, one cluster beside the other."""
    if intent.measuring is None:
        return intent
    wanted = intent.measuring.wanted(standing)

    async def ask(backend: str) -> Mapping[str, int]:
        return await clusters[intent.group.backend(backend).cluster].measure(wanted[backend])

    told = zip(wanted, await side_by_side(ask, wanted), strict=True)
    sizes = {(backend, uuid): size for backend, found in told for uuid, size in found.items()}
    return replace(intent, planner=intent.measuring.planner(sizes))


def _stand(group: Group, view: View, glances: Mapping[str, Glance]) -> Standing:
    return stand(group, _of(view, glances))


def _of(view: View, glances: Mapping[str, Glance]) -> View:
    return {name: view[name] for name in glances}


def _more(intent: Intent, standing: Standing) -> Mapping[str, Glance]:
    """What has to be looked at beside what showed how the group stands."""
    return {name: intent.more[name] for name in sorted(intent.also(standing) & intent.more.keys())}
