"""The store's tables. Instants are ISO 8601 text with their offset: readable with any SQLite shell.

A column that a later release adds is nullable: an older store gets it when it is opened to be written.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Integer, MetaData, String, Table, Text

METADATA = MetaData()

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("group_name", String, nullable=False, index=True),
    Column("operation", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("started_at", String, nullable=False),
    Column("ended_at", String),
    Column("holder", String, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("reason", Text),
    Column("report", JSON(none_as_null=True)),
    Column("evidence", JSON(none_as_null=True)),
    Column("evidence_outcome", String),
)

ENTRIES = Table(
    "entries",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False, index=True),
    Column("at", String, nullable=False),
    Column("note", String, nullable=False),
    Column("cluster", String, nullable=False),
    Column("change", String, nullable=False),
    Column("volumes", JSON, nullable=False),
    Column("jobs", JSON, nullable=False),
    Column("detail", Text),
    Column("title", String),
)
