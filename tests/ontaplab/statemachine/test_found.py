"""Histories that the lab once got wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from tests.ontaplab.statemachine.files import SLOTS
from tests.ontaplab.statemachine.machine import Histories
from tests.ontaplab.statemachine.model import Mirror, Slot

PARIS, LYON, OTHER = SLOTS


@contextmanager
def a_history(source: Slot, destination: Slot, shape: str = "pair") -> Iterator[tuple[Histories, Mirror]]:
    """Of an initialized mirror; at its beginning and its end all is as it must be."""
    history = Histories()
    with closing(history.stack):
        (free,) = {*SLOTS} - {source, destination}
        history.begin([source, destination, free], shape)
        history.all_is_as_it_must_be()
        yield history, history.model.mirrors[destination]
        history.all_is_as_it_must_be()


def test_releasing_a_mirror_keeps_the_snapshot_that_its_reverse_exports() -> None:
    with a_history(LYON, PARIS) as (history, mirror):
        history.hold("lyon", held=True)
        history.turn_round(mirror)
        history.release(mirror.uuid, "source_only")
        history.all_is_as_it_must_be()
        history.hold("lyon", held=False)


def test_a_resync_that_finds_nothing_common_is_not_listed_at_its_source() -> None:
    with a_history(LYON, PARIS) as (history, mirror):
        history.release(mirror.uuid, "source_only")
        history.ask_for_a_state(mirror, "broken_off")
        history.ask_for_a_state(mirror, "snapmirrored")
        history.delete_volume(LYON)


def test_a_snapshot_gives_its_name_to_a_new_one_in_the_mirror_too() -> None:
    with a_history(PARIS, OTHER) as (history, mirror):
        history.rotate(mirror, "s1")
        history.keep_up(mirror, "one", b"changed")
        history.rotate(mirror, "s1")
