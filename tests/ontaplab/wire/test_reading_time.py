"""The time that reading a large collection takes."""

from __future__ import annotations

import time

import pytest

from ontaplab.wire.fields import Level
from ontaplab.wire.parameters import Parameters
from ontaplab.wire.reading import render_collection
from ontaplab.wire.resource import Request
from tests.ontaplab.wire.shelf import EPOCH, Book, Shelf

ASK = Request(method="GET", account="admin", path={}, flags={})


@pytest.mark.slow
def test_ten_thousand_records_of_ten_fields_take_less_than_half_a_second() -> None:
    shelf = Shelf()
    shelf.add(*(Book(uuid=f"{n:06}", title=f"t{n}", authors=("x",), read_at=EPOCH) for n in range(10_000)))
    names = tuple(name for name in shelf.resource().fields.select((), otherwise=Level.EXPENSIVE))[:10]

    def seconds() -> float:
        began = time.process_time()
        answer = render_collection(shelf.resource(), ASK, Parameters(fields=names), "")
        assert answer["num_records"] == 10_000
        return time.process_time() - began

    assert min(seconds() for _ in range(3)) < 0.5, "the best of three: other processes slow the machine down"
