"""The environments of other people's programs, which `make conformance` makes below `.conformance/`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_ALL = Path(__file__).parents[2] / ".conformance"


def program(environment: str, name: str) -> str:
    """A program of that environment."""
    path = _ALL / environment / "bin" / name
    assert path.exists(), f"{path} is not there: `make conformance` makes it"
    return str(path)


def variables(home: Path, **more: str) -> Mapping[str, str]:
    """What the programs see: nothing of this process's environment, so that its proxies and CA files stay out."""
    return {"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "PYTHONWARNINGS": "ignore", **more}
