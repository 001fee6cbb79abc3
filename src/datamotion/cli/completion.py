"""What the shell offers: names that are known here. No cluster is asked, and a mistake is not for this moment.

Volumes are those that the last runs of the group were about, as the store remembers them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from datamotion.errors import DataMotionError

USUAL_CONFIG = Path("datamotion.yaml")
USUAL_LAB = Path("lab")


def complete_group(context: typer.Context) -> Sequence[str]:
    """The groups of the configuration that the command line names."""
    from datamotion.config.loading import load

    try:
        return list(load(_config(context)).groups)
    except DataMotionError:
        return []


def complete_backend(context: typer.Context) -> Sequence[str]:
    """The back ends of the groups that were typed, their homes first; else all."""
    from datamotion.config.loading import load

    try:
        configuration = load(_config(context))
    except DataMotionError:
        return []
    groups = [group for each in _groups(context) if (group := configuration.groups.get(each))]
    found = [name for each in groups for name in (each.home, *(target.backend for target in each.targets))]
    return list(dict.fromkeys(found or configuration.backends))


def complete_place(context: typer.Context) -> Sequence[str]:
    """Groups, and back ends as `migrate` takes them: volumes follow, unless all of one were asked for."""
    if context.params.get("all_volumes"):
        return complete_backend(context)
    return [*complete_group(context), *(f"{backend}:" for backend in complete_backend(context))]


def complete_volume(context: typer.Context) -> Sequence[str]:
    """The volumes of the group that was typed."""
    from datamotion.config.loading import load
    from datamotion.service.history import volumes_of

    try:
        return volumes_of(load(_config(context)).store, next(iter(_groups(context)), None))
    except DataMotionError:
        return []


def complete_only(context: typer.Context) -> Sequence[str]:
    """What `status --only` takes beside patterns: what is wrong with a volume, and the volumes by their names."""
    from datamotion.service.status_choice import BROKEN, LATE

    return [LATE, BROKEN, *complete_volume(context)]


def complete_cluster(context: typer.Context) -> Sequence[str]:
    """The clusters of the lab whose folder the command line names."""
    from ontaplab.site import Site, SiteError

    try:
        return list(Site.open(context.params.get("folder") or USUAL_LAB).clusters)
    except (SiteError, OSError):
        return []


def complete_fault(context: typer.Context) -> Sequence[tuple[str, str]]:
    """Every kind of fault, with what happens."""
    from ontaplab.faults.fault import KINDS

    del context
    return [(kind, takes.meaning) for kind, takes in KINDS.items()]


def _groups(context: typer.Context) -> Sequence[str]:
    """Those that were typed."""
    one = context.params.get("group")
    return [one] if one else context.params.get("groups") or ()


def _config(context: typer.Context) -> Path:
    return context.params.get("config") or USUAL_CONFIG
