"""A claim, as the policy that it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datamotion.model.claim import Claim, epoch_of, read_claim

SECONDS = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
LETTERS = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
TEXT = st.text(LETTERS, min_size=1, max_size=60)
CLAIMS = st.builds(
    Claim,
    group=TEXT,
    epoch=st.integers(min_value=1, max_value=999_999_999),
    backend=TEXT,
    svm=TEXT,
    since=SECONDS,
    by=st.text(LETTERS, max_size=60),
    partial=st.booleans(),
    served=st.none() | SECONDS,
    after=st.frozensets(st.from_regex(r"\A[1-9]\d?\.[0-9a-f]{8}\Z"), max_size=3),
    at=st.text(LETTERS, max_size=60),
)
NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
CLAIM = Claim(
    group="gold", epoch=2, backend="gold-lyon", svm="1b2c", since=NOON, by="ops on control", after=frozenset({"1.5f0c"})
)


@given(CLAIMS)
def test_what_is_written_is_read_back(claim: Claim) -> None:
    assert read_claim(claim.group, claim.policy, claim.comment) == claim
    assert epoch_of(claim.group, claim.policy) == claim.epoch


@given(CLAIMS, st.text())
def test_a_claim_is_read_beside_what_people_wrote(claim: Claim, text: str) -> None:
    if "[datamotion" not in text:
        assert read_claim(claim.group, claim.policy, f"{text} {claim.comment} {text}") == claim


@pytest.mark.parametrize(
    ("group", "policy", "epoch"),
    [
        ("a", "datamotion_a_1", 1),
        ("a_1", "datamotion_a_1", None),
        ("a", "datamotion_a_1_2", None),
        ("a_1", "datamotion_a_1_2", 2),
        ("gold", "datamotion_gold_", None),
        ("gold", "datamotion_gold_2x", None),
        ("gold", "datamotion_gold_²", None),
        ("gold", "datamotion_gold_٢", None),
        ("gold", "datamotion_gold_-2", None),
        ("gold", "2", None),
        ("gold", "datamotion_gold_9999999999", 9_999_999_999),
        ("gold", f"datamotion_gold_{9:061}", None),
        ("gold", "datamotion_gold_012", 12),
    ],
)
def test_whose_claim_a_policy_is_its_name_says(group: str, policy: str, epoch: int | None) -> None:
    assert epoch_of(group, policy) == epoch


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("group=gold", "group=silver"),
        ("epoch=2", "epoch=3"),
        ("epoch=2", "epoch=two"),
        ("epoch=2", "epoch=%D9%A2"),
        ("epoch=2", "epoch=-2"),
        ("svm=1b2c", "svn=1b2c"),
        ("2031-05-04T12", "yesterday"),
        ("%2B00%3A00", ""),
        ("[datamotion", "[datamotio"),
        ("]", ""),
    ],
)
def test_a_comment_that_says_something_else_than_the_name_is_no_claim(word: str, other: str) -> None:
    assert word in CLAIM.comment
    assert read_claim("gold", CLAIM.policy, CLAIM.comment.replace(word, other, 1)) is None


def test_a_claim_goes_by_its_svm_and_not_by_who_wrote_it_when() -> None:
    later = replace(CLAIM, by="bert", since=NOON + timedelta(hours=1), backend="lyon", served=NOON)
    assert CLAIM.is_same(later)
    assert not CLAIM.is_same(replace(CLAIM, svm="2c3d"))
    assert not CLAIM.is_same(replace(CLAIM, epoch=3))
    assert not CLAIM.is_same(replace(CLAIM, group="silver"))


def test_an_instant_is_told_in_utc() -> None:
    elsewhere = replace(CLAIM, since=NOON.astimezone(timezone(timedelta(hours=2))))
    assert elsewhere.comment == CLAIM.comment


@pytest.mark.parametrize("piece", [" ", "a=a", "a=a ", "[datamotion ", "[datamotion a=", "="])
def test_a_comment_of_any_length_is_read(piece: str) -> None:
    """Where parsing took longer than in proportion this would not come to an end."""
    assert read_claim("gold", CLAIM.policy, "[datamotion a=a" + piece * (40_000 // len(piece))) is None
