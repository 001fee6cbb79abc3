"""Why a protected group is not brought to another home: told before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.group_migration import GroupMigration
from datamotion.model.plan import Refusal
from datamotion.model.standing import Copy, Standing
from datamotion.model.words import Role
from datamotion.policy.home import as_new_home
from datamotion.policy.mirrors.peering import Peering
from datamotion.policy.movers.mirror import moving, name_taken, not_there, unmirrorable
from datamotion.policy.needs import names_text
from datamotion.policy.obstacles import site_obstacle
from datamotion.policy.protect.protect import protect_planner


def members(migration: GroupMigration, standing: Standing) -> list[Copy]:
    """The group's copies at its home."""
    copies = (standing.copy(migration.source.name, volume) for volume in standing.volumes)
    return [copy for copy in copies if copy is not None]


def mirrored(migration: GroupMigration, standing: Standing) -> Iterator[tuple[Copy, Copy]]:
    """What serves each volume, with each copy of it that is to follow."""
    for volume, active in standing.active.items():
        served = standing.copies.get(active) if active is not None else None
        for target in migration.others if served is not None else ():
            if served is not None and (mirror := standing.copy(target.backend.name, volume)) is not None:
                yield served, mirror


def missing_group(migration: GroupMigration, standing: Standing) -> Refusal | None:
    """Why there is nothing to bring elsewhere."""
    group = migration.name
    if standing.is_fresh or not standing.volumes:
        hint = (
            f"datamotion apply {group} protects it; what is not protected goes by `datamotion migrate BACKEND:VOLUMES`"
        )
        return Refusal(text=f"nothing of {group} is protected yet", hint=hint)
    return None


def barred(migration: GroupMigration, standing: Standing) -> Refusal | None:
    """Why it is neither begun nor gone on with, as what was failed over there by itself would be with its last part."""
    return None if standing.is_fresh else _alone(migration, standing) or _nowhere(migration, standing)


def why_not(migration: GroupMigration, standing: Standing) -> Refusal | None:
    """Why it is not begun; None: it can be."""
    group, home = migration.name, migration.source.name
    if refusal := barred(migration, standing):
        return refusal
    for backend in migration.group.backends:
        if refusal := not_there(standing, backend.name):
            return refusal
    served = {each.backend for each in standing.active.values() if each is not None}
    if elsewhere := sorted(served - {home, migration.to.name}):
        text = f"{names_text(elsewhere)} serves {group}, not its home {home}"
        is_left = not members(migration, standing)  # by somebody who has brought it there for good
        instead = f"{as_new_home(migration.of, elsewhere[0])}, then run the same command again"
        return Refusal(text=text, hint=instead if is_left else f"datamotion failback {group} brings it home first")
    for copy in members(migration, standing):
        if refusal := name_taken(migration, standing, copy.volume) or moving(migration, standing, copy.volume):
            return refusal
    if refusal := next(_astray(migration, standing), None):
        return refusal
    mirroring = protect_planner(migration.group, only=migration.to.name)
    lacking = unmirrorable(mirroring, standing, migration.to, migration.aggregates)
    return lacking or next(_apart(migration, standing), None)


def _alone(migration: GroupMigration, standing: Standing) -> Refusal | None:
    """That nothing would mirror the group where it goes: what is deleted last is the one other copy."""
    if migration.others or not migration.is_to_target:
        return None
    group, home, to = migration.name, migration.source.name, migration.to.name
    if standing.serving is not None and standing.serving.backend == to:
        copies = [(each, standing.copy(to, each.id.volume)) for each in members(migration, standing)]
        is_turned = all(new is not None and old.edge is not None and old.edge.source == new.id for old, new in copies)
        first = "" if copies and is_turned else f"datamotion reprotect {group}, then "
        hint = f"to keep it there: {first}{exchanged(group, home, to)}"
    else:
        hint = f"to serve it there, and mirror it to {home} from then on: datamotion swap {group} --to {to}; to leave"
        hint += f" {home}: name another target of {group}, datamotion apply {group}, then the same command again"
    return Refusal(
        text=f"{to} is the only target of {group}: the copy at {home} is the one other, and once that is parted from"
        f" nothing mirrors what {to} serves",
        hint=hint,
    )


def exchanged(group: str, home: str, to: str) -> str:
    """What is written into the configuration where what serves is to stay so, and its old home to mirror it."""
    return f"name {to} as the home of {group}, and {home} as its target with aggregates, in place of {to}"


def _nowhere(migration: GroupMigration, standing: Standing) -> Refusal | None:
    """That volumes are to be made, and nobody says on which aggregates."""
    to, newest = migration.to, standing.claims[0] if standing.claims else None
    is_decided = newest is not None and newest.backend == to.name
    if migration.is_to_target or migration.aggregates or is_decided or standing.sites[to.name].svm is None:
        return None
    if all(standing.copy(to.name, each) is not None for each in standing.volumes):
        return None
    text = f"on which aggregate of {to.name} the volumes are made is not said"
    return Refusal(text=text, hint=f"--aggregate names one of {to.cluster}")


def _apart(migration: GroupMigration, standing: Standing) -> Iterator[Refusal]:
    """Targets at which nothing can be mirrored from where the group goes."""
    to = standing.sites[migration.to.name]
    for target in migration.others:
        here = standing.sites[target.backend.name]
        obstacle = site_obstacle(target, here, to) or Peering(to, here).obstacle()
        if obstacle is not None:
            text = f"the mirrors at {target.backend.name} could not follow: {obstacle[0]}"
            yield Refusal(text=text, hint=obstacle[1])


def _astray(migration: GroupMigration, standing: Standing) -> Iterator[Refusal]:
    """Copies that would not follow: they are no mirrors of what serves."""
    for served, mirror in mirrored(migration, standing):
        if mirror.role is not Role.MIRROR or mirror.edge is None or mirror.edge.source != served.id:
            text = f"the copy of {mirror.id.volume} at {mirror.id.backend} is {mirror.role}, and would not follow"
            yield Refusal(text=text, hint=f"datamotion apply {migration.name} says what mends it")
