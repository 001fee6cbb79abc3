"""By which ways hosts come to a copy that serves: the maps of its LUNs and the SMB shares that lead to it.

The marks of all copies note them, in the home's names. A copy that took over keeps what is noted beside what it has:
an igroup or a CIFS server that its SVM lacks is not forgotten by that, and comes back with the home.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from datamotion.model.mark import LONGEST_COMMENT, Mark
from datamotion.model.standing import Copy, Standing
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.ways_in import (
    NONE,
    MapNote,
    Noted,
    ShareNote,
    read_maps,
    read_shares,
    size_in_mark,
    write_maps,
    write_shares,
)
from datamotion.policy.needs import mark_of

_RESERVED = 256
"""Bytes of a comment that are left for what a fence, a pause or a planned failover has to note."""


class WaysIn(NamedTuple):
    """Each is None where it is neither told nor noted."""

    maps: Noted[MapNote] | None
    shares: Noted[ShareNote] | None

    @property
    def left_out(self) -> int:
        return sum(each.left_out for each in self if each is not None)


def ways_of(standing: Standing, copy: Copy) -> WaysIn:
    """What a copy that serves, or served last, has by now; what its mark notes, where that is not told."""
    noted, seen = ways_noted(copy.mark), standing.sites[copy.id.backend].seen
    if not isinstance(seen, ClusterView) or not copy.is_online:
        return noted
    is_taken_over = copy.mark is not None and copy.mark.origin != copy.volume.uuid
    had = noted if is_taken_over else WaysIn(None, None)
    tells_maps = {Aspect.LUNS, Aspect.LUN_MAPS} <= seen.looked_at.keys() and None not in (seen.luns, seen.lun_maps)
    tells_shares = Aspect.CIFS_SHARES in seen.looked_at and seen.cifs_shares is not None
    return WaysIn(
        maps=_maps(standing, copy, had.maps) if tells_maps else noted.maps,
        shares=_shares(copy, had.shares) if tells_shares else noted.shares,
    )


def ways_had(standing: Standing, copy: Copy) -> WaysIn:
    """By what hosts came to the copy that served before this one takes over: as that shows it, else as is noted."""
    noted, before = ways_noted(copy.mark or mark_of(standing, copy.id.volume)), _before(standing, copy)
    if before is None:
        return noted
    ways = ways_of(standing, before)
    return WaysIn(ways.maps or noted.maps, ways.shares or noted.shares)


def with_ways(mark: Mark, comment: str, ways: WaysIn, *, has_luns: bool) -> Mark:
    """The mark with as much of this as a comment has room for; that a volume's LUNs are mapped to nobody, too."""
    maps, shares = mark.maps, mark.shares
    room = _room(mark, comment) if any(each and (each.found or each.left_out) for each in ways) else 0
    if ways.maps is not None:
        maps = write_maps(ways.maps.found, room - len(" maps="), ways.maps.left_out)
        maps = maps if has_luns or maps != NONE else None
    room -= len(" maps=") + size_in_mark(maps) if maps else 0
    if ways.shares is not None:
        shares = write_shares(ways.shares.found, room - len(" shares="), ways.shares.left_out)
    return mark if (maps, shares) == (mark.maps, mark.shares) else replace(mark, maps=maps, shares=shares)


def _room(mark: Mark, comment: str) -> int:
    """The bytes that are left beside what people wrote and what a mark holds for good."""
    lasting = replace(mark, maps=None, shares=None, qtrees=None, luns=None, epoch=None, frozen=None)
    lasting = replace(lasting, paused=None, paused_by=None, reason=None)
    return LONGEST_COMMENT - _RESERVED - len(lasting.write(comment).encode())


def ways_noted(mark: Mark | None) -> WaysIn:
    """What a mark tells."""
    return WaysIn(read_maps(mark.maps), read_shares(mark.shares)) if mark is not None else WaysIn(None, None)


def _before(standing: Standing, copy: Copy) -> Copy | None:
    """Who serves the volume still, or did until this copy took over in a run that is not done yet."""
    active = standing.active.get(copy.id.volume)
    if active is not None and active != copy.id:
        return standing.copies.get(active)
    newest = standing.claims[0] if standing.claims else None
    if newest is None or newest.backend != copy.id.backend or newest.served is not None:
        return None
    last = next((each.backend for each in standing.claims if each.backend != copy.id.backend), None)
    return standing.copy(last, copy.id.volume) if last else None


def _maps(standing: Standing, copy: Copy, had: Noted[MapNote] | None) -> Noted[MapNote]:
    """`had`: what was noted beside what it has; a LUN that is gone is not mapped any more."""
    paths = {lun.uuid: lun.path for lun in copy.doors.luns}
    found = {}
    for each in copy.doors.maps:
        if igroup := standing.group.home_igroup(copy.id.backend, each.igroup):
            found[paths[each.lun_uuid], igroup] = each.number
    for note in had.found if had else ():
        if note.lun in paths.values():
            found.setdefault((note.lun, note.igroup), note.number)
    all_noted = len(had.found) + had.left_out if had else 0
    left_out = max(0, all_noted - len(found)) if had and had.left_out else 0
    return Noted(tuple(MapNote(lun, number, igroup) for (lun, igroup), number in found.items()), left_out)


def _shares(copy: Copy, had: Noted[ShareNote] | None) -> Noted[ShareNote]:
    junction = copy.volume.path or (copy.mark.path if copy.mark else None) or ""
    found = {
        each.name.casefold(): ShareNote(
            each.name, each.path[len(junction) :].strip("/"), each.comment, each.properties, each.acl
        )
        for each in copy.doors.shares
    }
    for note in had.found if had else ():
        found.setdefault(note.name.casefold(), note)
    all_noted = len(had.found) + had.left_out if had else 0
    left_out = max(0, all_noted - len(found)) if had and had.left_out else 0
    return Noted(tuple(found.values()), left_out)
