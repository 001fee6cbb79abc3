"""Letting clients in to a copy: its path, export policy, qtrees and LUNs, and the mark of what serves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from datamotion.model.claim import Claim
from datamotion.model.group import Backend
from datamotion.model.mark import Mark
from datamotion.model.paused import with_paused
from datamotion.model.plan import Gate
from datamotion.model.serving_acts import ModifyLun, ModifyQtree
from datamotion.model.standing import FENCE, Copy, Standing
from datamotion.model.volume_acts import ModifyVolume
from datamotion.policy.clients.fence import luns_off, qtree_policies
from datamotion.policy.clients.ways_in import ways_had, with_ways
from datamotion.policy.needs import mark_of, opening, path_of, paths_above
from datamotion.policy.steps import Phase, StepList

_OPEN = Phase(rank=44, title="Let clients into qtrees", because="each had an export policy of its own before its fence")
_ENABLE = Phase(rank=44, title="Enable LUNs", because="they were kept from their hosts until all was carried over")
SERVE = "Serve"  # what reports tell by when clients were let in
_SERVE = Phase(rank=45, title=SERVE, because="clients find each volume where it was", gate=Gate.ALL)
_NAME = Phase(
    rank=9,  # before any site is told
    title="Name the epoch",
    because="it becomes one of a part of the group, which is about those copies that name it",
    gate=Gate.REST,  # what cannot be served is what it is not about
)
_BELOW = "a junction is made in the volume above it, which is served first"


def serve(
    due: StepList,
    standing: Standing,
    copy: Copy,
    claim: Claim,
    known: frozenset[str],
    paths: Collection[str] = frozenset(),
    gate: Gate = Gate.ALL,
) -> None:
    """What is left to do until clients find a copy that can be written where they look for it.

    `known` are the export policies of its SVM, `paths` those of all that moves. `gate`: who goes on behind it.
    """
    backend, volume = standing.sites[copy.id.backend].backend, copy.id.volume
    served = path_of(standing, volume)
    mounted = served.path is None or (copy.volume.path or "").casefold() == served.path.casefold()
    lifted = opening(standing, copy, known)
    _open_qtrees(due, copy, backend)
    _open_luns(due, copy, backend)
    wanted = _mark(standing, copy, claim)
    change = ModifyVolume(
        uuid=copy.volume.uuid,
        path=None if mounted else served.path,
        export=lifted,
        comment=wanted.write(copy.volume.comment) if wanted != copy.mark else None,
    )
    if (change.path, change.export, change.comment) == (None, None, None):
        return
    where = f"served at {served.path}" if served.path else "active, not mounted (its source was not)"
    assumed = ", which is assumed: no mark that was seen tells its path" if served.is_assumed else ""
    policy = f", clients come in by export policy {lifted}" if lifted else ""
    level = sum(above.casefold() in paths for above in paths_above(served.path or ""))
    phase = replace(_SERVE, rank=_SERVE.rank + level, because=_BELOW if level else _SERVE.because, gate=gate)
    due.add(phase, backend, volume, change, f"{volume}: {where}{assumed}{policy}")


def name_epoch(due: StepList, standing: Standing, claim: Claim) -> None:
    """What a back end serves by a claim of the whole group is served by it still once it becomes one of a part."""
    for copy in standing.copies.values():
        volume = copy.id.volume
        if copy.id.backend == claim.backend and standing.active[volume] == copy.id:
            mark = replace(copy.mark or _mark(standing, copy, claim), epoch=claim.epoch)
            if mark != copy.mark:
                change = ModifyVolume(uuid=copy.volume.uuid, comment=mark.write(copy.volume.comment))
                backend = standing.sites[copy.id.backend].backend
                due.add(_NAME, backend, volume, change, f"{volume}: served in epoch {claim.epoch}")


def _open_qtrees(due: StepList, copy: Copy, backend: Backend) -> None:
    """What their fence noted is given back; all others follow their volume."""
    had = qtree_policies(copy.mark)
    for qtree in copy.doors.qtrees:
        if qtree.export == FENCE and (policy := had.get(qtree.id)):
            change = ModifyQtree(volume_uuid=copy.volume.uuid, id=qtree.id, export=policy)
            text = f"{copy.id.volume}: qtree {qtree.name}: clients come in by export policy {policy} again"
            due.add(_OPEN, backend, copy.id.volume, change, text, about=str(qtree.id))


def _open_luns(due: StepList, copy: Copy, backend: Backend) -> None:
    """Hosts can use again what they could before the fence; a mirror has them as its source had."""
    off = luns_off(copy.mark)
    for lun in copy.doors.luns:
        if not lun.is_enabled and lun.path not in off:
            change = ModifyLun(uuid=lun.uuid, is_enabled=True)
            text = f"{copy.id.volume}: hosts can use LUN {lun.path} where it is mapped to them"
            due.add(_ENABLE, backend, copy.id.volume, change, text, about=lun.uuid)


def _mark(standing: Standing, copy: Copy, claim: Claim) -> Mark:
    """The copy's mark, with the epoch where a claim is about a part of the group.

    Without what its fence noted or it was frozen for, and that it was paused: a paused mirror is as good as any other
    here.
    """
    known = copy.mark or mark_of(standing, copy.id.volume)
    volume = copy.id.volume
    if known is None:
        known = Mark(group=claim.group, volume=volume, origin=copy.volume.uuid, path=path_of(standing, volume).path)
    mark = replace(
        with_paused(known, None), qtrees=None, luns=None, frozen=None, epoch=claim.epoch if claim.partial else None
    )
    return with_ways(mark, copy.volume.comment, ways_had(standing, copy), has_luns=bool(copy.doors.luns))
