"""Prints one face on the terminal that it runs on, always the same: `python -m tests.faces.pictures FACE`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from datamotion.cli.render import render_plan
from datamotion.cli.render_explained import render_explained
from datamotion.cli.render_status import render_status
from datamotion.cli.terminal import open_console
from datamotion.cli.watching import TerminalWatcher
from datamotion.engine.ports import Delay, Look
from datamotion.service.explain import ExplainReport, PlaceReport, SiteReport
from datamotion.service.reports import Verdict
from tests.datamotion.building import GIB
from tests.datamotion.service.landscapes import NOON, a_group, protected
from tests.faces.test_cli_render import a_plan, plan
from tests.faces.test_cli_watching import Hands, awaited, look

_LONG = "données_客户_invoices_of_the_year_2031_archive_of_paris"


def status() -> None:
    render_status(
        protected("vol_1", "vol_2", _LONG.replace("données", "vol")).status(a_group(rpo=timedelta(minutes=5)))
    )


def a_plan_of_many() -> None:
    plan(open_console())


def nothing_to_do() -> None:
    render_plan(a_plan(holds=3))


def explain() -> None:
    places = (
        PlaceReport(
            backend="gold-lyon", usable=12, volumes=12, loses_s=600, loses="at worst the last 10 min", why_not=None
        ),
        PlaceReport(
            backend="gold-nantes",
            usable=11,
            volumes=12,
            loses_s=None,
            loses="nobody can tell how much",
            why_not="it has no copy of vol_7",
        ),
    )
    made = SiteReport(
        backend="gold-paris",
        cluster="paris",
        serves=True,
        is_seen=True,
        places=places,
        unmirrored=(),
        lost=("vol_12",),
        undecided=(),
        plan=None,
    )
    render_explained(
        ExplainReport(
            at=NOON,
            group="gold",
            home="gold-paris",
            serving="gold-paris",
            epoch=1,
            since=NOON,
            by="anna@ops",
            sites=(made,),
            verdict=Verdict.ATTENTION,
        )
    )


def following() -> None:
    """First transfers: one stalls while its cluster leaves a request unanswered, one is given up, the others come."""
    clock = Hands()
    one, two, three = awaited()
    with TerminalWatcher(clock, clock.silent) as watcher:
        for clock.seconds, moved, since_s in ((0, 0, None), (10, GIB // 4, None), (50, GIB // 4, 10.0)):
            watcher.looked(look(moved, since_s))
        clock.unanswered["lyon"] = Delay(48, 78)
        clock.seconds = 60
        watcher.passed()
        clock.unanswered.clear()
        clock.seconds = 70
        watcher.given_up([two], "lyon says no: 客户 has no room", behind=False)
        watcher.reached([one])
        watcher.reached([three])
        done = replace(look(0).plan, steps=())
        watcher.looked(Look(due=(), plan=done, standing=look(0).standing, still={}))


FACES: Mapping[str, Callable[[], None]] = {
    each.__name__: each for each in (status, a_plan_of_many, nothing_to_do, explain, following)
}

if __name__ == "__main__":
    FACES[sys.argv[1]]()
