"""`datamotion demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datamotion.service.session import World


def demo(
    context: typer.Context,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FOLDER", help="The files; by default Python's standard library.")
    ] = None,
    volumes: Annotated[int, typer.Option(min=1, max=100, help="Over how many volumes they are spread.")] = 4,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the lab running afterwards, to look around.")] = False,
) -> None:
    """Run the main job on two lab clusters: mirror, kill a site, fail over, come home; compare every file each time.

    Example: datamotion demo --from ~/photos
    """
    from datamotion.cli.lab import require_lab

    require_lab()
    from datamotion.cli.demo_story import play

    world = context.obj
    assert isinstance(world, World)
    play(world, source, volumes, keep=keep)
