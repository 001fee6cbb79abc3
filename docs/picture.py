"""The picture of a terminal: `status` after a failover, once the lost site is back.

What it shows is the report of a run, kept beside it: `python -m docs.picture` runs that anew on a lab.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from pathlib import Path

from pydantic import TypeAdapter
from rich.console import Console

from datamotion.cli.render_status import render_status
from datamotion.service.status_reports import StatusReport
from docs.record import in_a_checkout

_KEPT = Path(__file__).parent / "pictures" / "status.json"
_WIDTH = 96
_FONTS = re.compile(r"@font-face \{.*?\}\n\s*", re.DOTALL)
"""They would be fetched from elsewhere."""

_RUN = (
    "datamotion lab up --dir lab --port 0",
    "datamotion lab seed --dir lab --from docs",
    "cd lab",
    "datamotion apply --yes",
    "datamotion lab kill paris --dir .",
    "datamotion failover gold --yes",
    "datamotion lab start paris --dir .",
    "datamotion status -o json",
    "datamotion lab down --dir . --remove",
)


def status_picture() -> str:
    """SVG: the kept report as `status` shows it today."""
    screen = Console(
        file=io.StringIO(), width=_WIDTH, record=True, force_terminal=True, color_system="truecolor", highlight=False
    )
    screen.print("$ [bold]datamotion status gold[/]")
    render_status(TypeAdapter(StatusReport).validate_python(json.loads(_KEPT.read_bytes())["report"]), screen)
    drawn = screen.export_svg(title="datamotion", unique_id="status")
    return _FONTS.sub("", drawn).rstrip() + "\n"


def main() -> None:
    """The report that is kept is that of a run of today."""
    with tempfile.TemporaryDirectory(prefix="datamotion-docs-") as folder:
        shell = in_a_checkout(Path(folder))
        printed = {words: shell.type(words).printed for words in _RUN}
    _KEPT.write_text(printed["datamotion status -o json"] + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
