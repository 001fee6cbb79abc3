"""`datamotion copy`: bytes through this host. Where its line is plain, `copy_line` reads it and this is not needed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Form(StrEnum):
    """How the report is printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


class Checked(StrEnum):
    """How far the destination is checked."""

    FAST = "fast"
    FULL = "full"
    NONE = "none"


def copy(
    source: Annotated[str, typer.Argument(metavar="SRC", help="A file, a folder or a block device.")],
    destination: Annotated[
        str, typer.Argument(metavar="DST", help="The copy itself; a file goes into a folder that is there.")
    ],
    verify: Annotated[
        Checked,
        typer.Option(
            help="fast: the copy is read back and its sums compared; full: from the disk, after all is written to it."
        ),
    ] = Checked.FAST,
    bwlimit: Annotated[
        str | None, typer.Option("--bwlimit", metavar="RATE", help="Bytes a second at most: 500K, 80M, 1.5G.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there, once the copy is whole.")] = False,
    delta: Annotated[
        bool, typer.Option("--delta", help="Bring an older copy up to date: only changed blocks are sent.")
    ] = False,
    in_place: Annotated[
        bool,
        typer.Option(
            "--inplace",
            help="Write into what is there: a reader may see it half changed, and the other names (hard links) of a"
            " file that is named itself change with it.",
        ),
    ] = False,
    sync: Annotated[
        bool, typer.Option("--sync", help="Have all on the disk before the copy gets its name; full does so anyway.")
    ] = False,
    output: Annotated[
        Form, typer.Option("-o", "--output", help="Text for people, JSON for programs, also as it goes.")
    ] = Form.TEXT,
) -> None:
    """Copy a file, a folder or a block device through this host, verified, and resumable after any interruption.

    The copy gets its name when it is whole: no reader sees half a file. Run again after anything it goes on from the
    last verified piece. What is there already is left alone without --force or --delta.

    Example: datamotion copy /mnt/gold/disk.img /mnt/silver/disk.img
    """
    from datamotion.cli.copy_line import CopyLine
    from datamotion.cli.copying import carry_out

    line = CopyLine(
        source, destination, verify.value, bwlimit, force, delta, in_place=in_place, sync=sync, output=output.value
    )
    raise typer.Exit(carry_out(line))
