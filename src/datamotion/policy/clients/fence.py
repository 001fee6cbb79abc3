"""Keeping clients away from copies that were overtaken, with all their data kept.

An NFS client goes on writing through a handle that it has, whatever is unmounted: what keeps it out, at its next
request, is another export policy that lets nobody in and never did. So a fenced copy has that policy, its qtrees with
policies of their own too, and is mounted nowhere. SMB clients are bound by neither while they are connected: unmounted,
their sessions are closed, and they find nothing to connect to again. LUNs are disabled, their maps stay. What a copy
had before stands in its mark, and is given back when it serves again.

ONTAP does not tell a qtree's own policy from its volume's where both have one name. So a volume is fenced first, and
whatever of its qtrees does not follow then has a policy of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, unquote

from datamotion.model.mark import Mark
from datamotion.model.plan import Gate, Refusal
from datamotion.model.remark import Remark
from datamotion.model.serving_acts import CloseSessions, CreateExportPolicy, ModifyLun, ModifyQtree
from datamotion.model.serving_records import Lun, Qtree
from datamotion.model.standing import FENCE, Copy, CopyId, Site, Standing
from datamotion.model.units import count_text
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.volume_acts import ModifyVolume
from datamotion.model.words import Role
from datamotion.policy.clients.ways_in import ways_of, with_ways
from datamotion.policy.gaps import HINT
from datamotion.policy.steps import Phase, StepList

_POLICY = Phase(  # ranks are their order, behind the occasion's
    rank=0, title="Create the fence", because="no export policy there lets nobody in, which is what keeps clients out"
)
_NOTE = Phase(rank=1, title="Note how they were served", because="so that the fence can be lifted exactly")
_SHUT = Phase(rank=2, title="Fence", because="what clients write there is in no other copy")
_CLOSE = Phase(rank=3, title="Close SMB sessions", because="who is connected goes on writing")


FENCING = "Fence the overtaken copies"


class Occasion(NamedTuple):
    """Why clients are kept away, and when. `frozen` names the last snapshot of copies that are to be carried over."""

    because: str
    title: str = FENCING
    rank: int = 29
    gate: Gate = Gate.EACH
    frozen: Mapping[CopyId, str] = MappingProxyType({})


def overtaken(standing: Standing) -> list[Copy]:
    """Copies in sight that served until another back end took over, and that clients can come to still."""
    return [copy for copy in standing.copies.values() if copy.role is Role.OVERTAKEN]


def fenced(standing: Standing) -> list[Copy]:
    """Copies in sight that served once, and that no client can come to."""
    return [copy for copy in standing.copies.values() if copy.role is Role.FENCED]


def unseen_sessions(standing: Standing, copies: Iterable[Copy]) -> list[Remark]:
    """Where these are that nobody can tell of whether SMB clients or hosts of LUNs use them, as notes."""
    seen = {backend: standing.sites[backend].seen for backend in dict.fromkeys(copy.id.backend for copy in copies)}
    untold = [backend for backend, each in seen.items() if isinstance(each, ClusterView) and each.luns is None]
    hosts = [
        Remark(f"{each} does not tell its LUNs: hosts that use one go on writing to it.", "Stop them")
        for each in untold
    ]
    return hosts + [
        Remark(f"{backend} does not tell who is connected by SMB: who is writes on until its session is closed there.")
        for backend, each in seen.items()
        if isinstance(each, ClusterView) and each.cifs_sessions is None
    ]


def fence(due: StepList, standing: Standing, copies: Iterable[Copy], occasion: Occasion) -> list[Refusal]:
    """These copies are fenced; what stands in the way comes back as refusals."""
    refusals = []
    by_backend: dict[str, list[Copy]] = {}
    for copy in copies:
        by_backend.setdefault(copy.id.backend, []).append(copy)
    for backend, copies_there in by_backend.items():
        site = standing.sites[backend]
        if refusal := fence_policy(due, site, occasion.rank):
            refusals.append(refusal)
            continue
        for copy in copies_there:
            refusals += _fence_copy(due, standing, copy, occasion)
    return refusals


def fence_policy(due: StepList, site: Site, rank: int = 0) -> Refusal | None:
    """An SVM has the fence's export policy, or it is made; a refusal where it would let clients in."""
    assert isinstance(site.seen, ClusterView)
    svm = site.backend.svm
    known = next((each for each in site.seen.export_policies if (each.svm, each.name) == (svm, FENCE)), None)
    if known is None and (gap := site.seen.gap(Aspect.EXPORT_POLICIES, FENCE, svm)):
        return Refusal(
            backend=site.backend.name, text=f"export policy {FENCE} of {svm} cannot be seen: {gap}", hint=HINT
        )
    if known is None:
        change = CreateExportPolicy(svm=svm, name=FENCE)
        phase = replace(_POLICY, rank=rank + _POLICY.rank)
        due.add(phase, site.backend, None, change, f"{site.backend.name}: export policy {FENCE}, without rules")
    elif known.rules:
        return Refusal(
            backend=site.backend.name,
            text=f"export policy {FENCE} of {svm} has rules: a copy that has it would not be fenced",
            hint=f"remove the rules, or rename that policy; datamotion makes {FENCE} anew",
        )
    return None


