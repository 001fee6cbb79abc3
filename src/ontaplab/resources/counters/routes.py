"""`/cluster/counter/tables` and `/cluster/counter/tables/{counter_table.name}/rows`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ontaplab.cluster import Cluster
from ontaplab.resources.counters.state import TABLES, CounterRow, CounterTable
from ontaplab.wire.fields import Field, Fields, Level
from ontaplab.wire.query import compile_query
from ontaplab.wire.resource import Request, Resource

_TABLE_FIELDS: Fields[CounterTable] = Fields(
    {
        "name": Field(lambda table: table.name, Level.KEY),
        "description": Field(lambda table: table.description),
        "counter_schemas[].name": Field(lambda table: [each.name for each in table.schemas]),
        "counter_schemas[].description": Field(lambda table: [each.description for each in table.schemas]),
        "counter_schemas[].type": Field(lambda table: [each.kind for each in table.schemas]),
        "counter_schemas[].unit": Field(lambda table: [each.unit for each in table.schemas]),
        "counter_schemas[].denominator.name": Field(lambda table: [each.denominator for each in table.schemas]),
    }
)
_ROW_FIELDS: Fields[CounterRow] = Fields(
    {
        "counter_table.name": Field(lambda row: row.table, Level.KEY),
        "id": Field(lambda row: row.id, Level.KEY),
        "counters[].name": Field(lambda row: [each.name for each in row.counters]),
        "counters[].value": Field(lambda row: [each.value for each in row.counters]),
        "counters[].labels": Field(lambda row: [each.labels for each in row.counters]),
        "counters[].values": Field(lambda row: [each.values for each in row.counters]),
        "properties[].name": Field(lambda row: [name for name, _ in row.properties]),
        "properties[].value": Field(lambda row: [value for _, value in row.properties]),
    }
)


def tables_resource(cluster: Cluster) -> Resource[CounterTable]:
    """A query for names of counters leaves these alone in the schema that is shown; they are the same everywhere."""

    def rows(request: Request) -> Iterable[CounterTable]:
        asked = request.filters.get("counter_schemas.name")
        return TABLES if asked is None else [table.only(_named(asked, table)) for table in TABLES]

    return Resource(path="/cluster/counter/tables", fields=_TABLE_FIELDS, rows=rows, keys=("name",), tunnel=None)


def rows_resource(cluster: Cluster) -> Resource[CounterRow]:
    """A query for names of counters leaves these alone in the rows that are shown. Nodes boot when this is called."""
    booted = cluster.clock.now()

    def rows(request: Request) -> Iterable[CounterRow]:
        up, asked = cluster.clock.now() - booted, request.filters.get("counters.name")
        for table in TABLES:
            for node in cluster.nodes:
                row = table.row(node, up)
                names = [each.name for each in row.counters] if asked is None else _named(asked, table)
                yield replace(row, counters=[each for each in row.counters if each.name in names])

    return Resource(
        path="/cluster/counter/tables/{counter_table.name}/rows",
        fields=_ROW_FIELDS,
        rows=rows,
        keys=("id",),
        tunnel=None,
    )


def _named(asked: str, table: CounterTable) -> Sequence[str]:
    matches = compile_query(asked)
    return [each.name for each in table.schemas if matches(each.name)]
