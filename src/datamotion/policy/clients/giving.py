"""Giving hosts the ways in that they had to a copy that is served now: LUN maps and SMB shares.

Nothing is taken from anybody, and nothing that is there is changed: what is otherwise than it was is told by name. So
is what cannot be made: an igroup or a CIFS server that the SVM has not is not invented.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from datamotion.model.plan import Gate
from datamotion.model.serving_acts import CreateShare, MapLun
from datamotion.model.serving_records import Lun, Share
from datamotion.model.standing import Copy, Site, Standing
from datamotion.model.units import count_text
from datamotion.model.view import ClusterView
from datamotion.model.ways_in import MapNote, Noted, ShareNote
from datamotion.policy.clients.ways_in import ways_had
from datamotion.policy.needs import path_of
from datamotion.policy.steps import Phase, StepList

MAP = "Map LUNs"  # what reports tell by that it was not given, as the next one
_MAP = Phase(rank=60, title=MAP, because="hosts had them mapped, and no mirror carries that", gate=Gate.BESIDE)
SHARE = "Create SMB shares"
_SHARE = Phase(rank=61, title=SHARE, because="hosts had them, and no mirror carries them", gate=Gate.BESIDE)
_HIGHEST = 4095


class _Wanted(NamedTuple):
    copy: Copy
    lun: Lun
    igroup: str
    number: int


class Giving:
    """Of what one back end serves, or is to. `is_carried`: what mirrors lack still comes before they are broken off."""

    def __init__(self, standing: Standing, site: Site, *, is_carried: bool = False) -> None:
        assert isinstance(site.seen, ClusterView)
        self._standing = standing
        self._is_carried = is_carried
        self._backend = site.backend
        self._seen = site.seen
        svm = site.backend.svm
        self._numbers: dict[str, set[int]] = defaultdict(set)  # by igroup
        for each in site.seen.lun_maps or ():
            if each.svm == svm:
                self._numbers[each.igroup].add(each.number)
        self._igroups = {each.name: each for each in site.seen.igroups or () if each.svm == svm}
        self._shares = {each.name.casefold(): each for each in site.seen.cifs_shares or () if each.svm == svm}
        self._wanted: list[_Wanted] = []
        self._differences: dict[str, list[str]] = {}

    def plan(self, due: StepList, copies: Sequence[Copy]) -> None:
        """What is left to do for these until hosts come to them as they did."""
        for copy in copies:
            maps, shares = ways_had(self._standing, copy)
            self._compare_luns(copy, maps)
            for note in shares.found if shares else ():
                self._give_share(due, copy, note)
            if shares is not None and shares.left_out:
                text = f"{count_text(shares.left_out, 'SMB share')} of it had no room in its comment"
                self._differ(text, copy.id.volume)
        self._map(due)

    def differences(self) -> list[str]:
        """What stays otherwise than hosts had it, and why, by name."""
        return [f"{', '.join(what)}: {why}" for why, what in self._differences.items()]

    def _differ(self, why: str, what: str) -> None:
        self._differences.setdefault(why, []).append(what)

    # -- LUNs

    def _compare_luns(self, copy: Copy, had: Noted[MapNote] | None) -> None:
        volume, doors = copy.id.volume, copy.doors
        if had is None:
            if doors.luns and not doors.maps:
                self._differ("its LUNs are mapped to nobody, and to whom they were was never noted", volume)
            return
        luns = {lun.path: lun for lun in doors.luns}
        paths = {lun.uuid: lun.path for lun in doors.luns}
        has = {(paths[each.lun_uuid], each.igroup): each.number for each in doors.maps}
        for note in had.found:
            igroup = self._standing.group.igroup_at(self._backend.name, note.igroup)
            what, number = f"LUN {volume}/{note.lun}", has.pop((note.lun, igroup), None)
            if number is None:
                self._want(copy, luns.get(note.lun), igroup, note)
            elif number != note.number:
                self._differ(f"mapped to igroup {igroup} as {number} where it was {note.number}", what)
        if had.left_out:
            self._differ(f"{count_text(had.left_out, 'map')} of its LUNs had no room in its comment", volume)
            return
        for path, igroup in sorted(has):
            self._differ(f"mapped to igroup {igroup} too, as it was not where it was served", f"LUN {volume}/{path}")

    def _want(self, copy: Copy, lun: Lun | None, igroup: str, note: MapNote) -> None:
        what, svm = f"LUN {copy.id.volume}/{note.lun}", self._backend.svm
        if lun is None and self._is_carried and not copy.is_writable:
            return
        if lun is None:
            self._differ(f"it was mapped to igroup {igroup}, and is not in this copy", what)
        elif self._seen.igroups is None or self._seen.lun_maps is None:
            self._differ(f"not mapped to igroup {igroup}: {self._backend.cluster} does not tell its maps", what)
        elif igroup not in self._igroups:
            self._differ(f"not mapped to igroup {igroup}: {svm} has none of that name", what)
        else:
            self._wanted.append(_Wanted(copy, lun, igroup, note.number))

    def _map(self, due: StepList) -> None:
        """Under the numbers that they had where no initiator sees another LUN by it, else under the lowest free one."""
        beside = {name: self._beside(name) for name in dict.fromkeys(each.igroup for each in self._wanted)}
        used = {name: {number for each in names for number in self._numbers[each]} for name, names in beside.items()}
        moved = []
        for each in self._wanted:
            if each.number in used[each.igroup]:
                moved.append(each)
            else:
                self._map_one(due, each, beside, used)
        for each in moved:
            number = next(number for number in count() if number not in used[each.igroup])
            what = f"LUN {each.copy.id.volume}/{each.lun.path}"
            if number > _HIGHEST:
                self._differ(f"not mapped to igroup {each.igroup}: every number is in use there", what)
                continue
            why = f"mapped to igroup {each.igroup} as {number} where it was {each.number}, which is in use there"
            self._differ(why, what)
            self._map_one(due, each._replace(number=number), beside, used)

    def _map_one(
        self, due: StepList, wanted: _Wanted, beside: Mapping[str, set[str]], used: Mapping[str, set[int]]
    ) -> None:
        copy, lun, igroup, number = wanted
        for other in beside[igroup] & used.keys():
            used[other].add(number)
        change = MapLun(svm=self._backend.svm, lun_uuid=lun.uuid, igroup=igroup, number=number)
        text = f"{copy.id.volume}: LUN {lun.path} to igroup {igroup} as {number}"
        due.add(_MAP, self._backend, copy.id.volume, change, text, about=f"{lun.uuid} {igroup}")

    def _beside(self, igroup: str) -> set[str]:
        """The igroups that share an initiator with this one, itself among them: each initiator sees a number once."""
        initiators = self._igroups[igroup].initiators
        return {igroup} | {each.name for each in self._igroups.values() if each.initiators & initiators}

    # -- shares

    def _give_share(self, due: StepList, copy: Copy, note: ShareNote) -> None:
        volume, name = copy.id.volume, f"SMB share {note.name}"
        junction = path_of(self._standing, volume).path
        if junction is None:
            self._differ(f"{volume} is mounted nowhere", name)
            return
        path = f"{junction.rstrip('/')}/{note.below}".rstrip("/")
        there = self._shares.get(note.name.casefold())
        if there is not None and there.path.rstrip("/").casefold() != path.casefold():
            self._differ(f"it leads to {there.path} there, and {path} is where it led", name)
        elif there is not None:
            if other := list(_otherwise(there, note)):
                self._differ(f"it is there with another {', '.join(other)} than it had", name)
        elif why := self._why_not_shared():
            self._differ(f"not made for {path}: {why}", name)
        else:
            share = Share(
                svm=self._backend.svm,
                name=note.name,
                path=path,
                comment=note.comment,
                properties=note.properties,
                acl=note.acl,
            )
            text = f"{volume}: SMB share {note.name} for {path}"
            due.add(_SHARE, self._backend, volume, CreateShare(share=share), text, about=note.name.casefold())

    def _why_not_shared(self) -> str | None:
        svm, cluster = self._backend.svm, self._backend.cluster
        if self._seen.cifs_shares is None or self._seen.cifs_servers is None:
            return f"{cluster} does not tell its CIFS servers and shares"
        return None if any(each.svm == svm for each in self._seen.cifs_servers) else f"{svm} has no CIFS server"


def _otherwise(share: Share, note: ShareNote) -> Iterator[str]:
    if share.comment != note.comment:
        yield "comment"
    had = dict(note.properties)
    yield from (name for name, value in share.properties if had.get(name, value) != value)
    if {_lower(each) for each in share.acl} != {_lower(each) for each in note.acl}:
        yield "ACL"


def _lower(entry: Sequence[str]) -> tuple[str, ...]:
    return tuple(each.casefold() for each in entry)
