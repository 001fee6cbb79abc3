"""A watcher that nobody listens to."""

from __future__ import annotations

from collections.abc import Sequence

from datamotion.model.acts import Act
from datamotion.model.standing import Standing


class Quiet:
    """Fulfils the engine's port `Watcher`."""

    def asking(self, acts: Sequence[Act]) -> None: ...

    def reached(self, acts: Sequence[Act]) -> None: ...

    def given_up(self, acts: Sequence[Act], why: str) -> None: ...

    def waiting(self, acts: Sequence[Act], standing: Standing) -> None: ...
