"""Letting a back end go that will not come back: what the others still hold for it ends, and what it owes is told.

Nothing is asked of it. What is known of it elsewhere is its SVM's uuid, from its claims, and what mirrors came from it.
A mirror that follows it still holds data that may be nowhere else: that is for `reprotect`, or for a failover to it.
"""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.model.group import Group
from datamotion.model.mirror_acts import DeleteRelationship
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, CopyId, Standing
from datamotion.model.words import Operation
from datamotion.policy.mirrors.listings import Entry, entries, release
from datamotion.policy.needs import names_text
from datamotion.policy.situation import Planner, Situation
from datamotion.policy.standing.sites import destination_svm
from datamotion.policy.standing.standing import peered_svms
from datamotion.policy.steps import Phase, StepList

_DELETE = Phase(rank=1, title="Delete relationships", because="nothing will come from there any more")
_RELEASE = Phase(
    rank=2, title="Release at the source", because="until then snapshots are kept for mirrors that are gone with it"
)


def forget_planner(group: Group, backend: str) -> Planner:
    """The planner for `datamotion forget`."""

    def plan(situation: Situation) -> Plan:
        standing, due = situation.now, StepList()
        title = f"Let {backend} go: {group.name} does without it"
        if refusal := _refusal(standing, backend):
            return Plan(operation=Operation.FORGET, group=group.name, title=title, refusals=(refusal,))
        refusals = tuple(_followers(standing, backend))
        broken = [copy for copy in standing.copies.values() if _came_from(copy, backend) and copy.is_writable]
        for copy in broken:
            assert copy.edge is not None
            ended = copy.edge.relationship
            text = f"{copy.id.volume}: {ended.destination} was a mirror of {ended.source}, and stays as it is"
            change = DeleteRelationship(uuid=ended.uuid)
            due.add(_DELETE, group.backend(copy.id.backend), copy.id.volume, change, text)
        for entry in _listed_for(standing, backend):
            release(due, standing, _RELEASE, entry, on_behalf_of=entry.source.id.backend)
        steps = due.steps()
        is_open = {act.subject for step in steps for act in step.acts}
        refused = {(each.backend, each.volume) for each in refusals}
        return Plan(
            operation=Operation.FORGET,
            group=group.name,
            title=title,
            steps=steps,
            refusals=refusals,
            notes=tuple(_notes(situation, backend, is_whole=not refusals)),
            holds=frozenset(copy.id for copy in standing.copies.values() if copy.id not in is_open | refused),
        )

    return plan


def _refusal(standing: Standing, backend: str) -> Refusal | None:
    group, site = standing.group.name, standing.sites[backend]
    if served := [volume for volume, active in standing.active.items() if active and active.backend == backend]:
        text = f"{backend} serves {names_text(served)}, as far as is known"
        without = f", which needs nothing of {backend}" if site.unseen is not None else ""
        return Refusal(text=text, hint=f"datamotion failover {group} first{without}")
    if site.unseen is None:
        return Refusal(
            text=f"{backend} answers: what it holds of {group} would stay there as it is",
            hint=f"datamotion reprotect {group} makes it mirror what serves; datamotion unprotect {group} ends all",
        )
    for other in standing.sites.values():
        if other.backend.name != backend and other.unseen is not None:
            text = f"{other.backend.name} cannot be seen either: {other.unseen.reason}"
            return Refusal(text=text, hint="run it again when it answers", unseen=other.unseen)
    return None


def _followers(standing: Standing, backend: str) -> Iterator[Refusal]:
    for copy in standing.copies.values():
        if _came_from(copy, backend) and not copy.is_writable:
            group = standing.group.name
            yield Refusal(
                volume=copy.id.volume,
                backend=copy.id.backend,
                text=f"{copy.id.volume} at {copy.id.backend} is a mirror of {backend} still",
                hint=f"datamotion reprotect {group} makes it follow what serves; where the two have nothing in common,"
                f" datamotion apply {group} --recreate {copy.id.backend} makes it anew",
            )


def _came_from(copy: Copy, backend: str) -> bool:
    return copy.edge is not None and copy.edge.source == CopyId(backend, copy.id.volume)


def _listed_for(standing: Standing, backend: str) -> Iterator[Entry]:
    """What back ends in sight list for mirrors there."""
    claimed = {each.claim.svm: each.backend for each in standing.claims}
    known = {**peered_svms(standing.group, standing.sites, claimed), **claimed}
    svms = {svm for svm, name in known.items() if name == backend}
    for entry in entries(standing):
        if entry.at is None and destination_svm(standing.sites[entry.source.id.backend], entry.listed) in svms:
            yield entry


def _notes(situation: Situation, backend: str, *, is_whole: bool) -> Iterator[Remark]:
    """What is left to do elsewhere: in the configuration now, and there should it ever come back.

    While something mirrors it still, the configuration is left as it is: whose copy that is nobody could tell without.
    """
    group, first = situation.now.group, situation.first
    serving = situation.now.serving.backend if situation.now.serving else "another one"
    is_home = group.home.name == backend
    home = f" and make {serving} the `home`, with `volumes` of its own" if is_home else ""
    if not {each.backend.name for each in group.targets} - {backend, *((serving,) if is_home else ())}:
        home += ", and name another back end as the target that a group has to have"
    if is_whole:
        yield Remark(
            f"Until {backend} is out of the configuration status goes on asking for it.",
            f"Take it out then{home}",
        )
    else:
        yield Remark(
            f"Something mirrors {backend} still.",
            f"Leave {backend} in the configuration until this command refuses nothing any more",
        )
    ended = [copy.edge.relationship for copy in first.copies.values() if copy.edge and _came_from(copy, backend)]
    paths = sorted({str(each.destination) for each in ended})
    stop = "Stop them before they find it"
    yield Remark(f"Should {backend} ever come back, whether its clients can write there nobody can see.", stop)
    if paths:
        release = f"snapmirror release -destination-path {', '.join(paths)}"
        lists = "It lists mirrors then that are gone, and keeps snapshots for them."
        kept = f"`datamotion history {group.name}` lists this run, `datamotion history RUN` tells all this again"
        yield Remark(lists, f"{release}, at its cluster; {kept}")
