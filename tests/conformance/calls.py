"""Calls that come line by line. It runs in another program's environment, so it needs nothing but Python.

Each line of stdin is a call, ["method", argument, ...], and each line of stdout its answer: {"result": ...}, or
{"error": the exception's class, "message": ..., "code": ONTAP's}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any


def answer(make: Callable[[], object], lines: Iterable[str] = sys.stdin) -> None:
    """What was made answers every call, until there are no more."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is not an answer
    callee = make()
    for line in lines:
        answers.write(json.dumps(_answer(callee, line)) + "\n")
        answers.flush()


def _answer(callee: object, line: str) -> dict[str, Any]:
    method, *arguments = json.loads(line)
    try:
        return {"result": getattr(callee, method)(*arguments)}
    except Exception as error:  # noqa: BLE001  # whatever it is: the test decides whether it was to be expected
        code = getattr(error, "code", None)
        return {"error": type(error).__name__, "message": str(error), "code": None if code is None else str(code)}
