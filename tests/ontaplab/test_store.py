"""Tables: what is put stays, together or not at all."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ontaplab.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    uuid: str
    made: datetime
    took: timedelta = timedelta(0)
    names: tuple[str, ...] = ()


MADE = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
ONE = Thing(uuid="1", made=MADE, took=timedelta(seconds=1.5), names=("a", "b"))


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same store once more."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Store(tmp_path / "db")))


def test_what_was_put_is_there_again_without_the_store_having_been_closed(opened: Callable[[], Store]) -> None:
    things = opened().table("thing", Thing)
    things.put(Thing(uuid="0", made=MADE))
    things.put(ONE)
    things.put(Thing(uuid="0", made=MADE, names=("changed",)))
    things.remove("no such")
    again = opened().table("thing", Thing)
    assert list(again) == [Thing(uuid="0", made=MADE, names=("changed",)), ONE]
    assert (again.get("1"), again.get("2"), "0" in again, len(again)) == (ONE, None, True, 2)


def test_tables_of_two_kinds_do_not_mix() -> None:
    store = Store()
    store.table("thing", Thing).put(ONE)
    assert len(store.table("other", Thing)) == 0


def test_an_error_within_together_undoes_everything_in_memory_and_on_disk(opened: Callable[[], Store]) -> None:
    store = opened()
    things = store.table("thing", Thing)
    things.put(ONE)
    things.put(Thing(uuid="2", made=MADE))
    before = list(things)

    def fail() -> None:
        with store.together():
            things.put(replace(ONE, names=()))
            things.put(Thing(uuid="3", made=MADE))
            with store.together():
                things.remove("2")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert sorted(things, key=lambda thing: thing.uuid) == before
    assert list(opened().table("thing", Thing)) == before


def test_a_change_together_is_not_on_disk_before_its_end(opened: Callable[[], Store]) -> None:
    store = opened()
    things = store.table("thing", Thing)
    with store.together():
        things.put(ONE)
        assert len(opened().table("thing", Thing)) == 0
    assert len(opened().table("thing", Thing)) == 1


def test_an_index_follows_what_is_put_removed_and_undone() -> None:
    store = Store()
    things = store.table("thing", Thing)
    things.put(ONE)
    by_first_name = things.by(lambda thing: thing.names[0])
    two = things.put(replace(ONE, uuid="2"))
    assert (by_first_name["a"], by_first_name["b"]) == ([ONE, two], [])
    moved = things.put(replace(ONE, names=("b",)))
    assert (by_first_name["a"], by_first_name["b"]) == ([two], [moved])

    def fail() -> None:
        with store.together():
            things.put(replace(two, names=("c",)))
            things.remove("1")
            things.put(replace(ONE, uuid="3"))
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert (by_first_name["a"], by_first_name["b"], by_first_name["c"]) == ([two], [moved], [])
    things.remove("2")
    assert by_first_name["a"] == []


def test_an_index_by_several_keys_and_totals_follow_what_is_put_removed_and_undone() -> None:
    store = Store()
    things = store.table("thing", Thing)
    one = things.put(ONE)
    by_name = things.by_each(lambda thing: thing.names)
    seconds = things.totals(lambda thing: ((name, thing.took.seconds) for name in thing.names))
    two = things.put(Thing(uuid="2", made=MADE, took=timedelta(seconds=5), names=("b", "c")))
    assert (by_name["a"], by_name["b"], by_name.first("c"), by_name.first("d")) == ([one], [one, two], two, None)
    assert (seconds["a"], seconds["b"], seconds["d"]) == (1, 6, 0)

    def fail() -> None:
        with store.together():
            things.put(replace(two, names=("a",)))
            things.remove("1")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert (by_name["a"], set(by_name["b"]), seconds["b"]) == ([one], {one, two}, 6)
    things.put(replace(two, names=()))
    assert (by_name["b"], by_name["c"], seconds["b"], seconds["c"]) == ([one], [], 1, 0)


def test_only_some_records_are_told_in_the_order_in_which_they_are_named() -> None:
    things = Store().table("thing", Thing)
    one, two, three = (things.put(Thing(uuid=uuid, made=MADE)) for uuid in "123")
    assert list(things.only(["3", "no such", "1"])) == [three, one]
    assert list(things.only(None)) == [one, two, three]


def test_a_file_that_is_no_database_is_not_held_open(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("these are notes, not a database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        Store(tmp_path / "db")
    gc.collect()  # what is still open warns now, at least since Python 3.13: an error here
