"""What the client makes of a changed answer: of changes that it reads alike one is played, however they are spelled.

A command knows of an answer to a look what the port tells of it: the records, and what cannot be read and why. The same
leads to the same. A reason quotes the value that was found; where two readings differ in that alone, they count as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from datamotion.errors import ClusterError
from datamotion.model.view import Aspect, ClusterView
from tests.together.replay.changes import Change
from tests.together.replay.scenes import Scene
from tests.together.replay.tape import Key, Player
from tests.together.world import SVMS

Reading = ClusterView | str
Alike = list[Change | None]
"""Changes that are read alike; None stands for the answer as it was recorded."""


async def distinct(scene: Scene, changes: Iterable[Change]) -> list[Change]:
    """The first of all that are read alike, but for those that are read as what was recorded."""
    return [first for first, *_ in await alike(scene, changes) if first is not None]


async def alike(scene: Scene, changes: Iterable[Change]) -> list[Alike]:
    """In the order of the first of each. Answers to changes and about jobs are no looks: each is like no other."""
    aspects = await _aspects(scene)
    found: list[Alike] = []
    known: dict[Key, list[tuple[Reading, Alike]]] = {}
    for key, aspect in aspects.items():
        known[key] = []
        if len({each.body for each in scene.tape.answers[key]}) == 1:  # else a change keeps it as it was at first
            found.append([None])
            known[key].append((await _look(scene, Player(scene.tape), key[0], aspect), found[-1]))
    for change in changes:
        if change.key not in aspects:
            found.append([change])
            continue
        player = Player(scene.tape, (change.key, change.body(scene.tape)))
        reading = _unquoted(await _look(scene, player, change.key[0], aspects[change.key]), change.value)
        same = next((each for told, each in known[change.key] if told == reading), None)
        if same is not None:
            same.append(change)
        else:
            found.append([change])
            known[change.key].append((reading, found[-1]))
    return found


async def _aspects(scene: Scene) -> Mapping[Key, Aspect]:
    """The aspect for which each recorded request asks."""
    found: dict[Key, Aspect] = {}
    for cluster in scene.session.configuration.clusters.keys() - scene.lost:
        for aspect in Aspect:
            player = Player(scene.tape)
            await _look(scene, player, cluster, aspect)
            found |= {key: aspect for key in player.given if key in scene.tape.answers}
    return found


async def _look(scene: Scene, player: Player, cluster: str, aspect: Aspect) -> Reading:
    async with scene.session_with(player).clusters([cluster]) as opened:
        try:
            return await opened[cluster].observe({aspect}, {SVMS[cluster]})
        except ClusterError as error:
            return f"{error.message} {error.hint}"


def _unquoted(reading: Reading, value: object) -> Reading:
    if isinstance(reading, str):
        return reading.replace(f"is {value!r:.80}, ", "is …, ").replace(f"record {value!r:.80} ", "record … ")
    told = [replace(each, reason=str(_unquoted(each.reason, value))) for each in reading.unreadable]
    return replace(reading, unreadable=tuple(told))
