"""The status of groups, as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from rich.console import Console

from datamotion.cli.columns import Cell, Columns
from datamotion.cli.terminal import open_console, plain, say
from datamotion.model.standing import DoubtKind
from datamotion.model.units import count_text, duration_text, moment_text, size_text
from datamotion.model.words import Role
from datamotion.service.status_choice import is_late
from datamotion.service.status_reports import (
    ConcernReport,
    CopyReport,
    GroupReport,
    ServedReport,
    Severity,
    StatusReport,
)


def render_status(status: StatusReport, console: Console | None = None, *, most: int | None = None) -> None:
    """Each group: who serves it, its volumes down and back ends across, and what a person should know.

    Of more volumes than `most` the others are counted.
    """
    console = console or open_console()
    for group in status.groups:
        say(console, who_serves(group), hang=2)
        if group.count:
            say(console, _counts(group), indent=2, hang=2)
        if group.volumes:
            shown = group.volumes[:most]
            _group_table(replace(group, volumes=shown)).show(console)
            if left := len(group.volumes) - len(shown):
                say(console, f"... and {count_text(left, 'more volume')}", indent=2)
        for concern in group.concerns:
            _render_concern(console, concern)
        console.print()


def who_serves(group: GroupReport) -> str:
    name = f"[bold]{plain(group.name)}[/]"
    if not group.count:
        return f"{name}: no volumes are seen"
    if not group.served:
        if any(each.kind == DoubtKind.TWO_SERVE and each.volumes for each in group.concerns):
            return f"{name} is served [bold]by two at once[/], and which one is to be nobody can tell"
        return f"{name}: [bold]nobody can tell[/] who serves it"
    if group.serving is None:
        unknown = f", nobody knows of {count_text(group.undecided, 'volume')}" if group.undecided else ""
        return f"{name} is divided: {'; '.join(_served(each) for each in group.served)}{unknown}"
    (served,) = group.served
    away = f"; its home is {plain(group.home)}" if group.serving != group.home else ""
    return f"{name} is served by [bold]{plain(served.backend)}[/]{plain(_since(served))}{away}"


def _served(served: ServedReport) -> str:
    count = count_text(served.volumes, "volume")
    return f"{count} served by [bold]{plain(served.backend)}[/]{plain(_since(served))}"


def _since(served: ServedReport) -> str:
    if served.since is None:
        return ", which nobody has claimed yet"
    by = f", taken by {served.by}" if served.by else ""
    unseen = "" if served.is_seen else ", as far as is known: it cannot be seen"
    return f" since {moment_text(served.since)} (epoch {served.epoch}{by}){unseen}"


def _counts(group: GroupReport) -> str:
    told = [count_text(group.count, "volume")]
    if len(group.volumes) < group.count:
        told.append(f"{len(group.volumes) or 'none'} of them shown")
    if group.mirrored:
        told.append("all mirrored" if group.mirrored == group.count else f"{group.mirrored} mirrored")
    else:
        told.append("none mirrored")
    if group.oldest_s is not None:
        told.append(f"the oldest mirror is {_age(group.oldest_s)}")
    if group.rpo_s is not None:
        told.append(f"RPO {duration_text(timedelta(seconds=group.rpo_s))}")
    concerns = sum(each.severity is not Severity.NOTE for each in group.concerns)
    if concerns:
        told.append(f"[bold red]! {count_text(concerns, 'thing')} to see to[/]")
    return ", ".join(told)


def _age(seconds: float) -> str:
    return f"{duration_text(timedelta(seconds=seconds))} old"


def _group_table(group: GroupReport) -> Columns:
    table = Columns(("volume", "size", *group.backends))
    for volume in group.volumes:
        copies = {copy.backend: copy for copy in volume.copies}
        size = size_text(volume.size_bytes) if volume.size_bytes is not None else "?"
        cells = (_copy_cell(copies.get(name)) for name in group.backends)
        table.rows.append([Cell(volume.volume), Cell(size), *cells])
    return table


def _copy_cell(copy: CopyReport | None) -> Cell:
    """A `!` where something is to be seen to: colour alone says nothing to many people and programs."""
    if copy is None:
        return Cell("not seen", "dim")
    words = copy_words(copy)
    if is_marked(copy):
        return Cell(words, "red")
    return Cell(words, "green" if copy.role in (Role.ACTIVE, Role.MIRROR) else "yellow")


def is_marked(copy: CopyReport) -> bool:
    """Whether something is to be seen to."""
    return bool(copy.trouble) or is_late(copy) or copy.role == Role.UNCLEAR


def copy_words(copy: CopyReport, *, aged: bool = True) -> str:
    """How the copy stands; without what changes all the time unless it is `aged`."""
    return f"{'! ' if is_marked(copy) else ''}{_words(copy, aged)}"


def _words(copy: CopyReport, aged: bool) -> str:
    if copy.name is None:
        return "none"
    if copy.role != Role.MIRROR:
        return f"{copy.role} {copy.path or '(not mounted)'}"
    words = [copy.state]
    if copy.is_fresh is False:
        words.append(f"of {copy.source}")
    if copy.lag_s is not None and aged:
        words.append(_age(copy.lag_s))
    if copy.path is not None:
        words.append("mounted ahead" if copy.is_shut else f"mounted {copy.path}")
    if copy.is_transferring:
        arrived = copy.transferring_bytes if aged else None
        words.append("transferring" if arrived is None else f"{size_text(arrived)} arrived")
    return ", ".join(words)


def _render_concern(console: Console, concern: ConcernReport) -> None:
    sign = "-" if concern.severity is Severity.NOTE else "[red]![/]"
    say(console, f"{sign} {plain(concern.text)}", indent=2, hang=2)
    if concern.hint:
        say(console, f"[bold]hint:[/] {plain(concern.hint)}", indent=4, hang=2)
