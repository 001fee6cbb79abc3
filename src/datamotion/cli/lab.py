"""`datamotion lab`: clusters on this machine to try everything on."""

from __future__ import annotations

import shlex
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ontaplab.site import ClusterStatus, Seeded, Site

from datamotion.cli.columns import a_table, print_table
from datamotion.cli.completion import USUAL_LAB, complete_cluster
from datamotion.cli.listing import Listing
from datamotion.cli.terminal import open_console, plain, tell
from datamotion.errors import DataMotionError
from datamotion.exit_status import ExitStatus
from datamotion.model.units import count_text, size_text

lab = typer.Typer(
    name="lab",
    cls=Listing,
    help="ONTAP clusters on this machine, with real bytes, to try everything on.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="The folder that the lab lives in.")]
OneCluster = Annotated[
    str, typer.Argument(metavar="CLUSTER", help="One of the lab's clusters.", autocompletion=complete_cluster)
]

DEFAULT_FOLDER = USUAL_LAB


class LabError(DataMotionError):
    """The lab cannot do what was asked for; nothing is left half done."""

    code = "lab"
    exit_status = ExitStatus.USAGE


class LabFailed(LabError):
    """The machine or a cluster did not let the lab do it; nothing is left half done."""

    code = "lab-failed"
    exit_status = ExitStatus.FAILED


class LabMissing(LabError):
    """The product is installed without what its lab needs."""

    code = "lab-missing"


def require_lab() -> None:
    """Raises: LabMissing where the lab cannot be imported."""
    from ontaplab.extra import INSTALL, missing

    if names := missing():
        raise LabMissing(f"the lab is not installed here: {', '.join(names)} cannot be found", hint=INSTALL)


@contextmanager
def lab_errors(hint: str | None = None) -> Iterator[None]:
    """What the lab cannot do becomes an error of ours, with this hint if it has none of its own.

    Raises: LabMissing before anything is done.
    """
    require_lab()
    from ontaplab.site import SiteError

    try:
        yield
    except SiteError as error:
        kind = LabFailed if error.__cause__ else LabError
        raise kind(error.message, hint=error.hint or hint, below=error.below) from error


@lab.command()
def up(
    folder: Folder = DEFAULT_FOLDER,
    cluster: Annotated[
        list[str] | None,
        typer.Option("--cluster", metavar="NAME", help="A cluster to make; once for each. An earlier lab has its own."),
    ] = None,
    port: Annotated[int, typer.Option(help="The first cluster's port, the others count up; 0: any free ones.")] = 18443,
) -> None:
    """Start a lab: make its clusters, or start those of an earlier lab again.

    Writes the CA, the passwords (mode 600) and a ready datamotion.yaml into the folder.

    Example: datamotion lab up --dir lab --cluster paris --cluster lyon
    """
    from ontaplab.site import Site

    with lab_errors():
        site = Site.up(folder, cluster or _clusters_of(folder), base_port=port)
        shown = site.status()
        render_clusters(shown)
    configuration = folder / "datamotion.yaml"
    say(f"configuration: {configuration}")
    if any(each.volumes for each in shown):
        say(f"next: datamotion status -c {shlex.quote(str(configuration))} shows who serves its volumes")
    else:
        say(f"next: datamotion lab seed --dir {shlex.quote(str(folder))} fills a back end with files")


@lab.command()
def seed(
    folder: Folder = DEFAULT_FOLDER,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Where to; the lab's first cluster.", autocompletion=complete_cluster),
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FOLDER", help="The files; by default Python's standard library.")
    ] = None,
    volumes: Annotated[int, typer.Option(min=1, max=1000, help="Over how many volumes they are spread.")] = 4,
) -> None:
    """Fill a back end with real files: volumes vol_1, vol_2, ... with a folder's content spread over them.

    Example: datamotion lab seed --dir lab --from ~/photos --volumes 8
    """
    with lab_errors():
        site = open_site(folder)
        seeded = seed_site(site, cluster or site.clusters[0], source, volumes)
    files, held = count_text(seeded.files, "file"), size_text(seeded.bytes)
    print(f"{count_text(len(seeded.volumes), 'volume')}, {files}, {held}")
    if seeded.skipped:
        say(f"{count_text(seeded.skipped, 'file')} could not be read, or are no plain files, and were left out")
    say(f"next: datamotion plan -c {folder / 'datamotion.yaml'} shows what would protect them")


@lab.command()
def status(folder: Folder = DEFAULT_FOLDER) -> None:
    """Show the lab's clusters.

    Example: datamotion lab status --dir lab
    """
    with lab_errors():
        render_clusters(open_site(folder).status())


@lab.command()
def kill(cluster: OneCluster, folder: Folder = DEFAULT_FOLDER) -> None:
    """End a cluster's process with SIGKILL: the disaster.

    Example: datamotion lab kill paris --dir lab
    """
    with lab_errors():
        pid = open_site(folder).kill(cluster)
    back = f"datamotion lab start {cluster} --dir {shlex.quote(str(folder))} brings it back"
    say(f"{cluster} is killed, it was process {pid}. All that it held is there: {back}")


@lab.command()
def start(cluster: OneCluster, folder: Folder = DEFAULT_FOLDER) -> None:
    """Start a cluster again, with all that it held.

    Example: datamotion lab start paris --dir lab
    """
    with lab_errors():
        site = open_site(folder)
        site.start(cluster)
        (started,) = (each for each in site.status() if each.name == cluster)
    say(f"{cluster} runs at {started.url}, as process {started.pid}")


@lab.command()
def down(
    folder: Folder = DEFAULT_FOLDER,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the folder and all its data too.")] = False,
) -> None:
    """End all of the lab's processes. Its data stays, unless told otherwise.

    Example: datamotion lab down --dir lab --remove
    """
    with lab_errors():
        open_site(folder).down(remove=remove)
    again = f": datamotion lab up --dir {shlex.quote(str(folder))} starts it again"
    say(f"the lab in {folder} is ended" + (" and removed" if remove else again))


def _clusters_of(folder: Path) -> list[str]:
    """Those of the lab in the folder; where there is none yet, a pair."""
    from ontaplab.site import SiteError

    try:
        return open_site(folder).clusters
    except SiteError:
        return ["paris", "lyon"]


def open_site(folder: Path) -> Site:
    from ontaplab.site import Site

    return Site.open(folder)


def seed_site(site: Site, cluster: str, source: Path | None, volumes: int, *, copies: int = 1) -> Seeded:
    """Volumes with the files of a folder, by default those of the standard library, without what was added to it."""
    if source is not None:
        return site.seed(cluster, source, volumes=volumes, copies=copies)
    library = Path(sysconfig.get_path("stdlib"))
    return site.seed(cluster, library, volumes=volumes, leave_out={"site-packages", "__pycache__"}, copies=copies)


def say(text: str) -> None:
    """To the person at the terminal: what happened, what comes next. Standard output is for data."""
    tell(open_console(stderr=True), plain(text))


def render_clusters(clusters: Sequence[ClusterStatus]) -> None:
    """A lab's clusters, on standard output."""
    table = a_table("cluster", "state", "endpoint", "volumes", "bytes")
    for each in clusters:
        table.add_row(plain(each.name), _state(each), each.url, str(each.volumes), size_text(each.bytes))
    print_table(table)


def _state(cluster: ClusterStatus) -> str:
    return f"[green]running[/], pid {cluster.pid}" if cluster.pid is not None else "[red]stopped[/]"
