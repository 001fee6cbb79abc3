"""Runs and their journal, on a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from datamotion.errors import ConfigError, InternalError
from datamotion.runs.journal import Entry, Note
from datamotion.runs.phases import TRANSITIONS, Event, Phase, advance
from datamotion.store.journal import Store, open_store
from tests.datamotion.store.runs import ENTRY, NOON, a_plan


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'datamotion.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as store:
        yield store


def test_a_run_is_acting_from_its_beginning(store: Store) -> None:
    journal = store.begin(a_plan(), NOON, "process 7 on host")
    (run,) = store.runs()
    assert (run.id, run.group, run.operation, run.phase) == (journal.run_id, "gold", "failover", Phase.ACTING)
    assert (run.started_at, run.ended_at, run.holder) == (NOON, None, "process 7 on host")


def test_a_run_that_ended_keeps_how_and_when(store: Store) -> None:
    journal = store.begin(a_plan(), NOON, "me")
    assert store.end(journal.run_id, Event.SOME_GIVEN_UP, NOON + timedelta(seconds=9)) is Phase.PARTLY
    (run,) = store.runs()
    assert (run.phase, run.ended_at) == (Phase.PARTLY, NOON + timedelta(seconds=9))


def test_a_run_ends_once(store: Store) -> None:
    journal = store.begin(a_plan(), NOON, "me")
    store.end(journal.run_id, Event.ALL_REACHED, NOON)
    with pytest.raises(InternalError):
        store.end(journal.run_id, Event.FOUND_DEAD, NOON + timedelta(hours=1))
    (run,) = store.runs()
    assert (run.phase, run.ended_at) == (Phase.DONE, NOON)


def test_runs_are_told_apart_by_group_oldest_first(store: Store) -> None:
    for group in ("gold", "silver", "gold"):
        store.begin(a_plan(group), NOON, "me")
    assert [run.group for run in store.runs()] == ["gold", "silver", "gold"]
    assert [run.id for run in store.runs("gold")] == sorted(run.id for run in store.runs() if run.group == "gold")


def test_entries_come_back_as_they_were_written_in_their_order(store: Store) -> None:
    journal = store.begin(a_plan(), NOON, "me")
    other = store.begin(a_plan(), NOON, "me")
    peering = Entry(at=NOON, note=Note.GIVEN_UP, cluster="paris", change="AcceptSvmPeer", volumes=())
    journal.write(ENTRY)
    other.write(peering)
    journal.write(peering)
    assert store.entries(journal.run_id) == [ENTRY, peering]
    assert store.entries(other.run_id) == [peering]


def test_an_instant_keeps_its_offset(store: Store) -> None:
    local = NOON.astimezone(timezone(timedelta(hours=2)))
    store.begin(a_plan(), local, "me")
    assert store.runs()[0].started_at == NOON


def test_an_entry_is_on_disk_when_it_was_written(url: str, store: Store) -> None:
    journal = store.begin(a_plan(), NOON, "me")
    journal.write(ENTRY)
    with open_store(url) as another:
        assert another.entries(journal.run_id) == [ENTRY]


def test_a_file_that_is_no_database_is_a_configuration_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, not a database" * 100)
    with pytest.raises(ConfigError, match="cannot be opened"):
        Store(f"sqlite:///{path}")


def test_a_folder_that_is_missing_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be opened") as refused:
        Store(f"sqlite:///{tmp_path / 'missing' / 'datamotion.db'}")
    assert "its folder has to exist" in (refused.value.hint or "")


@pytest.mark.parametrize("url", ["", "postgresql://me:hunter2@host:port/db", "://hunter2"])
def test_a_url_that_cannot_be_read_is_a_configuration_error_that_shows_no_secret(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Store(url)
    assert "hunter2" not in str(refused.value)


def test_a_database_that_nothing_here_speaks_to_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError) as refused:
        Store("oracle+nosuch://me:hunter2@host/db")
    assert "hunter2" not in str(refused.value)


# -- the table of phases


def test_every_phase_has_a_row() -> None:
    assert set(TRANSITIONS) == set(Phase)


def test_every_phase_is_reached_from_acting() -> None:
    assert set(TRANSITIONS[Phase.ACTING].values()) == set(Phase) - {Phase.ACTING}


def test_a_run_that_waited_and_was_taken_for_cut_off_ends_as_it_ends() -> None:
    assert advance(Phase.CUT_OFF, Event.ALL_REACHED) is Phase.DONE
    with pytest.raises(InternalError):
        advance(Phase.CUT_OFF, Event.FOUND_DEAD)


def test_every_event_ends_a_run_that_acts() -> None:
    assert set(TRANSITIONS[Phase.ACTING]) == set(Event)


@pytest.mark.parametrize("event", Event)
@pytest.mark.parametrize("phase", [Phase.DONE, Phase.PARTLY, Phase.FAILED, Phase.STUCK])
def test_what_has_ended_sees_no_event(phase: Phase, event: Event) -> None:
    with pytest.raises(InternalError, match=phase):
        advance(phase, event)
