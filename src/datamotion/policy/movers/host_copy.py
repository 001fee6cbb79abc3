"""Copying through this host, the last resort: offered with what it takes, and done by `datamotion copy`."""

from __future__ import annotations

from datamotion.model.group_migration import GroupMigration
from datamotion.model.item_migration import ItemMigration
from datamotion.model.migration import Migration
from datamotion.model.plan import Offer, Refusal
from datamotion.model.standing import Standing
from datamotion.policy.movers.items import file_at_source, lun_at_source
from datamotion.policy.movers.offer import seconds_for, selected


def host_copy(migration: Migration, standing: Standing) -> Offer:
    """What copying through this host would take."""
    data = sum(each.used_bytes for each in selected(migration, standing))
    return _offer(data, hint=_OF_VOLUMES)


def host_copy_of_group(migration: GroupMigration, standing: Standing) -> Offer:
    """What copying what a group serves through this host would take; its mirrors are made anew then."""
    served = (standing.copies.get(each) for each in standing.active.values() if each is not None)
    data = sum(each.volume.used_bytes for each in served if each is not None)
    return _offer((1 + len(migration.others)) * data, hint=_OF_VOLUMES)


_OF_VOLUMES = "mount both and run `datamotion copy SOURCE DESTINATION`, with clients stopped"
_HINT = "bring both here and run `datamotion copy SOURCE DESTINATION`, with hosts stopped"


def host_copy_of_item(migration: ItemMigration, standing: Standing) -> Offer:
    """What copying a LUN or a file through this host would take."""
    item = lun_at_source(migration, standing) or file_at_source(migration, standing)
    data = item.used_bytes if item is not None else 0
    return _offer(data, hint=_HINT if migration.is_within_cluster else f"{_HINT}; or migrate its whole volume")


def _offer(data: int, *, hint: str) -> Offer:
    return Offer(
        mechanism="copy through this host",
        data=data,
        seconds=seconds_for(2 * data),  # it is read and written
        interruption="Clients are stopped by hand until all is copied; no snapshot comes along",
        needs="both mounted here",
        why_not=Refusal(text="nothing is mounted here by datamotion", hint=hint),
    )
