"""Commands that bring volumes, LUNs and files to other places, and tell which are on their way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated

import anyio
import typer

from datamotion.cli.changing import carry_out
from datamotion.cli.completion import complete_backend, complete_place
from datamotion.cli.migrating_many import carry_out_many
from datamotion.cli.options import (
    DEFAULT_CONFIG,
    ConfigFile,
    DryRun,
    OutputForm,
    Why,
    Yes,
    instant,
    open_session,
)
from datamotion.cli.output import Output, print_json
from datamotion.cli.render_migrations import render_migrations
from datamotion.cli.telling import show_warning
from datamotion.errors import ConfigError
from datamotion.exit_status import ExitStatus
from datamotion.service import migrations as service
from datamotion.service import under_way
from datamotion.service.in_turn import AT_ONCE
from datamotion.service.item_patterns import is_pattern, items_meant
from datamotion.service.open_runs import is_left

What = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help="BACKEND:VOLUMES, the back end where they are and names, patterns or uuids, with commas; or BACKEND and"
        " --all; or BACKEND:VOLUME/PATH of a LUN or file, or VOLUME/PATTERN, or VOLUME/FOLDER/ with all that is in it;"
        " or a GROUP of the configuration, with its mirrors.",
        autocompletion=complete_place,
    ),
]
AllVolumes = Annotated[bool, typer.Option("--all", help="All volumes of the back end that WHAT is then.")]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="PLACE",
        help="The back end where they are to live; of a LUN or file BACKEND:VOLUME, and /PATH where that changes"
        " or /FOLDER/ that it goes into.",
        autocompletion=complete_backend,
    ),
]
Aggregates = Annotated[
    list[str] | None,
    typer.Option(
        "--aggregate",
        metavar="AGGREGATE",
        help="Without --to, the one to move them to. With it, one that may hold them there, once for each; without any,"
        " those that the configuration maps there.",
    ),
]
KeepSource = Annotated[
    bool, typer.Option("--keep-source", help="Leave the old volumes, with nobody let in, where new ones are made.")
]
CutoverAt = Annotated[
    str | None,
    typer.Option("--cutover-at", metavar="TIME", help="Move to another aggregate not before it: 2031-05-04T02:00Z."),
]
Abort = Annotated[bool, typer.Option("--abort", help="Undo what has begun, while nothing is decided.")]
AtOnce = Annotated[
    int,
    typer.Option("--at-once", min=1, max=50, help="How many LUNs that a pattern means are moved or copied at a time."),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show every mechanism, with its price and why it is taken or not, and stop.")
]


def migrate(
    context: typer.Context,
    what: What,
    all_volumes: AllVolumes = False,
    to: To = None,
    aggregates: Aggregates = None,
    keep_source: KeepSource = False,
    cutover_at: CutoverAt = None,
    abort: Abort = False,
    explain: Explain = False,
    at_once: AtOnce = AT_ONCE,
    reason: Why = None,
    config: ConfigFile = DEFAULT_CONFIG,
    output: OutputForm = Output.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Bring volumes to another aggregate, SVM or cluster, or a LUN or file to another volume, by the cheapest
    mechanism that the two places allow.

    Within an SVM the cluster moves them, and clients notice nothing. To another one they are mirrored, clients are kept
    away until the last snapshot is carried over, and they are served there; the old ones are deleted only once the new
    ones are seen to serve. A LUN goes to another volume of its SVM, or to another name, while its hosts go on; to
    another SVM of its cluster it is copied while they are kept away. A file is copied to any volume of its cluster, and
    renamed within its own. Run again after anything it goes on; --abort goes back, while nothing is decided.

    A protected group goes as a whole: its volumes to the back end of --to, and its mirrors follow them there from
    snapshots that both hold. What would be carried anew is told first. The configuration is changed by hand then.

    A pattern of LUNs and files (VOLUME/lun*), or a folder (VOLUME/FOLDER/), is brought elsewhere one by one, in the
    order of their names: to the same paths of the other volume, or, with --to BACKEND:VOLUME/FOLDER/, into that folder.

    A back end and --all is all volumes of it, as a pattern that selects each. To another SVM none goes while one of
    them is protected: that goes with its group.

    Example: datamotion migrate gold-paris:vol_1 --to gold-lyon

    Example: datamotion migrate gold-paris --all --to gold-lyon
    """
    session = open_session(context, config)
    if all_volumes:
        what = service.all_volumes_of(session, what)
    if is_pattern(what):
        if aggregates or cutover_at is not None:
            raise ConfigError(
                "--aggregate and --cutover-at are for whole volumes", hint="leave them out, or name those"
            )
        find = partial(items_meant, session, what, to=to, keeps_source=keep_source, is_undone=abort)
        with _telling_what_is_left():
            carry_out_many(
                session,
                anyio.run(find),
                output,
                yes=yes,
                dry_run=dry_run or explain,
                explains=explain,
                is_undone=abort,
                reason=reason,
                at_once=at_once,
            )
    migration = service.migration_of(
        session,
        what,
        to=to,
        aggregates=tuple(aggregates or ()),
        keeps_source=keep_source,
        cutover_at=instant("--cutover-at", cutover_at) if cutover_at is not None else None,
        is_undone=abort,
    )
    intent = service.abort(migration, was_begun=is_left(session, migration)) if abort else service.migrate(migration)
    with _telling_what_is_left():
        carry_out(session, [intent], output, yes=yes, dry_run=dry_run or explain, reason=reason)


@contextmanager
def _telling_what_is_left() -> Iterator[None]:
    """Where a migration is interrupted: what it has taken aside, or kept clients from, stays so."""
    try:
        yield
    except KeyboardInterrupt:
        show_warning(
            "what was begun, if anything, is left as it is: datamotion migrations shows it, the same command goes on"
            " with it, with --abort back while nothing is decided"
        )
        raise


def migrations(context: typer.Context, config: ConfigFile = DEFAULT_CONFIG, output: OutputForm = Output.TEXT) -> None:
    """Tell which volumes, LUNs and files are on their way, how far they are and how long what is left takes.

    Copies of files, and groups that are brought to one of their targets, are those that were asked for with this store:
    no cluster tells them from others.

    Example: datamotion migrations
    """
    report = anyio.run(under_way.migrations, open_session(context, config))
    status = ExitStatus.SILENT if report.unseen else ExitStatus.DONE
    if output is Output.TEXT:
        render_migrations(report)
    else:
        print_json("migrations", report, status, output)
    raise typer.Exit(status)
