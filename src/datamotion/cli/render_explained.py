"""What would become of a group, as text."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from datamotion.cli.terminal import open_console, plain, say
from datamotion.model.units import count_text, moment_text
from datamotion.service.explain import ExplainReport, PlaceReport, SiteReport, told

_NAMED = 8


def render_explained(report: ExplainReport, console: Console | None = None) -> None:
    """Who serves, then site by site what would be if it went now."""
    console = console or open_console()
    serving = [site.backend for site in report.sites if site.serves]
    divided = "divided: " if len(serving) > 1 else ""
    who = f"is {divided}served by [bold]{plain(' and '.join(serving)) or 'nobody that is seen'}[/]"
    since = f" since {moment_text(report.since)}, epoch {report.epoch}" if report.since else ""
    away = f"; its home is {plain(report.home)}" if report.serving != report.home else ""
    say(console, f"[bold]{plain(report.group)}[/] {who}{since}{away}", hang=2)
    if report.shut_out:
        say(console, f"clients cannot come to {plain(_named(report.shut_out))} as it is", indent=2, hang=2)
        say(console, f"hint: datamotion status {plain(report.group)} says what lets them in", indent=4, hang=2)
    if report.forgotten is not None:
        say(console, f"who serves may not be known: {plain(report.forgotten.text)}", indent=2, hang=2)
        say(console, f"hint: {plain(report.forgotten.hint or '')}", indent=4, hang=2)
    for site in report.sites:
        console.print()
        _render_site(console, report, site)


def _render_site(console: Console, report: ExplainReport, site: SiteReport) -> None:
    unseen = "" if site.is_seen else " (it is not seen now)"
    say(
        console,
        f"If [bold]{plain(site.backend)}[/] went now{unseen}: {plain(told(report, site))}",
        indent=2,
        hang=2,
    )
    for place in site.places:
        say(console, plain(_place(place)), indent=4, hang=2)
    if going := [each for each in site.unmirrored if each not in report.unmirrored]:
        say(console, f"no mirror left of {plain(_named(going))}", indent=4, hang=2)
    if site.lost:
        say(console, f"there is no other copy of {plain(_named(site.lost))}", indent=4, hang=2)
    if site.unsighted:
        unseen = " and ".join(each.backend for each in report.sites if not each.is_seen) or "another back end"
        text = f"no other copy of {_named(site.unsighted)} can be seen; {unseen} may hold one"
        say(console, plain(text), indent=4, hang=2)
    if site.hint:
        say(console, f"hint: {plain(site.hint)}", indent=6, hang=2)
    if site.plan is None:
        return
    for refusal in site.plan.refusals:
        say(console, f"refused: {plain(refusal.text)}", indent=4, hang=2)
        if refusal.hint:
            say(console, f"hint: {plain(refusal.hint)}", indent=6, hang=2)
    if site.plan.steps:
        acts = sum(len(step.acts) for step in site.plan.steps)
        steps = f"{count_text(len(site.plan.steps), 'step')}, {count_text(acts, 'change')}"
        to = next((f" --to {each.backend}" for each in site.places if each.why_not is None), "")
        command = f"datamotion failover {report.group}{to} --unplanned --dry-run"
        say(console, f"{plain(command)} shows its {steps}", indent=4, hang=2)


def _named(volumes: Sequence[str]) -> str:
    """
    >>> _named(("vol_1", "vol_2"))
    'vol_1, vol_2'
    """
    more = f" and {len(volumes) - _NAMED} more" if len(volumes) > _NAMED else ""
    return ", ".join(volumes[:_NAMED]) + more


def _place(place: PlaceReport) -> str:
    """
    >>> _place(PlaceReport(backend="b", usable=1, volumes=2, loses_s=60, loses="a minute", why_not=None))
    'b: 1 of 2 volumes, a minute'
    """
    covered = f"{place.usable} of {count_text(place.volumes, 'volume')}"
    return f"{place.backend}: {covered}, {place.loses}" + (f"; not taken: {place.why_not}" if place.why_not else "")
