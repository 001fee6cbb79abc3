"""The published JSON schema: every report fits it, and it does not change under one and the same version."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from datamotion.errors import ClusterSilent, DataMotionError, Refused, StoreFailed
from datamotion.service.documents import document_json
from datamotion.service.envelope import SCHEMA_VERSION
from datamotion.service.operation_reports import OperationReport
from datamotion.service.schema import KINDS, json_schema
from tests.faces.documents import check_document
from tests.faces.test_cli_clean import filled

KEPT = Path(__file__).parent / "kept" / "json-schemas.txt"


def test_the_schema_is_the_one_of_its_version() -> None:
    """Whoever changes a report raises `SCHEMA_VERSION`, and adds its line: docs/json.md says which number to raise."""
    known = dict(line.split() for line in KEPT.read_text().splitlines())
    assert known.get(SCHEMA_VERSION) == digest(json_schema()), (
        f"the schema has changed, or is of a version that nobody has kept: raise SCHEMA_VERSION and add to {KEPT.name}:"
        f" VERSION {digest(json_schema())}"
    )
    assert list(known) == sorted(known, key=lambda version: [*map(int, version.split("."))])
    assert list(known)[-1] == SCHEMA_VERSION


def digest(schema: Any) -> str:
    """Of all that a program goes by: descriptions may get better at any time."""
    return hashlib.sha256(json.dumps(_bare(schema), sort_keys=True).encode()).hexdigest()


def _bare(part: Any) -> Any:
    if isinstance(part, list):
        return [_bare(each) for each in part]
    if not isinstance(part, dict):
        return part
    is_schema = not any(isinstance(each, dict) and name in ("description", "title") for name, each in part.items())
    left_out = ("description", "title") if is_schema else ()
    return {name: _bare(each) for name, each in part.items() if name not in left_out}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_every_report_is_in_the_schema(kind: str) -> None:
    exit_status = None if kind in ("event", "progress") else 1
    check_document(json.loads(document_json(kind, filled(KINDS[kind]), exit_status)))


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Refused("another operation holds gold", hint="wait for it"), "refused"),
        (ClusterSilent("lyon", "lyon gave no answer", request="GET /api/cluster"), "no answer"),
        (StoreFailed("the disk is full"), "failed"),
    ],
)
def test_what_follows_and_fails_is_told_in_the_same_document(error: DataMotionError, verdict: str) -> None:
    report = OperationReport.failed("reprotect", "gold", error, follows="failover")
    document = json.loads(document_json("operations", (report,), 0))
    check_document(document)
    (told,) = document["report"]
    assert (told["verdict"], told["error"]["message"], told["error"]["hint"]) == (verdict, error.message, error.hint)


def test_what_the_schema_does_not_allow_is_found() -> None:
    document = json.loads(document_json("status", filled(KINDS["status"]), 0))
    for spoiled in (
        {**document, "exit_status": None},
        {**document, "report": {**document["report"], "more": 1}},
        {**document, "report": {name: each for name, each in document["report"].items() if name != "at"}},
        {**document, "schema_version": "0.9"},
    ):
        with pytest.raises(AssertionError, match=r"\$"):
            check_document(spoiled)
