"""The JSON schema of every document that is printed, made from the classes of the reports themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from datamotion.exit_status import ExitStatus
from datamotion.hostcopy import CopyReport
from datamotion.hostcopy.progress import CopyProgressReport
from datamotion.service.check_reports import CheckReport
from datamotion.service.envelope import INTRODUCES, SCHEMA_VERSION
from datamotion.service.error_reports import ErrorReport
from datamotion.service.events import EventReport
from datamotion.service.explain import ExplainReport
from datamotion.service.history_reports import HistoryReport, PastRunDetailReport
from datamotion.service.import_reports import ImportReport
from datamotion.service.migration_reports import MigrationsReport
from datamotion.service.open_runs import RunsReport
from datamotion.service.operation_reports import DrillStartReport, OperationReport
from datamotion.service.role import RoleReport
from datamotion.service.status_reports import StatusReport

KINDS: Mapping[str, Any] = {
    "operations": tuple[OperationReport, ...],
    "status": StatusReport,
    "check": CheckReport,
    "explain": ExplainReport,
    "history": HistoryReport,
    "runs": RunsReport,
    "run": PastRunDetailReport,
    "drill": DrillStartReport,
    "migrations": MigrationsReport,
    "copy": CopyReport,
    "role": RoleReport,
    "import": ImportReport,
    "error": ErrorReport,
    "event": EventReport,
    "progress": CopyProgressReport,
}
"""What `kind` says, and what a document of that kind tells."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _AllFields(GenerateJsonSchema):
    """What is printed has all its fields, also those that have a default for whoever makes the report."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,  # as in what it overrides
    ) -> bool:
        del field, total
        return True


def json_schema() -> JsonSchemaValue:
    """Of all documents of `SCHEMA_VERSION`: each fits the branch of its kind."""
    asked = [(kind, "serialization", TypeAdapter(told)) for kind, told in KINDS.items()]
    shapes, shared = TypeAdapter.json_schemas(asked, schema_generator=_AllFields)  # type: ignore[arg-type]
    return {
        "$schema": _DIALECT,
        "title": f"What datamotion prints with -o json, version {SCHEMA_VERSION}",
        "oneOf": [_document(kind, shapes[kind, "serialization"]) for kind in KINDS],
        **shared,
    }


def _document(kind: str, told: JsonSchemaValue) -> JsonSchemaValue:
    head: JsonSchemaValue = {"schema_version": {"const": SCHEMA_VERSION}, "kind": {"const": kind}}
    if kind not in ("event", "progress"):  # nothing has ended
        head["exit_status"] = {
            "type": "integer",
            "description": "; ".join(f"{e.value}: {e.meaning}" for e in ExitStatus),
        }
    properties = {**head, INTRODUCES.get(kind, "report"): told}
    return {"type": "object", "properties": properties, "required": [*properties]}
