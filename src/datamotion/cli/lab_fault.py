"""`datamotion lab fault`: make a cluster of the lab misbehave."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from datamotion.cli.columns import a_table, print_table
from datamotion.cli.completion import complete_cluster, complete_fault
from datamotion.cli.lab import DEFAULT_FOLDER, Folder, LabError, OneCluster, lab_errors, open_site, say
from datamotion.cli.listing import Listing
from datamotion.cli.terminal import plain
from ontaplab.faults.fault import KINDS

fault = typer.Typer(
    name="fault",
    cls=Listing,
    help="Make a cluster of the lab misbehave: lose answers, fail jobs, be cut off from the others, die.",
    no_args_is_help=True,
)

_ADD = """Set a fault. It strikes while it is set, --count times, or as drawn with --probability from --seed.

Example: datamotion lab fault add lyon lost_answer --route 'PATCH /snapmirror/*' --count 1

datamotion lab fault add lyon status --status 503 --probability 0.1 --seed 7

datamotion lab fault add paris partition --peer lyon --direction to

The kinds:

""" + "\n\n".join(f"{kind}: {takes.meaning}" for kind, takes in KINDS.items())

_EACH_KIND = "`datamotion lab fault add --help` tells what each kind takes."


@fault.command(help=_ADD)
def add(
    cluster: OneCluster,
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="What goes wrong, see above.", autocompletion=complete_fault)
    ],
    folder: Folder = DEFAULT_FOLDER,
    route: Annotated[
        str | None, typer.Option(help="What it strikes: method and path, '*' for anything. Without it all of /api.")
    ] = None,
    relationship: Annotated[str | None, typer.Option(metavar="UUID", help="Only what names this relationship.")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="How often it strikes.")] = None,
    skip: Annotated[int | None, typer.Option(min=0, help="How many that match go well first.")] = None,
    probability: Annotated[float | None, typer.Option(min=0, max=1, help="Of each that matches to be struck.")] = None,
    seed: Annotated[int | None, typer.Option(help="What draws: the same seed draws the same.")] = None,
    seconds: Annotated[float | None, typer.Option(help="latency, clock_skew: how long.")] = None,
    spread_s: Annotated[float | None, typer.Option("--spread", min=0, help="latency: give or take seconds.")] = None,
    status: Annotated[int | None, typer.Option(help="status: 429, 500 or 503.")] = None,
    retry_after_s: Annotated[int | None, typer.Option("--retry-after", min=0, help="status: in seconds.")] = None,
    code: Annotated[str | None, typer.Option(help="status and failures: ONTAP's error code.")] = None,
    message: Annotated[str | None, typer.Option(help="status and failures: the error's message.")] = None,
    when: Annotated[str | None, typer.Option(help="kill, job_failure: before or after the effect.")] = None,
    bytes_per_second: Annotated[int | None, typer.Option(min=1, help="slow_link: how fast.")] = None,
    peer: Annotated[
        str | None,
        typer.Option(metavar="CLUSTER", help="partition: from whom; without it, all.", autocompletion=complete_cluster),
    ] = None,
    direction: Annotated[
        str | None, typer.Option(help="partition: what is lost, from or to the peer, or both.")
    ] = None,
    aggregate: Annotated[str | None, typer.Option(help="full_aggregate: which; without it, all.")] = None,
) -> None:
    if kind not in KINDS:
        raise LabError(f"there is no fault {kind!r}", hint=f"The kinds are {', '.join(KINDS)}.")
    told = {
        "kind": kind,
        "route": route,
        "relationship": relationship,
        "count": count,
        "skip": skip,
        "probability": probability,
        "seed": seed,
        "seconds": seconds,
        "spread_s": spread_s,
        "status": status,
        "retry_after_s": retry_after_s,
        "code": code,
        "message": message,
        "when": when,
        "bytes_per_second": bytes_per_second,
        "peer": peer,
        "direction": direction,
        "aggregate": aggregate,
    }
    with lab_errors(_EACH_KIND):
        site = open_site(folder)
        if peer is not None and peer not in site.clusters:
            raise LabError(
                f"there is no cluster {peer!r} to be cut off from", hint=f"The clusters are {', '.join(site.clusters)}."
            )
        added = site.add_fault(cluster, {name: value for name, value in told.items() if value is not None})
    number = added["id"]
    say(
        f"fault {number} is set: datamotion lab fault clear {cluster} {number} --dir {shlex.quote(str(folder))} ends it"
    )


@fault.command("list")
def show(cluster: OneCluster, folder: Folder = DEFAULT_FOLDER) -> None:
    """Show a cluster's faults: how many operations each met, how many it struck.

    Example: datamotion lab fault list lyon --dir lab
    """
    with lab_errors():
        faults = open_site(folder).faults(cluster)
    table = a_table("fault", "kind", "set to", "met", "struck", "")
    for each in faults:
        unused = "[yellow]less than it was set to[/]" if each["unused"] else ""
        table.add_row(each["id"], each["kind"], plain(_set_to(each)), str(each["matched"]), str(each["struck"]), unused)
    print_table(table)


@fault.command()
def clear(
    cluster: OneCluster,
    number: Annotated[int | None, typer.Argument(metavar="FAULT", help="Its number; without it, all.")] = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """End a fault, or all of a cluster's: what it made wait goes on.

    Example: datamotion lab fault clear lyon --dir lab
    """
    listed = f"`datamotion lab fault list {cluster} --dir {shlex.quote(str(folder))}` shows which there are."
    with lab_errors(listed):
        open_site(folder).clear_faults(cluster, number)
    say(f"{cluster} has no faults any more" if number is None else f"{cluster} has fault {number} no longer")


def _set_to(shown: Mapping[str, Any]) -> str:
    """What the fault was set to, as options are."""
    rest = {name: value for name, value in shown.items() if name not in ("id", "kind", "matched", "struck", "unused")}
    return ", ".join(f"{name} {value}" for name, value in rest.items())
