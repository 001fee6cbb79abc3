"""How much is tried: all of it in `make soak`, a part of it in `make test`, which people wait for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

IS_SOAK = settings.get_current_profile_name() == "soak"

Each = TypeVar("Each")


def some(cases: Sequence[Each], number: int = 1) -> Sequence[Each]:
    """The first of these; in `make soak` all."""
    return cases if IS_SOAK else cases[:number]
