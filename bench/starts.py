"""How soon a command is there: whole processes, Python's start included, and what they take of the CPU.

Waiting for clusters takes nothing of it, so `status` is told without the network. What only tests install, and httpx
imports where it finds it, is not there. With BEFORE, the folder of another checkout, its commands are measured too, in
turn with ours.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.ours import run
from bench.pair import lab

_OURS = Path(__file__).parents[1] / "src"
_LIBRARY = Path(os.__file__).parent / "json"
_VOLUMES = 4
_OF_TESTS = ("click", "trio")
_BOUNDS = {"--help": "0.15 s", "status": "0.35 s"}


def measure(runs: Sequence[int] = (11,)) -> None:
    """Prints the medians of so many runs."""
    sources = [Path(other) / "src"] if (other := os.environ.get("BEFORE")) else []
    sources.append(_OURS)
    with lab("paris", "lyon") as site:
        site.seed("paris", _LIBRARY, volumes=_VOLUMES)
        configuration = site.folder / "datamotion.yaml"
        run(configuration, "apply", "--yes")
        small = site.folder / "small"
        small.write_text("to be copied\n")
        commands: dict[str, tuple[Path | None, *tuple[str, ...]]] = {
            "--help": (None, "--help"),
            "status": (configuration, "status"),
            "plan": (configuration, "plan"),
            "explain gold": (configuration, "explain", "gold"),
            "copy SRC DST": (None, "copy", str(small), str(site.folder / "copied"), "--force"),
        }
        took: dict[tuple[str, Path], list[float]] = {(name, source): [] for name in commands for source in sources}
        for number in range(runs[0] + 1):
            for (name, source), costs in took.items():
                cost = run(*commands[name], source=source, without=_OF_TESTS)
                if number:  # the first one compiles
                    costs.append(cost.cpu_s)
    print(f"\n| command |{' of the CPU before |' * (len(sources) - 1)} of the CPU | wanted |")
    print("|---|" + "---|" * (len(sources) + 1))
    for name in commands:
        cells = [f"{median(took[name, source]):.3f} s" for source in sources]
        print(f"| `datamotion {name}` | {' | '.join(cells)} | {_BOUNDS.get(name, '')} |", flush=True)
