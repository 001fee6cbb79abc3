"""What the lab needs beside the product: the extra `lab`. Whoever installs the product alone gets no server with it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

MODULES = ("python_multipart", "starlette", "trustme", "uvicorn")
INSTALL = "pip install 'datamotion[lab]'"


def missing() -> Sequence[str]:
    """What cannot be imported here. Nothing is imported by asking."""
    return [name for name in MODULES if find_spec(name) is None]
