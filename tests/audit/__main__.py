"""`make audit`: asks pip-audit about every package that constraints.txt pins.

pip-audit calls a package that its index does not know "skipped" and ends as if all were well. Here what was not looked
at never passes. Exit status: 0 no advisory is known for any; 1 for some there is one; 2 not all could be asked about.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_CONSTRAINTS = ROOT / "constraints.txt"
_HOW = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")
_KNOWN, _NOT_ASKED = 1, 2


def main(command: Sequence[str]) -> int:
    """Runs that command, pip-audit with what else it is to be given, and says what came of it."""
    ended = subprocess.run([*command, "--requirement", _CONSTRAINTS, *_HOW], capture_output=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        said = ended.stderr.decode(errors="replace").strip().splitlines()
        return _say_not_asked("no index of advisories could be asked", said[-1] if said else "pip-audit said nothing")
    concerned = [each for each in packages if each.get("vulns")]
    for package in concerned:
        for advisory in package["vulns"]:
            mended = ", ".join(advisory["fix_versions"]) or "no release yet"
            print(f"{package['name']} {package['version']}: {advisory['id']}, mended in {mended}")
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    if unknown:
        names = "none of them is known there" if len(unknown) == len(packages) else f"not known: {', '.join(unknown)}"
        _say_not_asked(f"{len(unknown)} of {len(packages)} packages could not be asked about", names)
    elif not concerned:
        print(f"{len(packages)} packages of {_CONSTRAINTS.name}: no advisory is known")
    return _KNOWN if concerned else _NOT_ASKED if unknown else 0


def _say_not_asked(what: str, why: str) -> int:
    print(f"{what}: {why}", file=sys.stderr)
    needs = 'An index of advisories has to be within reach; ARGS="-s osv" asks another one.'
    print(f"Nothing is said about those. {needs}", file=sys.stderr)
    return _NOT_ASKED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
