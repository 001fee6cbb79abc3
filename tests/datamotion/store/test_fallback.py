"""A failover's runs when the store does not do what it should: nothing stops, all is written elsewhere, said once."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from datamotion.runs.phases import Event, Phase
from datamotion.store.fallback import FallbackRuns, open_fallback
from datamotion.store.journal import RunJournal, Store, open_store
from tests.datamotion.store.runs import ENTRY, NOON, a_plan
from tests.datamotion.store.test_opening import umask


class Told(list[str]):
    """What a person was told, a line each."""

    @property
    def warnings(self) -> list[str]:
        return [line for line in self if line.startswith("warning: ")]

    @property
    def records(self) -> list[Any]:
        return [json.loads(line) for line in self if line not in self.warnings]


def the_file(folder: Path) -> Path:
    (path,) = folder.glob("datamotion-gold-*.jsonl")
    return path


def in_the_file(folder: Path) -> list[Any]:
    return [json.loads(line) for line in the_file(folder).read_text().splitlines()]


def sql(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute(statement)


def a_run(runs: FallbackRuns, between: Callable[[], object] = lambda: None) -> int | None:
    """A run of two entries; something happens between them."""
    journal = runs.begin(a_plan(), NOON, "me")
    journal.write(ENTRY)
    between()
    journal.write(ENTRY)
    assert journal.end(Event.SOME_GIVEN_UP, NOON) is Phase.PARTLY
    return journal.run_id


def test_a_store_that_works_has_all_of_it_and_nothing_is_told(tmp_path: Path) -> None:
    told, url = Told(), str(tmp_path / "datamotion.db")
    with open_fallback(open_store(url), [tmp_path], told.append) as runs:
        run_id = a_run(runs)
        (record,) = runs.runs("gold")
    assert (record.id, record.phase) == (run_id, Phase.PARTLY)
    with open_store(url) as store:
        assert store.entries(record.id) == [ENTRY, ENTRY]
    assert told == []
    assert [each.name for each in tmp_path.iterdir()] == ["datamotion.db"]


def test_without_a_store_the_journal_is_in_a_file_and_on_standard_error(tmp_path: Path) -> None:
    told = Told()
    (tmp_path / "datamotion.db").write_bytes(b"no database" * 100)
    with open_fallback(open_store(str(tmp_path / "datamotion.db")), [tmp_path], told.append) as runs:
        assert runs.runs("gold") == ()
        assert a_run(runs) is None
    begun, *entries, ended = in_the_file(tmp_path)
    assert (begun["group"], begun["operation"], begun["run"], begun["holder"]) == ("gold", "failover", None, "me")
    assert [(each["change"], each["note"], each["volumes"]) for each in entries] == [
        ("Break", "answered", ["vol_1", "vol_2"])
    ] * 2
    assert ended["phase"] == "partly done"
    assert told.records == [begun, *entries, ended]
    about_the_store, where = told.warnings
    assert "file is not a database" in about_the_store
    assert str(the_file(tmp_path)) in where


def test_a_store_that_fails_in_the_middle_is_said_once_and_the_rest_is_written_elsewhere(tmp_path: Path) -> None:
    told, path = Told(), tmp_path / "datamotion.db"
    with open_fallback(open_store(str(path)), [tmp_path], told.append) as runs:
        run_id = a_run(runs, between=lambda: sql(path, "DROP TABLE entries"))
        (record,) = runs.runs("gold")
    begun, entry, ended = in_the_file(tmp_path)
    assert (begun["run"], entry["change"], ended["phase"]) == (run_id, "Break", "partly done")
    assert (record.id, record.phase) == (run_id, Phase.PARTLY), "what the store still takes is written there"
    assert ["no such table: entries" in line for line in told.warnings] == [True, False]


def test_a_run_that_was_cut_off_is_recorded_as_that(tmp_path: Path) -> None:
    with open_fallback(open_store(str(tmp_path / "datamotion.db")), [tmp_path], Told().append) as runs:
        journal = runs.begin(a_plan(), NOON, "me")
        assert journal.run_id is not None
        assert runs.end(journal.run_id, Event.FOUND_DEAD, NOON) is Phase.CUT_OFF
        assert [each.phase for each in runs.runs("gold")] == [Phase.CUT_OFF]


class HangingJournal(RunJournal):
    """It never comes back."""

    def write(self, entry: object) -> None:
        threading.Event().wait()


class HangingStore(Store):
    def begin(self, *args: Any) -> RunJournal:
        return HangingJournal(self._engine, super().begin(*args).run_id)


@contextmanager
def a_hanging_store(path: Path) -> Iterator[Store]:
    store = HangingStore(str(path))
    yield store
    store.close()


def test_a_store_that_does_not_answer_is_waited_for_once(tmp_path: Path) -> None:
    told = Told()
    runs = FallbackRuns(a_hanging_store(tmp_path / "datamotion.db"), [tmp_path], told.append, limit_s=0.2)
    a_run(runs)
    runs.close()
    assert len(in_the_file(tmp_path)) == 4
    assert "has not answered within 0.2 s" in told.warnings[0]
    assert len(told.warnings) == 2


@pytest.mark.parametrize("mask", [0o000, 0o777])
def test_the_file_is_its_owners_alone_and_in_the_first_folder_that_takes_it(tmp_path: Path, mask: int) -> None:
    good = tmp_path / "good"
    good.mkdir()
    (tmp_path / "plain").touch()
    with (
        umask(mask),
        open_fallback(
            open_store(str(tmp_path / "none" / "datamotion.db")),
            [tmp_path / "missing", tmp_path / "plain", good, tmp_path],
            Told().append,
        ) as runs,
    ):
        a_run(runs)
    assert stat.S_IMODE(the_file(good).stat().st_mode) == 0o600


def test_a_file_that_is_there_or_a_link_is_not_written_to(tmp_path: Path) -> None:
    name = f"datamotion-gold-{NOON.isoformat(timespec='seconds').replace(':', '')}-{os.getpid()}.jsonl"
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    told = Told()
    with open_fallback(open_store(str(tmp_path / "none" / "datamotion.db")), [tmp_path], told.append) as runs:
        a_run(runs)
    assert not (tmp_path / "elsewhere").exists()
    assert "standard error alone" in told.warnings[-1]
    assert len(told.records) == 4
