"""Cinder's own unit tests of its NetApp drivers, as they are. Runs in an environment that has Cinder installed.

    python cinder_unit_tests.py FOLDER-OF-THE-DISTRIBUTION cinders|ours

With `ours` the classes that the tests name are those of datamotion-cinder; nothing else is changed. Prints how many
tests ran, and those that did not pass, as JSON.
"""

from __future__ import annotations

import json
import sys
import types
import unittest
from importlib import import_module
from typing import Any

sys.path.append(sys.argv[1])

_TESTS = "cinder.tests.unit.volume.drivers.netapp.dataontap"


class _InPlace(types.ModuleType):
    """A module in which some names are others. What is set in it is set in the module itself."""

    def __init__(self, module: types.ModuleType, **others: object) -> None:
        self.__dict__.update(_module=module, _others=others)

    def __getattr__(self, name: str) -> Any:
        return self._others[name] if name in self._others else getattr(self._module, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._module, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._module, name)


def modules(*, ours: bool) -> list[Any]:
    """Those with the tests."""
    import_module("cinder.tests.unit")
    found: list[Any] = [import_module(f"{_TESTS}.{name}") for name in _NAMES]
    mixin, nfs, block = found
    if ours:
        own_mixin = type("Mixin", (_ours("mixin").Replication, mixin.data_motion.DataMotionMixin), {})
        mixin.data_motion = _InPlace(mixin.data_motion, DataMotionMixin=own_mixin)
        nfs.nfs_cmode = _InPlace(nfs.nfs_cmode, NetAppCmodeNfsDriver=_ours("nfs").NfsDriver)
        library = _ours("block").BlockLibrary
        block.block_cmode = _InPlace(block.block_cmode, NetAppBlockStorageCmodeLibrary=library)
    return found


_NAMES = ("utils.test_data_motion", "test_nfs_cmode", "test_block_cmode")


def _ours(name: str) -> Any:
    return import_module(f"datamotion_cinder.{name}")


def main() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    found = modules(ours=sys.argv[2] == "ours")
    result = unittest.TestResult()
    unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromModule, found)).run(result)
    failed = [test.id() for test, _ in (*result.failures, *result.errors)]
    answers.write(json.dumps({"ran": result.testsRun, "failed": failed}))


if __name__ == "__main__":
    main()