def _fence_copy(due: StepList, standing: Standing, copy: Copy, occasion: Occasion) -> Iterator[Refusal]:
    backend, volume = standing.sites[copy.id.backend].backend, copy.id.volume
    because, rank, gate = occasion.because, occasion.rank, occasion.gate
    phase = replace(_SHUT, rank=rank + _SHUT.rank, title=occasion.title, because=because, gate=gate)
    qtrees = {} if copy.volume.export is None else {each.id: each for each in copy.doors.qtrees if lets_in(copy, each)}
    noted = _noted(standing, copy, qtrees, occasion.frozen.get(copy.id))
    if noted is not None and noted != copy.mark and noted.fits(copy.volume.comment):
        note = replace(_NOTE, rank=rank + _NOTE.rank)
        change = ModifyVolume(uuid=copy.volume.uuid, comment=noted.write(copy.volume.comment))
        where = f"served at {noted.path}" if noted.path else "mounted nowhere,"
        text = f"{volume}: it was {where} with policy {noted.export}"
        due.add(note, backend, volume, change, text, about="note")
    elif qtrees and (noted is None or noted != copy.mark):
        yield _not_noted(copy, qtrees)
    for lun in copy.doors.luns:
        if lun.is_enabled:
            off = ModifyLun(uuid=lun.uuid, is_enabled=False)
            due.add(phase, backend, volume, off, f"{volume}: LUN {lun.path}: no host can use it", about=lun.uuid)
    for number, qtree in qtrees.items():
        shut = ModifyQtree(volume_uuid=copy.volume.uuid, id=number, export=FENCE)
        text = f"{volume}: qtree {qtree.name}: no client may come, where {qtree.export} was"
        due.add(phase, backend, volume, shut, text, about=str(number))
    if copy.volume.path or _fence_of(copy) != copy.volume.export:
        mounted = f"unmount {copy.volume.path}, " if copy.volume.path else ""
        shut_volume = ModifyVolume(uuid=copy.volume.uuid, path="" if copy.volume.path else None, export=_fence_of(copy))
        due.add(phase, backend, volume, shut_volume, f"{volume}: {mounted}no client may come; all data stay")
    if copy.doors.sessions:
        close = replace(_CLOSE, rank=rank + _CLOSE.rank, gate=gate)
        paths = tuple(each.path for each in copy.doors.sessions)
        text = f"{volume}: {count_text(len(paths), 'session')}"
        due.add(close, backend, volume, CloseSessions(volume_uuid=copy.volume.uuid, sessions=paths), text)


def lets_in(copy: Copy, qtree: Qtree) -> bool:
    """Whether a qtree lets clients in by a policy that its volume's fence does not change, as far as is known."""
    return qtree.export != FENCE and (qtree.is_own or copy.volume.export == FENCE)


def _fence_of(copy: Copy) -> str | None:
    """A volume that tells no export policy is in an SVM without NFS, where none binds anybody."""
    return FENCE if copy.volume.export is not None else None


def _noted(standing: Standing, copy: Copy, qtrees: Mapping[int, Qtree], frozen: str | None) -> Mark | None:
    """The mark with what would be lost by the fence, and its last snapshot where it is frozen for one."""
    mark, volume = copy.mark, copy.volume
    if mark is None:
        return None
    policies = {**qtree_policies(mark), **{number: qtree.export for number, qtree in qtrees.items()}}
    noted = replace(
        mark,
        path=volume.path or mark.path,
        export=mark.export if volume.export in (None, FENCE) else volume.export,
        luns=mark.luns or _off(copy.doors.luns),
        qtrees=",".join(f"{number}:{quote(policy, safe='')}" for number, policy in sorted(policies.items())) or None,
        frozen=frozen,  # what clients could come to since is frozen no more
    )
    return with_ways(noted, volume.comment, ways_of(standing, copy), has_luns=bool(copy.doors.luns))


def _off(luns: Iterable[Lun]) -> str | None:
    """Which of these hosts cannot use, as marks note it; None where there are none at all."""
    found = [quote(each.path, safe="/") for each in luns if not each.is_enabled]
    return ",".join(sorted(found)) or ("-" if any(True for _ in luns) else None)


def luns_off(mark: Mark | None) -> frozenset[str]:
    """The LUNs of a fenced copy that hosts could not use before either, by their paths."""
    return frozenset(map(unquote, mark.luns.split(","))) if mark and mark.luns else frozenset()


def _not_noted(copy: Copy, qtrees: Mapping[int, Qtree]) -> Refusal:
    had = ", ".join(f"{qtree.name} had {qtree.export}" for qtree in qtrees.values())
    return Refusal(
        volume=copy.id.volume,
        backend=copy.id.backend,
        text=f"{copy.volume.name} is fenced with its qtrees, and its comment leaves no room to note their export"
        f" policies: {had}",
        hint="write them down: when it serves again they have to be set by hand",
    )


def qtree_policies(mark: Mark | None) -> Mapping[int, str]:
    """The export policies that the qtrees of a fenced copy had of their own, by their ids."""
    words = (word.partition(":") for word in (mark.qtrees or "").split(",")) if mark else ()
    return {int(number): unquote(policy) for number, _, policy in words if number.isascii() and number.isdigit()}
