"""What a check found, as text."""

from __future__ import annotations

from collections import Counter

from rich.console import Console

from datamotion.cli.terminal import open_console, plain, say
from datamotion.model.units import count_text
from datamotion.service.check_reports import CheckReport, Finding

_FINDINGS = {
    Finding.PASSED: "[green]ok[/]     ",
    Finding.NOTE: "-      ",
    Finding.FAILED: "[bold red]failed[/] ",
    Finding.NOT_LOOKED: "[yellow]unseen[/] ",
}


_COUNTED = (Finding.FAILED, Finding.NOT_LOOKED, Finding.PASSED, Finding.NOTE)


def render_check(check: CheckReport, console: Console | None = None) -> None:
    """The verdict, then every finding on a line, and what to do about those that are not as they should be."""
    console = console or open_console()
    found = Counter(line.finding for line in check.lines)
    counts = ", ".join(f"{found[each]} {each}" for each in _COUNTED if found[each])
    say(
        console,
        f"[bold]{'ready' if check.ready else 'not ready'}[/]: of {count_text(len(check.lines), 'check')}, {counts}",
    )
    for line in check.lines:
        detail = f": {plain(line.detail)}" if line.detail else ""
        say(console, f"{_FINDINGS[line.finding]} {plain(line.subject)}: {plain(line.what)}{detail}", hang=8)
        if line.hint:
            say(console, f"[bold]hint:[/] {plain(line.hint)}", indent=10, hang=2)
