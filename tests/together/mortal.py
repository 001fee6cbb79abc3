"""A process that ends at a call: it sends so many requests that change something, and no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import httpx

from tests.together.stories import Story
from tests.together.world import Wire


class Died(BaseException):
    """The process ends here."""


@dataclass
class Life:
    """How many requests that change something are sent before the process ends: before the last one, or after it."""

    calls: int
    is_carried_out: bool

    def spend(self) -> bool:
        self.calls -= 1
        return self.calls < 0


class MortalWire(httpx.AsyncBaseTransport):
    def __init__(self, wire: Wire, life: Life) -> None:
        self._wire = wire
        self._life = life

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or not self._life.spend():
            return await self._wire.handle_async_request(request)
        if self._life.is_carried_out:
            await self._wire.handle_async_request(request)
        raise Died


async def dies(do: Callable[[Story], Awaitable[object]], story: Story, life: Life) -> bool:
    """Whether what is done in this story by a process of that life was cut off."""
    try:
        await do(_mortal(story, life))
    except BaseExceptionGroup as group:
        if group.split(Died)[1] is not None:
            raise
        return True
    except Died:
        return True
    return False


def _mortal(story: Story, life: Life) -> Story:
    place = story.place
    wires = {name: MortalWire(wire, life) for name, wire in place.wires.items()}
    session = replace(place.session, world=replace(place.session.world, wires=wires))
    return Story(replace(place, session=session), story.at)
