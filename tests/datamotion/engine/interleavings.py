"""Every order in which the calls of two commands can go through, as far as orders differ in what anybody is told.

Two orders that have led to the same clusters, and have told both operators the same, go on alike. So the search keeps
what was reached, and tells a story anew only where its next turn leads somewhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.datamotion.engine.memory import World
from tests.datamotion.engine.operators import Call, Luck, Operator, Story, Turn

Check = Callable[[Story], None]
"""Called before each turn, and after the last."""


@dataclass
class Exploration:
    """`states` is how many were reached, `ends` the stories that came to their end."""

    world: Callable[[], World]
    operators: tuple[Operator, Operator]
    on_turn: Check
    at_end: Check
    states: int = 0
    stories: int = 0
    ends: int = 0
    _reached: set[object] = field(default_factory=set)
    _open: list[tuple[Turn, ...]] = field(default_factory=list)

    def explore(self, at_most: int | None = None) -> None:
        """All of it, or `at_most` so many stories. Raises AssertionError with the turns that lead to it."""
        self._open = [()]
        while self._open and (at_most is None or self.stories < at_most):
            self._tell(self._open.pop())
        self.states = len(self._reached)

    def _tell(self, turns: tuple[Turn, ...]) -> None:
        def choose(story: Story, waiting: Sequence[Call]) -> Turn | None:
            told = len(story.turns)
            if told < len(turns):
                return turns[told]
            self.on_turn(story)
            if (state := story.state()) in self._reached:
                return None
            self._reached.add(state)
            self._open += [(*story.turns, (call, Luck.GOES)) for call in waiting[1:]]
            return waiting[0], Luck.GOES

        self.stories += 1
        story = Story(self.world(), self.operators, choose)
        if story.tell():
            self.ends += 1
            self.at_end(story)
