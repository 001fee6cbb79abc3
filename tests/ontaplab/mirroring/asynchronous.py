"""The states of an asynchronous pair, each brought about from a new one."""

from __future__ import annotations

from tests.ontaplab.mirroring.pairs import Pair, uninitialized


async def initializing(pair: Pair) -> None:
    await uninitialized(pair)
    await pair.gate(held=True)
    await pair.ask("snapmirrored")


async def snapmirrored(pair: Pair) -> None:
    await uninitialized(pair)
    await pair.initialize()


async def updating(pair: Pair) -> None:
    await snapmirrored(pair)
    await pair.gate(held=True)
    await pair.transfer()


async def paused(pair: Pair) -> None:
    await snapmirrored(pair)
    await pair.ask("paused")


async def broken_off(pair: Pair) -> None:
    await snapmirrored(pair)
    await pair.ask("broken_off")


async def resyncing(pair: Pair) -> None:
    await broken_off(pair)
    await pair.gate(held=True)
    await pair.ask("snapmirrored")
