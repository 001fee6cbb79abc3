"""A watcher that nobody listens to."""

from __future__ import annotations

from collections.abc import Sequence

from datamotion.engine.ports import Look
from datamotion.model.acts import Act


class Quiet:
    """Fulfils the engine's port `Watcher`."""

    def asking(self, acts: Sequence[Act]) -> None: ...

    def reached(self, acts: Sequence[Act]) -> None: ...

    def given_up(self, acts: Sequence[Act], why: str, *, behind: bool) -> None: ...

    def looked(self, look: Look) -> None: ...
