"""The store on a real PostgreSQL server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from datamotion.errors import ConfigError, StoreFailed
from datamotion.runs.phases import Event, Phase
from datamotion.store.fallback import open_fallback
from datamotion.store.journal import Store, open_history, open_store
from datamotion.store.opening import find_problem
from tests.datamotion.store.postgresql import Server, a_server, why_none
from tests.datamotion.store.runs import ENTRY, NOON, a_plan

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(why_none() is not None, reason=f"no PostgreSQL server: {why_none()}"),
]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with a_server() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    """It runs, and its database is empty."""
    running.sql("DROP TABLE IF EXISTS entries, runs")
    return running


def test_runs_and_entries_come_back_as_they_were_written(server: Server) -> None:
    with open_store(server.url()) as store:
        journal = store.begin(a_plan(), NOON, "me")
        journal.write(ENTRY)
        assert journal.end(Event.SOME_GIVEN_UP, NOON) is Phase.PARTLY
        store.keep_evidence(journal.run_id, {"printed": "\0\udcff"}, "passed")
    with open_store(server.url()) as store:
        (run,) = store.runs("gold")
        assert (run.id, run.phase, run.started_at, run.ended_at) == (journal.run_id, Phase.PARTLY, NOON, NOON)
        assert run.evidence_outcome == "passed"
        assert store.entries(run.id) == [ENTRY]
    with open_history(server.url()) as history:
        past = history.run(journal.run_id)
    assert past is not None
    assert past.evidence == {"printed": "\0\udcff"}


def test_the_url_may_name_its_driver(server: Server) -> None:
    with open_store(server.url().replace("postgresql:", "postgresql+psycopg:")) as store:
        assert store.runs() == []


def test_trying_it_out_leaves_nothing_behind(server: Server) -> None:
    assert find_problem(server.url()) is None
    server.sql("CREATE TABLE runs (it_was_not_there INTEGER)")


def test_a_database_that_is_missing_is_a_problem_and_a_configuration_error(server: Server) -> None:
    problem = find_problem(server.url("nosuch", application_name="hunter2"))
    assert problem is not None
    with pytest.raises(ConfigError) as refused:
        Store(server.url("nosuch", application_name="hunter2"))
    for error in (problem, refused.value):
        assert 'database "nosuch" does not exist' in error.message
        assert "hunter2" not in error.message


def test_a_database_that_may_only_be_read_is_a_problem_and_stops_what_has_to_be_written(server: Server) -> None:
    with open_store(server.url()):
        pass
    server.sql("ALTER DATABASE postgres SET default_transaction_read_only = on")
    try:
        problem = find_problem(server.url())
        assert problem is not None
        assert "read-only transaction" in problem.message
        with open_store(server.url()) as store, pytest.raises(StoreFailed, match="read-only transaction"):
            store.begin(a_plan(), NOON, "me")
    finally:
        server.sql("ALTER DATABASE postgres RESET ALL")


def test_text_that_it_cannot_hold_is_told_as_the_stores_failure(server: Server) -> None:
    with open_store(server.url()) as store, pytest.raises(StoreFailed):
        store.begin(a_plan(), NOON, "nul\0")


def test_a_server_that_is_lost_stops_no_failover(server: Server, tmp_path: Path) -> None:
    told: list[str] = []
    try:
        with open_fallback(open_store(server.url()), [tmp_path], told.append) as runs:
            journal = runs.begin(a_plan(), NOON, "me")
            journal.write(ENTRY)
            server.stop()
            journal.write(ENTRY)
            assert journal.end(Event.ALL_REACHED, NOON) is Phase.DONE
    finally:
        server.start()
    (path,) = tmp_path.iterdir()
    begun, entry, ended = (json.loads(line) for line in path.read_text().splitlines())
    assert (begun["run"], entry["change"], ended["phase"]) == (journal.run_id, "Break", "done")
    assert [line.startswith("warning: the journal cannot be written") for line in told].count(True) == 1
