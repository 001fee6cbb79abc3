"""What was, read from a store: of this release or an older one, and nothing of it made or changed by reading."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from datamotion.errors import ConfigError, StoreFailed
from datamotion.runs.phases import Event, Phase
from datamotion.store.journal import open_history, open_store
from datamotion.store.opening import find_problem
from tests.datamotion.store.runs import ENTRY, NOON, a_plan

OLD = """
CREATE TABLE runs (id INTEGER NOT NULL PRIMARY KEY, group_name VARCHAR NOT NULL, operation VARCHAR NOT NULL,
    phase VARCHAR NOT NULL, started_at VARCHAR NOT NULL, ended_at VARCHAR, holder VARCHAR NOT NULL, plan JSON NOT NULL);
CREATE TABLE entries (id INTEGER NOT NULL PRIMARY KEY, run_id INTEGER NOT NULL REFERENCES runs (id),
    at VARCHAR NOT NULL, note VARCHAR NOT NULL, cluster VARCHAR NOT NULL, change VARCHAR NOT NULL,
    volumes JSON NOT NULL, jobs JSON NOT NULL, detail TEXT);
INSERT INTO runs VALUES (1, 'gold', 'failover', 'done', '2031-05-04T12:00:00+00:00', '2031-05-04T12:00:09+00:00', 'me',
    '{"operation": "failover", "group": "gold", "title": "Fail over", "epoch": 2}');
INSERT INTO entries VALUES (1, 1, '2031-05-04T12:00:01+00:00', 'reached', 'lyon', 'Break', '["vol_1"]', '[]', NULL);
"""
"""As a store was made before runs had reasons, reports and evidence, and lines the titles of steps."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "datamotion.db"


@pytest.fixture
def old(path: Path) -> Path:
    with sqlite3.connect(path) as database:
        database.executescript(OLD)
    database.close()
    return path


def test_a_run_is_kept_with_its_reason_plan_report_and_journal(path: Path) -> None:
    with open_store(str(path)) as store:
        journal = store.begin(a_plan(), NOON, "me", "storm")
        journal.write(ENTRY)
        journal.end(Event.ALL_REACHED, NOON + timedelta(seconds=9), {"verdict": "done"})
    with open_history(str(path)) as history:
        run = history.run(1)
    assert run is not None
    assert (run.record.phase, run.record.reason, run.record.holder) == (Phase.DONE, "storm", "me")
    assert (run.report, run.entries, run.plan.losses) == ({"verdict": "done"}, [ENTRY], a_plan().losses)
    assert [(step.title, act.text) for step in run.plan.steps for act in step.acts] == [("Break", "vol_1: break")]


def test_the_evidence_of_a_drill_is_kept_with_its_run_and_the_last_of_it_counts(path: Path) -> None:
    with open_store(str(path)) as store:
        for _ in range(2):
            store.begin(a_plan(), NOON, "me").end(Event.ALL_REACHED, NOON, {"verdict": "done"})
        store.keep_evidence(1, {"checks": []}, "unfinished")
        store.keep_evidence(1, {"checks": ["false"]}, "failed")
        with pytest.raises(StoreFailed, match="knows no run 3"):
            store.keep_evidence(3, {}, "passed")
    with open_history(str(path)) as history:
        assert [each.evidence_outcome for each in history.newest("gold", 9)] == [None, "failed"]
        runs = [history.run(1), history.run(2)]
    assert [each and (each.evidence, each.report) for each in runs] == [
        ({"checks": ["false"]}, {"verdict": "done"}),
        (None, {"verdict": "done"}),
    ]


def test_the_newest_runs_come_first_and_no_more_than_asked_for(path: Path) -> None:
    with open_store(str(path)) as store:
        for group in ("gold", "silver", "gold", "gold"):
            store.begin(a_plan(group), NOON, "me")
    with open_history(str(path)) as history:
        assert [each.id for each in history.newest("gold", 2)] == [4, 3]
        assert [each.id for each in history.newest(None, 9)] == [4, 3, 2, 1]
        assert (list(history.newest("bronze", 9)), history.run(5)) == ([], None)


def test_reading_a_store_of_an_older_release_changes_nothing_of_it(old: Path) -> None:
    before = old.read_bytes()
    with open_history(str(old)) as history:
        (record,) = history.newest(None, 9)
        run = history.run(1)
    assert run is not None
    assert (record, record.reason, record.evidence_outcome) == (run.record, None, None)
    assert (run.plan.title, run.plan.epoch, run.report, run.evidence) == ("Fail over", 2, None, None)
    assert [(each.change, each.title) for each in run.entries] == [("Break", None)]
    assert old.read_bytes() == before


def test_a_store_of_an_older_release_is_written_on(old: Path) -> None:
    before = old.read_bytes()
    assert find_problem(str(old)) is None
    assert old.read_bytes() == before, "to try it out leaves nothing behind"
    for number in (2, 3):  # opened for the first time, and once more
        with open_store(str(old)) as store:
            journal = store.begin(a_plan(), NOON, "me", "again")
            journal.write(ENTRY)
            journal.end(Event.ALL_REACHED, NOON, {})
            assert journal.run_id == number
            store.keep_evidence(number, {}, "passed")
    with open_history(str(old)) as history:
        newest = history.newest(None, 9)
        assert [(each.reason, each.evidence_outcome) for each in newest] == [("again", "passed")] * 2 + [(None, None)]
        run = history.run(3)
    assert run is not None
    assert run.entries == [ENTRY]


def test_of_a_store_that_is_not_there_nothing_is_told_and_nothing_is_made(path: Path) -> None:
    with open_history(str(path)) as history:
        assert (history.newest(None, 9), history.run(1)) == ((), None)
    assert list(path.parent.iterdir()) == []


def test_where_nobody_can_tell_whether_one_is_there_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no folder")
    with pytest.raises(ConfigError, match="cannot be opened"), open_history(str(tmp_path / "plain" / "datamotion.db")):
        pass


def test_an_empty_database_is_no_store_yet(path: Path) -> None:
    sqlite3.connect(path).close()
    with open_history(str(path)) as history:
        assert history.newest(None, 9) == ()


def test_what_is_no_store_is_refused_as_when_it_is_written(path: Path) -> None:
    path.write_text("a shopping list, longer than the header of a database file is, or nearly so anyway " * 9)
    with pytest.raises(ConfigError, match="cannot be opened"), open_history(str(path)):
        pass
    path.unlink()
    path.symlink_to(path.parent / "elsewhere.db")
    with pytest.raises(ConfigError, match="it is a link"), open_history(str(path)):
        pass


def test_a_run_whose_plan_cannot_be_read_is_told_as_that(old: Path) -> None:
    with sqlite3.connect(old) as database:
        database.execute("UPDATE runs SET plan = '[7]'")
    database.close()
    with open_history(str(old)) as history:
        assert len(history.newest(None, 9)) == 1
        with pytest.raises(StoreFailed, match="cannot be read"):
            history.run(1)
