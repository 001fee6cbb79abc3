"""The mark in a volume's comment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from datamotion.model.mark import Mark, read_mark
from datamotion.model.words import Role

MARKS = st.builds(
    Mark,
    group=st.text(min_size=1),
    role=st.sampled_from(Role),
    epoch=st.integers(min_value=0),
    path=st.none() | st.text(),
    since=st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
)
WORDS = st.text().map(str.rstrip)


@given(MARKS, WORDS)
def test_what_is_written_is_read_back(mark: Mark, comment: str) -> None:
    assert read_mark(mark.write(comment)) == mark


@given(MARKS, MARKS, WORDS)
def test_a_new_mark_takes_the_place_of_an_old_one(old: Mark, new: Mark, comment: str) -> None:
    assert new.write(old.write(comment)) == new.write(comment)


def test_what_people_wrote_stays() -> None:
    mark = Mark(group="gold", role=Role.ACTIVE, epoch=2)
    assert mark.write("build trees").startswith("build trees [datamotion ")


def test_a_mark_that_cannot_be_read_is_none() -> None:
    assert read_mark("[datamotion group=gold role=emperor epoch=1]") is None
    assert read_mark("[datamotion group=gold role=active epoch=many]") is None
    assert read_mark("[datamotion role=active epoch=1]") is None


def test_when_a_mark_was_written_is_not_one_of_its_facts() -> None:
    noon = datetime(2031, 5, 4, 12, tzinfo=UTC)
    mark = Mark(group="gold", role=Role.ACTIVE, epoch=2, since=noon)
    assert mark.says_the_same(replace(mark, since=noon + timedelta(hours=1)))
    assert not mark.says_the_same(replace(mark, epoch=3))
    assert not mark.says_the_same(None)
