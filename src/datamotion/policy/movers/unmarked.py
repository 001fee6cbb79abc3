"""What a migration may have made or fenced, and that tells so no more, as its comment was overwritten meanwhile.

Another command may have done that, which brings the same volumes elsewhere: the mark that was written last is that of
the one that goes on.
"""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.mark import read_mark
from datamotion.model.migration import PREFIX, is_migration
from datamotion.model.plan import Refusal
from datamotion.model.standing import FENCE, Standing
from datamotion.model.volume_records import Volume
from datamotion.model.words import VolumeType
from datamotion.policy.movers.offer import Leaving, selected

_AGAIN = "then run the same command again"


def unmarked(migration: Leaving, standing: Standing) -> Iterator[Refusal]:
    """Of what it is about, what nobody can tell whether it is the migration's own: so nothing of it is undone."""
    source = standing.sites[migration.source.name]
    for volume in selected(migration, standing):
        if volume.export == FENCE and read_mark(volume.comment) is None:
            yield _served_there(migration, standing, volume) or Refusal(
                volume=volume.name,
                backend=source.backend.name,
                text=f"{volume.name} is fenced at {source.backend.name}, and its mark was overwritten: how clients"
                " came to it nobody can tell",
                hint=f"at {source.backend.cluster}: volume modify -vserver {volume.svm} -volume {volume.name} -policy"
                f" POLICY, and volume mount where it was; {_AGAIN}",
            )
    yield from unmarked_mirrors(migration, standing)


def overtaken(migration: Leaving, standing: Standing) -> Iterator[Refusal]:
    """Of what it has mirrored, what another migration has marked as its own since: this one goes on with none of it."""
    source = migration.source.name
    for name in standing.volumes:
        old, new = standing.copy(source, name), standing.copy(migration.to.name, name)
        mark = read_mark(old.volume.comment) if old is not None and new is not None else None
        if old is None or mark is None or mark.group == migration.name or not is_migration(mark.group):
            continue
        other = mark.group.removeprefix(f"{PREFIX}{source}.")
        kept = f", and keeps clients away from it at {source}" if old.volume.export == FENCE else ""
        yield Refusal(
            volume=name,
            backend=source,
            text=f"another command brings {old.volume.name} to {other}{kept}: its mark tells so",
            hint="the same command with --abort undoes this one, which the other waits for in the end;"
            " `datamotion migrations` tells how far that is",
        )


def _served_there(migration: Leaving, standing: Standing, volume: Volume) -> Refusal | None:
    """That clients may have been brought from it to what is served there: nobody is told to let them in here again."""
    source, to = standing.sites[migration.source.name], standing.sites[migration.to.name]
    other = to.volumes.get(volume.name)
    if other is None or other.type is not VolumeType.RW or other.export == FENCE:
        return None
    old, new = (
        {each.version for each in site.snapshots.get(seen.uuid, ()) if each.version is not None}
        for site, seen in ((source, volume), (to, other))
    )
    held = "with a snapshot in common" if old & new else "and no snapshot is seen to be common to both"
    return Refusal(
        volume=volume.name,
        backend=source.backend.name,
        text=f"{volume.name} is fenced at {source.backend.name}, and {to.backend.name} serves a volume {other.name},"
        f" {held}",
        hint="where it was migrated with --keep-source, nothing is left to do for it: leave it out,"
        f" `datamotion migrate {source.backend.name}:'NAMES,!{volume.name}'`, or delete it once nobody needs it;"
        " else compare the two before clients come to both",
    )


def unmarked_mirrors(migration: Leaving, standing: Standing) -> Iterator[Refusal]:
    """The same of what mirrors its volumes: while one is there the migration is not over."""
    source, to = standing.sites[migration.source.name], standing.sites[migration.to.name]
    about = {each.name for each in selected(migration, standing)}
    for name, relationship in to.relationships.items():
        copy, is_from_here = to.volumes.get(name), source.svm and relationship.source_svm_uuid == source.svm.uuid
        if copy is None or not is_from_here or read_mark(copy.comment) is not None:
            continue
        if relationship.source.volume in about:
            yield Refusal(
                volume=relationship.source.volume,
                backend=to.backend.name,
                text=f"{name} at {to.backend.name} is a mirror of {relationship.source.volume}, {relationship.state},"
                " and bears no mark: whether this migration made it nobody can tell",
                hint=f"if it did and is to be undone, at {to.backend.cluster}: snapmirror delete -destination-path"
                f" {relationship.destination}, and delete the volume; {_AGAIN}",
            )
