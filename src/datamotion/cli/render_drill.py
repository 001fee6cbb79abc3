"""The evidence of a drill, as text and as a page that an auditor takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from html import escape
from pathlib import Path

from rich.console import Console

from datamotion.cli.terminal import open_console, plain, say
from datamotion.errors import ConfigError
from datamotion.model.units import count_text, duration_text, moment_text
from datamotion.service.commands_here import CheckOutcome
from datamotion.service.drill_reports import Checksums, DrillReport, MirrorSeen


def _age(seconds: float | None) -> str:
    return "age not seen" if seconds is None else f"{duration_text(timedelta(seconds=seconds))} old"


def _mirror(each: MirrorSeen) -> str:
    return f"{each.state}, {each.snapshot or 'exports nothing'}, {_age(each.lag_s)}"


def _outcome(each: CheckOutcome) -> str:
    return "passed" if each.passed else f"failed: {each.problem or f'status {each.status}'}"


def _checksums(told: Checksums) -> Iterator[tuple[str, str]]:
    outcome = "passed" if told.passed else f"failed: {told.problem}" if told.problem else "failed"
    counts = (
        f"{told.equal} of {count_text(told.named, 'file')} equal, {told.differing} differ, {told.unreadable} missing"
    )
    what = f"Checksums of {told.manifest} in {told.folder}"
    yield what, f"{outcome}, {counts}, {told.seconds:.1f} s (SHA-256 of the manifest: {told.manifest_sha256})"
    for heading, names in (("Differs", told.differ), ("Missing", told.missing)):
        yield from ((heading, each) for each in names)


def _summary(told: DrillReport) -> list[tuple[str, str]]:
    """All that the report says, line by line: what it is about, and what is said of it."""
    lines = [("Drill", f"{told.group} at {told.backend} ({told.svm}), begun {moment_text(told.at, to_seconds=True)}")]
    until = f"; to be removed after {moment_text(told.until)}" if told.until else ""
    took = "served already" if told.seconds_to_serve is None else f"{told.seconds_to_serve:.1f} s"
    lines.append(("Time to serve", took + until))
    for each in told.served:
        point = f"{each.snapshot}, {_age(each.age_s)}" if each.snapshot else "served by an earlier run"
        lines.append((f"Recovery point of {each.volume}", f"{point}; {each.clone} at {each.path or 'no path'}"))
    lines += [(f"Not served: {each}", "no clone of it is seen") for each in told.missing]
    lines += [(f"Check {each.command}", f"{_outcome(each)}, {each.seconds:.1f} s") for each in told.checks]
    lines += _checksums(told.checksums) if told.checksums is not None else ()
    lines += [("Unfinished", each) for each in told.unfinished]
    now = {(each.volume, each.backend): each for each in told.after}
    for was in told.before:
        after = now.get((was.volume, was.backend))
        seen = _mirror(after) if after else "not looked at" if told.unfinished else "not seen"
        lines.append(
            (f"Mirror of {was.volume} at {was.backend}", f"before: {_mirror(was)}; after: {seen} ({was.uuid})")
        )
    lines += [("Changed", each) for each in told.changed]
    if told.changed or told.unfinished:
        return lines
    unchanged = f"no: {count_text(len(told.before), 'mirror')} compared before and after"
    return [*lines, ("Mirrors changed", unchanged)]


def render_drill(told: DrillReport, console: Console | None = None) -> None:
    """Its evidence, a line for each thing that was looked at."""
    console = console or open_console()
    for what, text in _summary(told):
        say(console, f"{plain(what)}: {plain(text)}", hang=2)


_PAGE = "<!doctype html>"
_STYLE = (
    "body{font:11pt sans-serif;margin:2em}table{border-collapse:collapse}pre{white-space:pre-wrap}"
    "td,th{border:1px solid #999;padding:.3em;text-align:left;vertical-align:top}tr{break-inside:avoid}"
)


def check_may_hold_page(path: Path) -> None:
    """Raises: ConfigError where no file can be made, or one is there that is no page, and would be lost."""
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ConfigError(f"{path} cannot be written", hint="name another file, in a folder that is there")
    if path.is_file() and path.stat().st_size and not path.read_bytes().startswith(_PAGE.encode()):
        raise ConfigError(f"{path} is there, and no page: it is left as it is", hint="name another file, or remove it")


def page(told: DrillReport) -> str:
    """The report as a page of its own that prints well; every value is escaped."""
    rows = "\n".join(f"<tr><th>{escape(what)}</th><td>{escape(text)}</td></tr>" for what, text in _summary(told))
    printed = "\n".join(
        f"<h2>{escape(each.command)}</h2>\n<pre>{escape(each.printed)}</pre>" for each in told.checks if each.printed
    )
    title = escape(f"Drill of {told.group} at {told.backend}: {told.outcome}")
    return (
        f'{_PAGE}\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n<table>\n{rows}\n</table>\n{printed}\n</body></html>\n"
    )
