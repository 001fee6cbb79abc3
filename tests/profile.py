"""How much is tried: all of it in `make soak`, a part of it in `make test`, which people wait for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

# Read when tests are collected: then the profile is the one that was asked for.
IS_SOAK = settings.get_current_profile_name() == "soak"

Each = TypeVar("Each")


def thinned(cases: Sequence[Each], every: int) -> Sequence[Each]:
    """Every second of these, say, other ones from run to run; in `make soak` all."""
    return cases if IS_SOAK else cases[int(os.environ["TESTS_OFFSET"]) % every :: every]


def some(cases: Sequence[Each], number: int = 1) -> Sequence[Each]:
    """The first of these; in `make soak` all."""
    return cases if IS_SOAK else cases[:number]
