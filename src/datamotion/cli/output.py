"""In which form reports are printed."""

from __future__ import annotations

from enum import StrEnum


class Output(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"  # on one line, below one for each thing that happened meanwhile
