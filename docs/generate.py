"""Writes the pages that are made from code: `python -m docs.generate`. With `--check`, only says which are stale.

A page is a function that returns Markdown, under its path below `docs/` in `PAGES`; so are a picture, which is SVG, the
JSON schema, and what is installed beside the program.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from docs.commands import commands_page
from docs.concerns import concerns_page
from docs.configuration import configuration_page
from docs.faults import faults_page
from docs.json_pages import json_page, schema_file
from docs.manual import completion, manual
from docs.migrating import migrating_page
from docs.phases import phases_page
from docs.picture import status_picture
from docs.simulated import simulated_page
from docs.statuses import statuses_page

PAGES: Mapping[str, Callable[[], str]] = {
    "migrating.md": migrating_page,
    "phases.md": phases_page,
    "pictures/status.svg": status_picture,
    "reference/commands.md": commands_page,
    "reference/configuration.md": configuration_page,
    "reference/exit-statuses.md": statuses_page,
    "reference/faults.md": faults_page,
    "reference/json.md": json_page,
    "reference/json.schema.json": schema_file,
    "reference/ontaplab.md": simulated_page,
    "status.md": concerns_page,
    **manual(),
    **completion(),
}

_DOCS = Path(__file__).parent


def stale_pages(docs: Path) -> Iterator[str]:
    """The pages in the folder `docs` that differ from what the code says now, or are missing."""
    for name, page in PAGES.items():
        path = docs / name
        if not path.is_file() or path.read_text(encoding="utf-8") != page():
            yield name


def write_pages(docs: Path) -> None:
    """Every page in the folder `docs` is what the code says now; those that were are left alone."""
    for name in list(stale_pages(docs)):
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PAGES[name](), encoding="utf-8")


def main(arguments: Sequence[str], docs: Path = _DOCS) -> int:
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Write the generated pages.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is stale")
    if not parser.parse_args(arguments).check:
        write_pages(docs)
        return 0
    stale = list(stale_pages(docs))
    for name in stale:
        sys.stderr.write(f"docs/{name} is stale; run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
