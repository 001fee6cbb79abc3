"""The examples in the model's docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import datamotion.model

MODULES = [module.name for module in pkgutil.iter_modules(datamotion.model.__path__, "datamotion.model.")]


@pytest.mark.parametrize("name", MODULES)
def test_every_example_holds(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    tried = [doctest.testmod(importlib.import_module(name)).attempted for name in MODULES]
    assert sum(tried) >= 6
