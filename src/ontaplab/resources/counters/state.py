"""Performance counters: tables with a schema, and rows with counters that only grow.

The tables are those by which clients judge how busy a node is; each node has a row in each. Nothing is measured: a node
of the lab is busy for a twentieth of the time, always.

Names of tables, counters and properties are those of NetApp's mapping of counters (docs.netapp.com, "ONTAP performance
counter mapping"). Assumption: a row's id begins with its node's name in every table, as clients look for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ontaplab.resources.nodes.state import Node

_IDLE, _BUSY = 19, 1
"""How a node's time is divided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSchema:
    name: str
    kind: str
    unit: str
    description: str
    denominator: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One value, or one for each label."""

    name: str
    value: int | None = None
    values: Sequence[int] | None = None
    labels: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRow:
    table: str
    id: str
    counters: Sequence[Counter]
    properties: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterTable:
    name: str
    description: str
    schemas: Sequence[CounterSchema]
    instance: str
    """What a row's id has after the node's name."""

    def only(self, names: Sequence[str]) -> CounterTable:
        """With those counters in its schema alone."""
        return replace(self, schemas=[each for each in self.schemas if each.name in names])

    def row(self, node: Node, up: timedelta) -> CounterRow:
        """The node's, which has been up for that long."""
        return CounterRow(
            table=self.name,
            id=f"{node.name}:{self.instance}",
            counters=[_counter(schema, up) for schema in self.schemas],
            properties=[("node.name", node.name), ("node.uuid", node.uuid)],
        )


def _schema(name: str, kind: str, unit: str, description: str, denominator: str | None = None) -> CounterSchema:
    return CounterSchema(name=name, kind=kind, unit=unit, description=description, denominator=denominator)


_ELAPSED = "Time since boot, by which shares of it are told"
_SYSTEM = (
    _schema(
        "average_processor_busy_percent",
        "percent",
        "percent",
        "How busy the processors are on average",
        "cpu_elapsed_time",
    ),
    _schema("cpu_elapsed_time", "delta", "microsec", _ELAPSED),
)
TABLES: Sequence[CounterTable] = (
    CounterTable(
        name="processor",
        description="The processors of a node",
        schemas=(
            _schema("domain_busy_percent", "percent", "percent", "How busy each domain is", "elapsed_time"),
            _schema("elapsed_time", "delta", "microsec", _ELAPSED),
        ),
        instance="processor0",
    ),
    CounterTable(name="system", description="The system as a whole", schemas=_SYSTEM, instance="system"),
    CounterTable(name="system:constituent", description="The system, by node", schemas=_SYSTEM, instance="system"),
    CounterTable(name="system:node", description="The system, by node", schemas=_SYSTEM, instance="system"),
    CounterTable(
        name="wafl",
        description="The file system of a node",
        schemas=(
            _schema("cp_phase_times", "percent", "percent", "Share of each phase of its points", "total_cp_msecs"),
            _schema("total_cp_msecs", "delta", "millisec", "Time in consistency points"),
        ),
        instance="wafl",
    ),
)
_DOMAINS = ("exempt", "idle", "kahuna", "network", "protocol", "raid", "storage", "wafl_exempt")
_PHASES = ("cp_setup", "cp_p1_clean", "cp_p2_flush", "cp_p3_wait", "cp_p4_finish", "cp_p5_finish")


def _counter(schema: CounterSchema, up: timedelta) -> Counter:
    micros = max(up // timedelta(microseconds=1), 1)
    busy = micros * _BUSY // (_IDLE + _BUSY)
    match schema.name:
        case "domain_busy_percent":
            values = [micros - busy if name == "idle" else busy // (len(_DOMAINS) - 1) for name in _DOMAINS]
            return Counter(name=schema.name, labels=_DOMAINS, values=values)
        case "cp_phase_times":
            return Counter(name=schema.name, labels=_PHASES, values=[busy // 1000 // len(_PHASES)] * len(_PHASES))
        case "total_cp_msecs":
            return Counter(name=schema.name, value=busy // 1000)
        case "average_processor_busy_percent":
            return Counter(name=schema.name, value=busy)
    return Counter(name=schema.name, value=micros)
