"""Taking volumes out of a group: the marks of all their copies are removed, and nothing else is touched.

A volume leaves only as a whole. Where a back end cannot be seen its copy would stay a member, and make the others so
again; and what a pattern still selects would be marked anew by the next `apply`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datamotion.model.acts import ModifyVolume
from datamotion.model.group import Group
from datamotion.model.mark import without_mark
from datamotion.model.plan import Plan, Refusal
from datamotion.model.standing import Standing
from datamotion.model.words import Operation
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.steps import Phase, StepList

_UNMARK = Phase(rank=1, title="Remove the marks", because="whoever finds a mark takes the volume for a member")


def unprotect_planner(group: Group, volumes: Sequence[str]) -> Planner:
    """The planner for `datamotion unprotect`."""

    def plan(situation: Situation) -> Plan:
        due, refusals = StepList(), list(_refusals(situation.first, volumes))
        leaving = [copy_id for copy_id in situation.first.copies if copy_id.volume in volumes]
        for copy_id in () if refusals else leaving:
            copy = situation.now.copies.get(copy_id)
            if copy is not None and copy.mark is not None:
                change = ModifyVolume(uuid=copy.volume.uuid, comment=without_mark(copy.volume.comment))
                text = f"{copy_id.volume}: {copy.volume.name} is no member of {group.name} any more"
                due.add(_UNMARK, group.backend(copy_id.backend), copy_id.volume, change, text)
        gone = [copy_id for copy_id in leaving if copy_id not in situation.now.copies]
        return Plan(
            operation=Operation.UNPROTECT,
            group=group.name,
            title=f"Take {', '.join(volumes)} out of {group.name}",
            steps=due.steps(),
            refusals=tuple(refusals),
            notes=("Volumes, relationships and snapshots stay as they are.",) if due.steps() else (),
            holds=frozenset(gone),
        )

    return plan


def _refusals(standing: Standing, volumes: Sequence[str]) -> Iterator[Refusal]:
    group = standing.group
    for site in standing.sites.values():
        if site.unseen is not None:
            yield Refusal(
                text=f"{site.backend.name} cannot be seen, and what it holds would stay a member: {site.unseen.reason}",
                hint=site.unseen.hint or "run it again when every back end answers",
                unseen=site.unseen,
            )
    for volume in volumes:
        if volume not in standing.volumes:
            yield Refusal(
                text=f"{volume} is no member of {group.name}", hint=f"datamotion status {group.name} lists its members"
            )
        for copy_id, reason in standing.hidden.items():
            if copy_id.volume == volume:
                yield Refusal(
                    text=f"the copy of {volume} at {copy_id.backend} cannot be read, and would stay a member: {reason}",
                    hint=f"datamotion status {group.name} shows it",
                )
        active = standing.active.get(volume)
        copy = standing.copies.get(active) if active else None
        if copy is not None and group.backend(copy.id.backend).selects(copy.volume.name, copy.volume.uuid):
            patterns = ", ".join(group.backend(copy.id.backend).volumes)
            yield Refusal(
                text=f"{copy.volume.name} is selected by `volumes` of {copy.id.backend} ({patterns}): the next apply"
                " would protect it again",
                hint=f"narrow `volumes` of {copy.id.backend} in the configuration first",
            )
