"""`make bench`: the numbers of docs/bench.md. `make bench ARGS="listing hours"` measures these only.

    beside      datamotion beside OpenStack Cinder on one lab; `beside:10,50` for these numbers of volumes
    drivers     replication by Cinder's driver and by datamotion-cinder; `drivers:10,50` for these numbers of pools
    starts      `--help` and `status` as processes; `starts:21` of so many runs; BEFORE=FOLDER: a checkout, too
    many        `status` of 10,000 relationships; `many:1000` of so many
    calls       datamotion's calls and seconds; `calls:10,100` for these numbers of volumes
    planned     planned failovers, and how long clients wait; `planned:10,50` for these numbers of volumes
    failovers   failovers against clusters that answer at once; `failovers:10,200` for these numbers of volumes
    lives       the life of mirrors against clusters that answer at once; `lives:10,200` for these numbers of volumes
    listing     10,000 relationships listed
    hours       1,000 virtual hours of 100 relationships; `hours:50` for so many
    transfer    1 GiB of changed data between two processes, and `cp`
    copy        `datamotion copy` beside cp, dd and what else is installed; `copy:256,3` with 256 MiB, three runs each
    blocks      1% of 10 GiB changed; `blocks:SEED` changes the same blocks again

Labs are made in the folder for temporary files (TMPDIR): `transfer`, `blocks` and `copy` need 10, 45 and 4
GiB there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench import beside, blocks, calls, copy, drivers, failovers, hours, listing, lives, many, starts, transfer
from bench.figure import HEAD, Figure


def main(asked: Sequence[str]) -> None:
    """Prints the tables for datamotion, and one for the lab."""
    wanted = [name.partition(":")[::2] for name in asked or (*_TABLES, *_FIGURES)]
    for name, numbers in wanted:
        if name in _TABLES:
            _TABLES[name](*([_numbers(numbers)] if numbers else []))
    figures = [(name, numbers) for name, numbers in wanted if name not in _TABLES]
    if figures:
        print(f"\n{HEAD}", flush=True)
    for name, numbers in figures:
        for figure in _FIGURES[name](*_numbers(numbers)):
            print(figure.row, flush=True)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


_TABLES: Mapping[str, Callable[..., None]] = {
    "beside": beside.measure,
    "drivers": drivers.measure,
    "calls": calls.measure,
    "planned": calls.measure_planned,
    "failovers": failovers.measure,
    "lives": lives.measure,
    "copy": copy.measure,
    "starts": starts.measure,
}
_FIGURES: Mapping[str, Callable[..., Iterable[Figure]]] = {
    "listing": listing.measure,
    "many": many.measure,
    "hours": hours.measure,
    "transfer": transfer.measure,
    "blocks": blocks.measure,
}


if __name__ == "__main__":
    main(sys.argv[1:])
