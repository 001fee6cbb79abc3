"""`ontaplab serve FOLDER`: one cluster as a process. `ontaplab routes`: what is simulated."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from pathlib import Path

from ontaplab.extra import INSTALL, missing

_STARTING_FAILED = 2


def main() -> None:
    """The command line. Exit status 2: wrong usage, or the cluster could not be started."""
    arguments = _parser().parse_args()
    if names := missing():
        sys.stderr.write(f"ontaplab: {', '.join(names)} cannot be found: {INSTALL}\n")
        sys.exit(_STARTING_FAILED)
    if arguments.command == "routes":
        _print_routes()
    else:
        _serve(arguments.folder, arguments.announce, arguments.owner)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ontaplab", description="ONTAP clusters that run on one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="run the cluster in a folder",
        description="Runs the cluster in a folder until SIGTERM or SIGINT, and logs to stderr.",
    )
    serve.add_argument("folder", type=Path, help="the cluster's folder, with its cluster.json")
    serve.add_argument(
        "--announce",
        type=int,
        metavar="FD",
        help="run in the background; write a line to this file descriptor once the cluster answers, then close it",
    )
    serve.add_argument(
        "--owner",
        type=int,
        metavar="FD",
        help="once this file descriptor is at its end, end; the last cluster of a lab to do so removes the lab",
    )
    commands.add_parser("routes", help="print what is simulated: paths and methods")
    return parser


def _print_routes() -> None:
    from ontaplab.resources.routes import routes  # noqa: PLC0415  # only for this command

    for path, methods in routes():
        print(f"/api{path}  {methods}")  # noqa: T201  # what the command is for


def _serve(folder: Path, announce: int | None, owner: int | None) -> None:
    if announce is not None:
        _detach()
    gc.disable()  # nothing of what is imported is garbage: looking for it would take a tenth of the start
    from ontaplab.server import CannotServe, serve  # noqa: PLC0415  # slow; after detaching nobody waits for it

    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # most of what a request makes stays: records of thousands of volumes, and jobs
    gc.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs every request

    def answering() -> None:
        if announce is None:
            return
        try:
            os.write(announce, b"answering\n")
        except BrokenPipeError:
            if owner is None:
                raise
        os.close(announce)

    try:
        abandoned = serve(folder, answering, owner)
    except CannotServe as error:
        sys.stderr.write(f"ontaplab: {error}\n")
        sys.exit(_STARTING_FAILED)
    if abandoned:
        from ontaplab.site.ground import abandon  # noqa: PLC0415  # only then

        abandon(folder)
    logging.shutdown()
    os._exit(0)  # at once: an interpreter that cleans up would release the folder while the process is still there


def _detach() -> None:
    """From here on this is a child of nobody: whoever started it need not collect it when it ends."""
    if os.fork():
        os._exit(0)


if __name__ == "__main__":
    main()
