"""Types the commands of a lab on the terminal that it runs on: `python -m tests.faces.lab_shown FOLDER`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from datamotion.cli.main import run
from tests.faces.pictures import begin

FACES: Mapping[str, Sequence[str]] = {
    "lab_up": ("up --port 0 --cluster paris --cluster lyon",),
    "lab_seed": ("seed --from files --volumes 2",),
    "lab_fault": (
        "fault add paris status --route GET:/storage/volumes --status 503 --retry-after 1 --count 5",
        "fault add paris slow_link --bytes-per-second 1000000",
        "fault list paris",
        "fault clear paris 1",
        "fault clear paris 7",
        "fault clear paris",
        "fault add paris flood",
    ),
    "lab_pace": (
        "pace list lyon",
        "pace set lyon --relationship * --held",
        "pace set lyon --route POST:/storage/volumes --after 30",
        "pace list lyon",
        "pace clear lyon 1",
        "pace clear lyon",
        "pace set lyon --held",
    ),
    "lab_start": ("kill lyon", "start lyon", "start lyon"),
    "lab_down": ("down", "status", "down --remove"),
}
"""What is typed for each, behind `datamotion lab`; a colon stands for the blank in a route."""


def main(folder: Path) -> None:
    os.chdir(folder)
    (folder / "files").mkdir()
    for number in range(6):
        (folder / "files" / f"ledger_{number}").write_bytes(b"trees" * 1000 * number)
    try:
        for face, lines in FACES.items():
            begin(face)
            for line in lines:
                words = [word.replace(":/", " /") for word in line.split()]
                print(f"$ datamotion lab {' '.join(words)}", flush=True)
                run(["lab", *words], None)
    finally:
        if (folder / "lab").exists():
            run(["lab", "down", "--remove"], None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
