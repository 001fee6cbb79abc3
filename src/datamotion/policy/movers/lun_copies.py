"""What is seen of a LUN that is copied to another SVM, and of the hosts that use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import PlacedLun, lun_name
from datamotion.model.lun_mark import LONGEST_COMMENT, CopyMark, copy_mark, is_leaving, leaving, unmarked
from datamotion.model.plan import Refusal
from datamotion.model.serving_records import Igroup
from datamotion.model.standing import Standing
from datamotion.model.units import size_text
from datamotion.model.view import ClusterView
from datamotion.model.words import VolumeState
from datamotion.policy.movers.items import lun_at_goal, lun_at_source
from datamotion.policy.proofs.lun_places import igroup_named, is_resized, lun_of


class Pair(NamedTuple):
    """The LUN that is copied and what was made from it by this migration, whatever people call them by now."""

    old: PlacedLun | None
    new: PlacedLun | None

    @property
    def mark(self) -> CopyMark | None:
        return copy_mark(self.new.comment) if self.new is not None else None

    @property
    def is_given(self) -> bool:
        """Whether all who used the old one have been given the new one: its mark says so, or went since."""
        return self.new is not None and (self.mark is None or self.mark.is_mapped)


def pair_of(migration: ItemMigration, standing: Standing, began: PlacedLun | None = None) -> Pair:
    """As they are seen. `began` is the old one as the run saw it first: by its uuid it is known under any name."""
    source, named = migration.source, lun_at_source(migration, standing)
    goal, seen = lun_at_goal(migration, standing), standing.sites[source.name].seen
    if not isinstance(seen, ClusterView):
        return Pair(None, None)
    if began is not None:
        old = lun_of(seen, began.uuid)
    else:
        mark = copy_mark(goal.comment) if goal is not None and _is_from(goal, migration, None) else None
        marked = lun_of(seen, mark.source_uuid) if mark is not None else None
        old = marked if marked is not None and marked.svm == source.svm else named
    at_goal = goal if goal is not None and _is_copy(goal, migration, old) else None
    elsewhere = (each for each in _marked_at(migration, standing) if _is_copy(each, migration, old))
    return Pair(old, at_goal or next(elsewhere, None))


def _marked_at(migration: ItemMigration, standing: Standing) -> Iterator[PlacedLun]:
    seen = standing.sites[migration.to.name].seen
    for lun in (seen.lun_places or ()) if isinstance(seen, ClusterView) else ():
        if lun.svm == migration.to.svm and copy_mark(lun.comment) is not None:
            yield lun


def _is_copy(new: PlacedLun, migration: ItemMigration, old: PlacedLun | None) -> bool:
    """Whether something was made by this migration of that LUN, or of one that is not there any more."""
    mark = copy_mark(new.comment)
    if mark is not None and old is not None:
        return mark.source_uuid == old.uuid
    is_marked = mark is not None or (old is not None and is_leaving(old.comment))
    return is_marked and _is_from(new, migration, old)


def _is_from(new: PlacedLun, migration: ItemMigration, old: PlacedLun | None) -> bool:
    """Whether its cluster says that it was copied from that LUN, by the name that it had or has."""
    names = {lun_name(migration.volume, migration.path), *((old.name,) if old is not None else ())}
    return new.copy is not None and new.copy.source in names


def is_left(migration: ItemMigration, old: PlacedLun, new: PlacedLun) -> bool:
    """Whether a LUN was left with no host let in after the other one had been made from it."""
    return not (old.is_enabled or is_leaving(old.comment)) and _is_from(new, migration, old)


def why_not_as_made(migration: ItemMigration, pair: Pair) -> Refusal | None:
    """Why a copy is not gone on with as it is: somebody renamed it, or gave the old one another size."""
    (old, new), goal = pair, lun_name(migration.to_volume, migration.to_path)
    if new is not None and new.name != goal:
        return Refusal(
            text=f"its copy is called {new.name} at {migration.to.name}",
            hint=f"rename it to {goal}, or let the command go on that began it; the same command with --abort"
            " deletes it",
        )
    if old is None or new is None or pair.is_given or not is_resized(new, old):
        return None
    return Refusal(
        text=f"{old.name} has {size_text(old.size_bytes)} and its copy {size_text(new.size_bytes)}: one of them was"
        " resized after the copy was begun",
        hint="the same command with --abort deletes the copy, and hosts use the LUN again; then begin again",
    )


def why_gone(migration: ItemMigration, standing: Standing, pair: Pair, began: PlacedLun | None) -> Refusal | None:
    """Where the old LUN is seen under no name: why that is not the end of its migration. None: it is."""
    volume = standing.sites[migration.source.name].volumes.get(migration.volume)
    if volume is not None and volume.state is not VolumeState.ONLINE:
        text = f"whether LUN {migration.item} is there is not seen: {volume.name} is {volume.state}"
        return Refusal(text=text, hint="look at it, then run the same command again")
    if pair.is_given:
        return None
    users = ", ".join(name for name, _ in began.igroups) if began is not None else ""
    used = f", which was mapped to {users}," if users else ""
    text = f"LUN {migration.item}{used} was deleted by somebody before its hosts were given its copy"
    if pair.new is None:
        return Refusal(text=f"{text}, and no copy of it is seen at {migration.to.name}", hint=None)
    copy = f", and the cluster says {pair.new.copy.state} of that copy" if pair.new.copy is not None else ""
    return Refusal(
        text=f"{text}: {pair.new.name} at {migration.to.name} is what is left of it{copy}",
        hint=f"if hosts are to use that: map it to them at {migration.to.cluster}, and take what datamotion noted in"
        " brackets out of its comment; else delete it there",
    )


def why_no_marks(lun: PlacedLun) -> Refusal | None:
    """What is written into its comment and the copy's has to have room there: a person's text is never cut."""
    longest = max(
        leaving(unmarked(lun.comment)),
        CopyMark(lun.uuid, was_off=True, is_mapped=True).write(unmarked(lun.comment)),
        key=len,
    )
    if len(longest) <= LONGEST_COMMENT:
        return None
    text = f"its comment leaves no room for what is noted there meanwhile: {len(longest)} characters of 254"
    return Refusal(text=text, hint=f"shorten the comment of {lun.name}")


def strangers(migration: ItemMigration, standing: Standing, lun: PlacedLun) -> Iterator[Refusal]:
    """Groups of the other SVM that are called as one that the LUN is mapped to, and are not of the same hosts."""
    seen, there = standing.sites[migration.source.name].seen, migration.to
    if not isinstance(seen, ClusterView):
        return
    if seen.lun_maps is None and lun.igroups:
        text = f"to whom LUNs of {there.svm} are mapped is not told"
        yield Refusal(text=text, hint="the account needs /api/protocols/san/lun-maps")
    for name, _ in lun.igroups:
        ours, theirs = igroup_named(seen, migration.source.svm, name), igroup_named(seen, there.svm, name)
        if seen.igroups is None or ours is None:
            text = f"which hosts are in igroup {name} of {migration.source.svm} is not told"
            yield Refusal(text=text, hint="the account needs /api/protocols/san/igroups")
        elif theirs is not None and theirs.initiators != ours.initiators:
            text = f"igroup {name} of {there.svm} is not of the hosts that {name} of {migration.source.svm} is of"
            yield Refusal(text=text, hint="make their initiators alike, or rename one")


def numbers_of(seen: ClusterView, svm: str, igroup: Igroup) -> frozenset[int | None]:
    """Those by which some of the hosts of a group know LUNs of an SVM."""
    groups = {each.name for each in seen.igroups or () if each.svm == svm and each.initiators & igroup.initiators}
    return frozenset(each.number for each in seen.lun_maps or () if each.svm == svm and each.igroup in groups)
