"""What is seen of a LUN that is copied to another SVM, and of the hosts that use it."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.item_migration import ItemMigration
from datamotion.model.item_records import PlacedLun, lun_name
from datamotion.model.lun_mark import LONGEST_COMMENT, CopyMark, copy_mark, is_leaving, leaving, unmarked
from datamotion.model.plan import Refusal
from datamotion.model.serving_records import Igroup
from datamotion.model.standing import Standing
from datamotion.model.view import ClusterView
from datamotion.policy.movers.items import lun_at_goal, lun_at_source
from datamotion.policy.proofs.lun_places import igroup_named


def copy_at_goal(migration: ItemMigration, standing: Standing) -> PlacedLun | None:
    """What is at the goal, where it is there by this migration."""
    new, old = lun_at_goal(migration, standing), lun_at_source(migration, standing)
    if new is None or new.copy is None or new.copy.source != lun_name(migration.volume, migration.path):
        return None
    mark = copy_mark(new.comment)
    if old is None:
        return new if mark is not None else None
    is_ours = mark.source_uuid == old.uuid if mark is not None else is_leaving(old.comment)
    return new if is_ours else None


def is_left(old: PlacedLun, new: PlacedLun) -> bool:
    """Whether a LUN was left with no host let in after the other one had been made from it."""
    is_off = not (old.is_enabled or is_leaving(old.comment))
    return is_off and new.copy is not None and new.copy.source == old.name


def why_no_marks(lun: PlacedLun) -> Refusal | None:
    """What is written into its comment and the copy's has to have room there: a person's text is never cut."""
    longest = max(
        leaving(unmarked(lun.comment)), CopyMark(lun.uuid, was_off=True).write(unmarked(lun.comment)), key=len
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
