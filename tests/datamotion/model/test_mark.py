"""The mark in a volume's comment, beside what people wrote there."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from datamotion.model.mark import LONGEST_COMMENT, Mark, read_mark, without_mark

LETTERS = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
TEXT = st.text(LETTERS, min_size=1, max_size=80)
ODD = st.none() | TEXT | st.sampled_from(["/a b", "/a]b[", "/100%", "/%20", "/ä/字", "=", "epoch=7", "None"])
MARKS = st.builds(
    Mark,
    group=TEXT,
    volume=TEXT,
    origin=TEXT,
    path=ODD,
    export=ODD,
    snapshots=ODD,
    qos=ODD,
    epoch=st.none() | st.integers(min_value=1, max_value=999_999_999),
)
BRACKETS = st.sampled_from(["[datamotion is great]", "[datamotion group=gold role=emperor]", "[datamotion ", "]", " ["])
WORDS = st.lists(st.text() | BRACKETS).map("".join).filter(lambda text: without_mark(text) == text)
MARK = Mark(group="gold", volume="vol_1", origin="9c1e")


@given(MARKS, WORDS)
def test_what_is_written_is_read_back_and_what_people_wrote_stays(mark: Mark, comment: str) -> None:
    written = mark.write(comment)
    assume(len(written) <= LONGEST_COMMENT)  # no cluster takes more
    assert read_mark(written) == mark
    assert without_mark(written) == comment


@given(MARKS, MARKS, WORDS)
def test_a_new_mark_takes_the_place_of_an_old_one(old: Mark, new: Mark, comment: str) -> None:
    assume(len(old.write(comment)) <= LONGEST_COMMENT)
    assert new.write(old.write(comment)) == new.write(comment)


def test_a_path_as_long_as_a_comment_takes_is_read_back() -> None:
    mark = Mark(group="gold", volume="vol_1", origin="9c1e", path="/" + "字" * 100)
    assert mark.fits("")
    assert read_mark(mark.write("")) == mark


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "[datamotion group=gold volume=vol_1]",
        "[datamotion volume=vol_1 origin=9c1e]",
        "[datamotion group=gold volume=vol_1 origin=9c1e role=emperor]",
        "[datamotion group=gold volume=vol_1 origin=9c1e epoch=many]",
        "[datamotion group=gold volume=vol_1 origin=9c1e epoch=0]",
        "[datamotion group=gold volume=vol_1 origin=9c1e epoch=-1]",
        "[datamotion group=gold volume=vol_1 origin=9c1e",
        "[Datamotion group=gold volume=vol_1 origin=9c1e]",
        "[datamotion group=gold volume=vol_1 origin=9c1e path=/vol_1%1B%5B8m]",
        "[datamotion group=gold volume=vol_1 origin=9c1e path=/vol_1%E2%80%AE]",
        "[datamotion group=gold volume=vol_1 origin=9c1e path=/vol_1%0A]",
        "[datamotion group=gold volume=vol_1 origin=9c1e path=/vol_1%FF]",
        "[datamotion group=gold volume=vol_1 origin=9c1e path=/v%6Fl_1]",
        "[datamotion group=gold origin=9c1e volume=vol_1]",
        "[datamotion group=gold volume=vol_1 origin=9c1e]" + "x" * 1000,
    ],
)
def test_what_is_not_one_of_our_marks_is_none_and_stays(comment: str) -> None:
    assert read_mark(comment) is None
    assert without_mark(comment) == comment


def test_of_two_marks_the_last_counts_and_both_are_replaced() -> None:
    other = Mark(group="silver", volume="v", origin="1")
    twice = f"{other.write('trees')} {MARK.write('')}"
    assert read_mark(twice) == MARK
    assert MARK.write(twice) == MARK.write("trees")


def test_a_mark_that_passes_the_limit_of_a_comment_does_not_fit_and_bytes_count() -> None:
    room = LONGEST_COMMENT - len(MARK.write("x")) + 1
    assert MARK.fits("x" * room)
    assert not MARK.fits("x" * (room + 1))
    assert MARK.fits("ä" * (room // 2))
    assert not MARK.fits("ä" * (room // 2 + 1))
    assert MARK.fits(MARK.write("x" * room)), "the earlier mark gives its room back"


@pytest.mark.parametrize(
    "piece", [" ", "[", "[datamotion ", "[datamotion group=", "[datamotion group=a ", "[datamotion group=a b=", "a=a"]
)
def test_a_comment_of_any_length_is_read(piece: str) -> None:
    """Where parsing took longer than in proportion this would not come to an end."""
    comment = "[datamotion group=a" + piece * (40_000 // len(piece))
    assert read_mark(comment) is None
    assert without_mark(comment) == comment
