"""In which form reports are printed, and every report as JSON."""

from __future__ import annotations

from enum import StrEnum

from datamotion.service.documents import document_json


class Output(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"  # on one line, below one for each thing that happened meanwhile


def print_json(kind: str, report: object, exit_status: int, output: Output) -> None:
    """The report as JSON, whole, in its document."""
    print(document_json(kind, report, exit_status, indent=2 if output is Output.JSON else None))
