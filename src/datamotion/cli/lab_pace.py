"""`datamotion lab pace`: when the operations of a cluster of the lab get on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from datamotion.cli.columns import a_table, print_table
from datamotion.cli.lab import DEFAULT_FOLDER, Folder, LabError, OneCluster, lab_errors, open_site, say
from datamotion.cli.listing import Listing
from datamotion.cli.terminal import plain

pace = typer.Typer(
    name="pace",
    cls=Listing,
    help="Let a cluster's jobs and transfers take their time, or hold them until they are released.",
    no_args_is_help=True,
)


@pace.command("set")
def set_(
    cluster: OneCluster,
    folder: Folder = DEFAULT_FOLDER,
    route: Annotated[
        str | None, typer.Option(help="Jobs: the method and path that start them, '*' for anything.")
    ] = None,
    relationship: Annotated[
        str | None, typer.Option(metavar="UUID", help="Transfers: the relationship's; '*' for all.")
    ] = None,
    after_s: Annotated[float | None, typer.Option("--after", min=0, help="How many seconds each takes.")] = None,
    held: Annotated[bool, typer.Option("--held", help="Each waits until this rule is cleared.")] = False,
) -> None:
    """Set a pace. A job waits before its effect, a transfer half way through its bytes.

    The newest rule that fits decides when an operation begins; --after 0 exempts it from older ones.

    Example: datamotion lab pace set lyon --relationship '*' --held

    datamotion lab pace set lyon --route 'POST /storage/volumes' --after 30
    """
    if (route is None) == (relationship is None):
        raise LabError("a pace is that of jobs or of transfers", hint="Give --route or --relationship, not both.")
    if held == (after_s is not None):
        raise LabError("an operation takes its time or is held", hint="Give --after or --held, not both.")
    told = {"route": route, "relationship": relationship, "after_s": after_s, "held": held}
    given = {name: value for name, value in told.items() if value is not None}
    with lab_errors("`datamotion lab pace set --help` tells what it takes."):
        number = open_site(folder).set_pace(cluster, given)["id"]
    ends = "releases what it holds" if held else "ends it"
    where = shlex.quote(str(folder))
    say(f"pace {number} is set: datamotion lab pace clear {cluster} {number} --dir {where} {ends}")


@pace.command("list")
def show(cluster: OneCluster, folder: Folder = DEFAULT_FOLDER) -> None:
    """Show a cluster's pace: its rules, the newest last, and how many operations went by each.

    Example: datamotion lab pace list lyon --dir lab
    """
    with lab_errors():
        rules = open_site(folder).pace(cluster)
    table = a_table("pace", "of", "takes", "met")
    for each in rules:
        table.add_row(each["id"], plain(_of(each)), _takes(each), str(each["met"]))
    print_table(table)
    if not rules:
        say("everything is at once: datamotion lab pace set changes that")


@pace.command()
def clear(
    cluster: OneCluster,
    number: Annotated[int | None, typer.Argument(metavar="PACE", help="Its number; without it, all.")] = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """End a rule, or all of a cluster's: what waited or was held by it goes on.

    Example: datamotion lab pace clear lyon --dir lab
    """
    listed = f"`datamotion lab pace list {cluster} --dir {shlex.quote(str(folder))}` shows which there are."
    with lab_errors(listed):
        open_site(folder).clear_pace(cluster, number)
    say(f"{cluster} does everything at once" if number is None else f"{cluster} has pace {number} no longer")


def _of(rule: Mapping[str, Any]) -> str:
    if "route" in rule:
        return f"jobs of {rule['route']}"
    return "all transfers" if rule["relationship"] == "*" else f"transfers of {rule['relationship']}"


def _takes(rule: Mapping[str, Any]) -> str:
    return "held" if rule["held"] else f"{rule['after_s']:g} s"
