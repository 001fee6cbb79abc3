"""Whether `apply` can make and keep every mirror: names that are taken, room, what was broken off, ONTAP's limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from datamotion.model.group import Target
from datamotion.model.mirror_records import Endpoint
from datamotion.model.plan import Plan, Refusal
from datamotion.model.standing import Standing
from datamotion.model.units import count_text
from datamotion.model.view import ClusterView
from datamotion.model.volume_acts import CreateVolume
from datamotion.service.check_reports import CheckKind, CheckLine
from datamotion.service.findings import checked, unlooked

MOST_LEGS = 8
"""Mirrors of one volume. From "SnapMirror limitations"; assumed: the same for FlexVol and FlexGroup volumes."""
_MOST_TOLD = 10


def mirrors_lines(standing: Standing, target: Target, plan: Plan) -> Iterator[CheckLine]:
    """What `plan`, made from this standing, refuses for the volumes at a target, one by one."""
    name = target.backend.name
    if standing.sites[name].unseen is not None:
        return  # of that its cluster's line tells
    kind, what = CheckKind.MIRRORS, "each volume can be mirrored there"
    if (refusal := _of_all(plan, name)) is not None:
        yield unlooked(kind, name, what, f"not before this is mended: {refusal.text}", refusal.hint)
        return
    refusals = [each for each in plan.refusals if each.backend == name and each.volume is not None]
    for refusal in islice(refusals, _MOST_TOLD):
        yield checked(kind, name, f"{refusal.volume} can be mirrored there", refusal.text, refusal.hint)
    if len(refusals) > _MOST_TOLD:
        others = f"{count_text(len(refusals) - _MOST_TOLD, 'other volume')} cannot"
        yield checked(kind, name, what, others, f"datamotion plan {standing.group.name} tells them all")
    if not refusals:
        new = sum(
            act.backend == name and isinstance(act.change, CreateVolume) for step in plan.steps for act in step.acts
        )
        room = f": no name is taken, and there is room for {count_text(new, 'new volume')}" if new else ""
        yield checked(kind, name, f"{what}{room}", None)


def _of_all(plan: Plan, name: str) -> Refusal | None:
    """Why nothing at all is planned for a back end."""
    found = (each for each in plan.refusals if each.volume is None and each.backend in (None, name))
    return next(found, None)


def fan_out_line(standing: Standing) -> CheckLine:
    """Counted with the mirrors that others have made of the same volumes."""
    group = standing.group
    what = f"no volume has more than {MOST_LEGS} mirrors"
    unseen = [site.backend.name for site in standing.sites.values() if site.svm is None]
    if unseen:
        return unlooked(CheckKind.LIMITS, group.name, what, f"{', '.join(unseen)} cannot be seen")
    ours = len(group.backends) - 1
    foreign = _foreign_legs(standing)
    worst, most = max(foreign.items(), key=lambda each: each[1], default=("each", 0))
    problem = f"{worst} has {most} of others and {ours} of {group.name}" if most + ours > MOST_LEGS else None
    return checked(CheckKind.LIMITS, group.name, what, problem, "mirror it to fewer places, or one from another mirror")


def _foreign_legs(standing: Standing) -> Counter[str]:
    """How many mirrors of each volume the cluster that serves it lists which do not end in the group."""
    sites = standing.sites.values()
    own = {site.svm.uuid for site in sites if site.svm}
    served = {
        (copy.id.backend, Endpoint(standing.sites[copy.id.backend].backend.svm, copy.volume.name)): volume
        for volume, active in standing.active.items()
        if active is not None and (copy := standing.copies.get(active)) is not None
    }
    legs: Counter[str] = Counter()
    for site in sites:
        if isinstance(site.seen, ClusterView):
            for listed in site.seen.destinations:
                volume = served.get((site.backend.name, listed.source))
                if volume is not None and listed.destination_svm_uuid not in own:
                    legs[volume] += 1
    return legs
