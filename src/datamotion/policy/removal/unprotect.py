"""Taking volumes out of a group: their mirrors end at both ends, and last the marks of all their copies go.

A volume leaves only as a whole. Where a back end cannot be seen its copy would stay a member, and make the others so
again; and what a pattern still selects would be marked anew by the next `apply`. Only who serves it may be out of
sight: then its mirrors end where they are, and by what is left there, a mark and a list of destinations, the rest is
found again.

What ends are mirrors of what serves. All that may hold writes of its own is left, and named.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from datamotion.model.group import Group
from datamotion.model.names import counted
from datamotion.model.plan import Plan, Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import DoubtKind, Site, Standing
from datamotion.model.units import count_text
from datamotion.model.words import Operation
from datamotion.policy.needs import mark_of
from datamotion.policy.removal.ending import Ending
from datamotion.policy.situation import Planner, Situation


def unprotect_planner(group: Group, volumes: Sequence[str] = (), *, delete_copies: bool = False) -> Planner:
    """The planner for `datamotion unprotect`. No volumes: all of the group."""
    options = tuple(f"--volume {shlex.quote(each)}" for each in dict.fromkeys(volumes))
    options += ("--delete-copies",) if delete_copies else ()

    def plan(situation: Situation) -> Plan:
        first = situation.first
        leaving = list(dict.fromkeys(volumes)) or _protected(first)
        title = f"Take {', '.join(leaving)} out of {group.name}"
        if not volumes:
            title = f"End the protection of {group.name}: {count_text(len(leaving), 'volume')}"
        refusals = [*_frozen(first, leaving), *_refusals(first, leaving, by_name=bool(volumes))]
        if any(each.volume is None for each in refusals):
            return Plan(
                operation=Operation.UNPROTECT,
                group=group.name,
                title=title,
                refusals=tuple(refusals),
                options=options,
            )
        refused = {each.volume for each in refusals}
        ending = Ending(situation, [each for each in leaving if each not in refused], delete_copies=delete_copies)
        ending.plan()
        steps = ending.due.steps()
        out_of_sight = [_not_released(site, group.name, volumes) for site in _out_of_sight(first) if leaving]
        return Plan(
            operation=Operation.UNPROTECT,
            group=group.name,
            title=title,
            steps=steps,
            losses=tuple(ending.losses),
            refusals=(*refusals, *ending.refusals, *out_of_sight),
            notes=(*ending.notes(), *([] if volumes or not steps else _notes_of_all(group))),
            holds=ending.holds(),
            options=options,
        )

    return plan


def _protected(standing: Standing) -> list[str]:
    """The volumes that are marked, and not only selected."""
    return [each for each in standing.volumes if any(copy.mark is not None for copy in standing.copies_of(each))]


def _frozen(standing: Standing, leaving: Sequence[str]) -> Iterator[Refusal]:
    """How what is frozen was served stands in its mark alone: without it nobody could let its clients in again."""
    for doubt in standing.doubts:
        if doubt.kind is DoubtKind.FROZEN and doubt.volume in leaving:
            yield Refusal(text=doubt.text, hint=doubt.hint)


def _refusals(standing: Standing, leaving: Sequence[str], *, by_name: bool) -> Iterator[Refusal]:
    """Why nothing at all is done; or, where the whole group was meant, why a volume is left."""
    group = standing.group
    for site in _out_of_sight(standing):
        served_there = [_server(standing, volume) == site.backend.name for volume in leaving]
        if not leaving or not all(served_there):
            assert site.unseen is not None
            yield Refusal(
                text=f"{site.backend.name} cannot be seen, and what it holds would stay a member: {site.unseen.reason}",
                hint=site.unseen.hint or "run it again when every back end answers",
                unseen=site.unseen,
            )
    if not leaving:
        hint = f"datamotion gc {group.name} removes what is left of it"
        yield Refusal(text=f"nothing of {group.name} is protected", hint=hint)
    hidden: dict[str, list[tuple[str, str]]] = {}
    for copy_id, reason in standing.hidden.items():
        hidden.setdefault(copy_id.volume, []).append((copy_id.backend, reason))
    for volume in leaving:
        if volume not in standing.volumes:
            yield Refusal(
                text=f"{volume} is no member of {group.name}", hint=f"datamotion status {group.name} lists its members"
            )
        for backend, reason in hidden.get(volume, ()):
            yield Refusal(
                volume=None if by_name else volume,
                text=f"the copy of {volume} at {backend} cannot be read, and would stay a member: {reason}",
                hint=f"datamotion status {group.name} shows it",
            )
        server = _server(standing, volume)
        if by_name and server is not None:
            copy = standing.copy(server, volume)
            name, uuid = (copy.volume.name, copy.volume.uuid) if copy else (volume, _origin(standing, volume))
            place = group.backend(server)
            if place.selects(name, uuid):
                patterns = ", ".join(place.volumes)
                yield Refusal(
                    text=f"{name} is selected by `volumes` of {place.said_at} ({patterns}): the next apply would"
                    " protect it again",
                    hint=f"narrow `volumes` of {place.said_at} in the configuration first, or add `!{name}` there",
                )


def _origin(standing: Standing, volume: str) -> str | None:
    mark = mark_of(standing, volume)
    return mark.origin if mark else None


def _out_of_sight(standing: Standing) -> list[Site]:
    return [site for site in standing.sites.values() if site.unseen is not None]


def _server(standing: Standing, volume: str) -> str | None:
    active = standing.active.get(volume)
    return active.backend if active else None


def _not_released(site: Site, group: str, volumes: Sequence[str]) -> Refusal:
    """What is owed where it serves: said, and to be found again by the mark and the list that are left there."""
    assert site.unseen is not None
    names = "".join(f" --volume {each}" for each in sorted(volumes, key=counted))
    return Refusal(
        backend=site.backend.name,
        text=f"it cannot be seen ({site.unseen.reason}): there the mirrors are not released, their base snapshots stay,"
        " and so do the marks of what it serves",
        hint=f"when it answers: datamotion unprotect {group}{names} does the rest",
        unseen=site.unseen,
    )


def _notes_of_all(group: Group) -> list[Remark]:
    return [
        Remark(
            "The next apply would protect again what `volumes` selects.",
            f"Take {group.name} out of the configuration, or narrow the patterns",
        ),
        Remark("Its claims stay.", f"`datamotion gc {group.name}` removes them"),
    ]
