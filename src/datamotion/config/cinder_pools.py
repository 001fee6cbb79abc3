"""The volumes behind the pools of a back end of Cinder, as far as they can be told without asking a cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

_ALL = frozenset({"", ".+", ".*"})
_NAME = re.compile(r"(\w[\w-]*)(\.[*+])?")


def patterns_of(written: str) -> Sequence[str]:
    """Cinder's regular expressions as patterns of a shell. Raises: ValueError for what these cannot say."""
    found = []
    for each in written.split(","):
        bare = each.strip("^$ \t")
        bare = bare[1:-1] if bare.startswith("(") and bare.endswith(")") else bare
        if bare in _ALL:
            found.append("*")
        elif (named := _NAME.fullmatch(bare)) is not None:
            found.append(named[1] + {None: "", ".*": "*", ".+": "?*"}[named[2]])
        else:
            raise ValueError("no pattern of datamotion says the same; --volumes can name the pools' volumes")
    return found


def called_by(junction: str) -> str:
    """The volume that most likely is mounted there: a path ends in its volume's name unless somebody chose another."""
    return junction.rstrip("/").rpartition("/")[2]


def noted_volumes(path: Path, group: str) -> Sequence[str] | None:
    """The volumes in the configuration that datamotion-cinder wrote; None where it wrote none that can be read."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        names = tree["backends"][group]["volumes"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return names if isinstance(names, list) and all(isinstance(each, str) for each in names) else None
