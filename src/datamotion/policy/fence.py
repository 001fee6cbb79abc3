"""Keeping clients away from copies that were overtaken, with all their data kept.

An NFS client goes on writing through a handle that it has, whatever is unmounted: what keeps it out, at its next
request, is another export policy that lets nobody in and never did. So a fenced copy has that policy, its qtrees with
policies of their own too, and is mounted nowhere. What it had before stands in its mark, and is given back when it
serves again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from datamotion.model.acts import CreateExportPolicy, ModifyQtree, ModifyVolume
from datamotion.model.mark import Mark
from datamotion.model.plan import Gate, Refusal
from datamotion.model.standing import FENCE, Copy, Site, Standing
from datamotion.model.view import ClusterView
from datamotion.model.words import Role
from datamotion.policy.steps import Phase, StepList

_POLICY = Phase(
    rank=30, title="Create the fence", because="no export policy there lets nobody in, which is what keeps clients out"
)
_NOTE = 31
_FENCE = 32


def overtaken(standing: Standing) -> list[Copy]:
    """Copies in sight that served until another back end took over, and that clients can come to still."""
    return [copy for copy in standing.copies.values() if copy.role is Role.OVERTAKEN]


def fence(
    due: StepList, standing: Standing, copies: Iterable[Copy], *, because: str, gate: Gate = Gate.EACH
) -> list[Refusal]:
    """These copies are fenced; what stands in the way comes back as refusals."""
    refusals = []
    by_backend: dict[str, list[Copy]] = {}
    for copy in copies:
        by_backend.setdefault(copy.id.backend, []).append(copy)
    for backend, copies_there in by_backend.items():
        site = standing.sites[backend]
        if refusal := _fence_policy(due, site):
            refusals.append(refusal)
            continue
        qtrees = _qtrees(site, (copy.volume.uuid for copy in copies_there))
        for copy in copies_there:
            _fence_copy(due, standing, copy, qtrees.get(copy.volume.uuid, ()), because, gate)
    return refusals


def _fence_policy(due: StepList, site: Site) -> Refusal | None:
    assert isinstance(site.seen, ClusterView)
    svm = site.backend.svm
    known = next((each for each in site.seen.export_policies if (each.svm, each.name) == (svm, FENCE)), None)
    if known is None:
        change = CreateExportPolicy(svm=svm, name=FENCE)
        due.add(_POLICY, site.backend, None, change, f"{site.backend.name}: export policy {FENCE}, without rules")
    elif known.rules:
        return Refusal(
            backend=site.backend.name,
            text=f"export policy {FENCE} of {svm} has rules: a copy that has it would not be fenced",
            hint=f"remove the rules, or rename that policy; datamotion makes {FENCE} anew",
        )
    return None


def _qtrees(site: Site, volumes: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
    wanted, found = frozenset(volumes), dict[str, list[tuple[int, str]]]()
    assert isinstance(site.seen, ClusterView)
    for qtree in site.seen.qtrees:
        if qtree.volume_uuid in wanted and qtree.export != FENCE:
            found.setdefault(qtree.volume_uuid, []).append((qtree.id, qtree.name))
    return found


def _fence_copy(
    due: StepList, standing: Standing, copy: Copy, qtrees: Iterable[tuple[int, str]], because: str, gate: Gate
) -> None:
    backend, volume = standing.group.backend(copy.id.backend), copy.id.volume
    phase = Phase(rank=_FENCE, title="Fence the overtaken copies", because=because, gate=gate)
    if (noted := _noted(copy)) is not None:
        note = Phase(rank=_NOTE, title="Note how they were served", because="so that the fence can be lifted exactly")
        change = ModifyVolume(uuid=copy.volume.uuid, comment=noted.write(copy.volume.comment))
        text = f"{volume}: it was served at {noted.path} with policy {noted.export}"
        due.add(note, backend, volume, change, text, about="note")
    for number, name in qtrees:
        qtree = ModifyQtree(volume_uuid=copy.volume.uuid, id=number, export=FENCE)
        due.add(phase, backend, volume, qtree, f"{volume}: qtree {name}: no client may come", about=str(number))
    if copy.is_fenced:
        return
    mounted = f"unmount {copy.volume.path}, " if copy.volume.path else ""
    lift = ModifyVolume(uuid=copy.volume.uuid, path="" if copy.volume.path else None, export=_fence_of(copy))
    due.add(phase, backend, volume, lift, f"{volume}: {mounted}no client may come; all data stay")


def _fence_of(copy: Copy) -> str | None:
    """A volume that tells no export policy is in an SVM without NFS, where none binds anybody."""
    return FENCE if copy.volume.export is not None else None


def _noted(copy: Copy) -> Mark | None:
    """The mark with what would be lost by the fence, where that does not stand there yet and there is room for it."""
    mark, volume = copy.mark, copy.volume
    if mark is None:
        return None
    path = volume.path or mark.path
    export = mark.export if volume.export in (None, FENCE) else volume.export
    noted = replace(mark, path=path, export=export)
    return noted if noted != mark and noted.fits(volume.comment) else None
