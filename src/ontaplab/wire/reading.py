"""GET: the records that match, sorted, one page of them, as JSON.

Pages stay right while records come and go. Records are sorted by `order_by` and then by their keys; `_links.next` names
the last record shown, by those values, and the next page begins after it whether or not it is still there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from ontaplab.errors import no_entry
from ontaplab.wire.fields import Json, Level, to_json
from ontaplab.wire.parameters import Parameters
from ontaplab.wire.query import Literal, Predicate, comparable, compile_query
from ontaplab.wire.resource import Request, Resource

R = TypeVar("R")


def matching(resource: Resource[R], request: Request, parameters: Parameters) -> list[R]:
    """The records that the path, the tunnelled SVM and the filters leave, in no particular order."""
    records = list(resource.rows(request))
    for get, matches in _tests(resource, request, parameters):
        records = [record for record in records if matches(get(record))]
    return records


def instance(resource: Resource[R], request: Request) -> R:
    """The record at an instance path. Raises: OntapError 4 where there is none."""
    if resource.find is not None:
        found = resource.find(request)
        candidates: Iterable[R] = () if found is None else (found,)
    else:
        candidates = resource.rows(request)
    getters = [(resource.fields.getter(name), request.path[name]) for name in request.path]
    seen = _tests_of_svm(resource, request)
    for record in candidates:
        if all(str(get(record)) == value for get, value in getters) and all(test(get(record)) for get, test in seen):
            return record
    raise no_entry(None if resource.singleton else resource.keys[-1])


def render_instance(resource: Resource[R], request: Request, record: R, parameters: Parameters) -> Json:
    """The object itself, without an envelope."""
    return _shower(resource, request, parameters, otherwise=Level.CHEAP)(record)


def render_collection(resource: Resource[R], request: Request, parameters: Parameters, query: str) -> Json:
    """`records`, `num_records` and `_links`; `query` is the raw query string, for the links."""
    records = matching(resource, request, parameters)
    if parameters.return_records is False:
        return {"num_records": len(records)}
    order = [*parameters.order_by, *((key, False) for key in (*resource.parameters, *resource.keys))]
    columns = [(name, resource.fields.getter(name), descending) for name, descending in order]
    page, more = _page(_sorted(records, columns), columns, parameters)
    show = _shower(resource, request, parameters, otherwise=Level.DEFAULT)
    path = resource.collection_href(request)
    links = {"self": {"href": path + (f"?{query}" if query else "")}}
    if more:
        links["next"] = {"href": f"{path}?{_next_query(query, columns, page[-1])}"}
    return {"records": [show(record) for record in page], "num_records": len(page), "_links": links}


def render_records(resource: Resource[R], request: Request, records: Iterable[R]) -> list[Json]:
    """Records as a write returns them: all their cheap fields."""
    show = _shower(resource, request, Parameters(), otherwise=Level.CHEAP)
    return [show(record) for record in records]


def _tests(
    resource: Resource[R], request: Request, parameters: Parameters
) -> list[tuple[Callable[[R], object], Predicate]]:
    queries = {**request.path, **parameters.filters}
    tests = [(resource.fields.getter(name), compile_query(text)) for name, text in queries.items()]
    return tests + _search(resource, parameters) + _tests_of_svm(resource, request)


def _search(resource: Resource[R], parameters: Parameters) -> list[tuple[Callable[[R], object], Predicate]]:
    """What tells the records of which any searched field matches the query."""
    if not parameters.query:
        return []
    names = parameters.query_fields or resource.fields.select((), otherwise=Level.CHEAP)
    getters = [resource.fields.getter(name) for name in names]
    matches = compile_query(parameters.query)

    def any_matches(values: object) -> bool:
        assert isinstance(values, list)
        return any(matches(value) for value in values)

    return [(lambda record: [get(record) for get in getters], any_matches)]


def _tests_of_svm(resource: Resource[R], request: Request) -> list[tuple[Callable[[R], object], Predicate]]:
    """What tells the records that the tunnelled SVM sees."""
    if request.tunnel is None or resource.tunnel is None:
        return []
    names = {f"{resource.tunnel}.{part}".lstrip("."): getattr(request.tunnel, part) for part in ("name", "uuid")}
    return [
        (resource.fields.getter(name), partial(_is_seen, wanted, resource.shared))
        for name, wanted in names.items()
        if wanted is not None and name in resource.fields
    ]


def _is_seen(wanted: str, shared: bool, value: object) -> bool:
    return value == wanted or (shared and value is None)


def _shower(
    resource: Resource[R], request: Request, parameters: Parameters, *, otherwise: Level
) -> Callable[[R], Json]:
    asked = parameters.fields
    if asked:
        asked += tuple(parameters.filters)
    names = resource.fields.select(asked, otherwise=otherwise, lenient=parameters.ignore_unknown_fields)
    if not asked:
        shown = set(names) | set(parameters.filters)
        names = tuple(name for name in resource.fields if name in shown)
    render = resource.fields.renderer(names)

    def show(record: R) -> Json:
        shown = render(record)
        if resource.links:
            shown["_links"] = {"self": {"href": resource.href(request, record)}}
        return shown

    return show


_Column = tuple[str, Callable[[Any], object], bool]


def _sorted(records: list[R], columns: Sequence[_Column]) -> list[R]:
    for _, get, descending in reversed(columns):
        records = sorted(records, key=lambda record: _rank(get(record)), reverse=descending)
    return records


def _page(records: list[R], columns: Sequence[_Column], parameters: Parameters) -> tuple[list[R], bool]:
    """One page, and whether records remain after it."""
    first = 0
    if parameters.start:
        after = [(get, parameters.start.get(name), descending) for name, get, descending in columns]
        first = bisect_left(records, True, key=lambda record: _is_after(record, after))
    last = len(records) if not parameters.max_records else first + parameters.max_records
    return records[first:last], last < len(records)


def _is_after(record: R, columns: Sequence[tuple[Callable[[R], object], str | None, bool]]) -> bool:
    for get, text, descending in columns:
        value = comparable(get(record))
        mine, theirs = _rank(value), _rank(None if text is None else Literal(text).like(value))
        if mine != theirs:
            return (mine < theirs) if descending else (mine > theirs)
    return False


def _rank(value: object) -> tuple[bool, Any]:
    """Sorts absent values last, lists by their first element."""
    if type(value) is str:  # most are, and a page is as slow as the sorting of all records
        return (False, value)
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    return (value is None, 0 if value is None else comparable(value))


def _next_query(query: str, columns: Sequence[_Column], last: object) -> str:
    kept = [part for part in query.replace("?", "&").split("&") if part and not part.startswith("start.")]
    values = {name: to_json(get(last)) for name, get, _ in columns}
    start = {f"start.{name}": value for name, value in values.items() if value is not None}
    return "&".join([urlencode(start, quote_via=quote), *kept])
