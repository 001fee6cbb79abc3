"""Which copies an operation on single mirrors is about: of some or all volumes, at one back end or at every one.

Told one by one is what was asked for by name and cannot be had. Where a whole group was meant, what is no mirror is
passed over with a note, as long as the volume has another copy that is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from datamotion.model.plan import Refusal
from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, CopyId, DoubtKind, Site, Standing
from datamotion.model.words import MirrorState, Role
from datamotion.policy.needs import names_text
from datamotion.policy.obstacles import Obstacle, unsettled


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """No volumes: all of the group. `at` None: every back end but, for each volume, the one that serves it."""

    volumes: tuple[str, ...] = ()
    at: str | None = None


class Selected(NamedTuple):
    """The copies that it is about; why not the others that were asked for; which ones are passed over."""

    copies: tuple[Copy, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[Remark, ...] = ()


def select(standing: Standing, selection: Selection, obstacle: Callable[[Copy], Obstacle | None]) -> Selected:
    """`obstacle` says why an operation cannot be about a copy that does not serve."""
    if refusals := tuple(_of_group(standing, selection)):
        return Selected(refusals=refusals)
    copies: list[Copy] = []
    left: list[Refusal] = [] if selection.at else list(map(_unseen, _out_of_sight(standing)))
    passed_over: dict[tuple[str, str], list[str]] = {}
    wanted = frozenset(selection.volumes or standing.volumes)
    for volume in standing.volumes:
        if volume not in wanted:
            continue
        found = [copy for copy in standing.copies_of(volume) if selection.at in (None, copy.id.backend)]
        found = [copy for copy in found if copy.id != standing.active[volume]]
        in_the_way = {copy.id: why for copy in found if (why := obstacle(copy))}
        fitting = [copy for copy in found if copy.id not in in_the_way]
        copies += fitting
        places = [CopyId(backend, volume) for backend in standing.sites if selection.at in (None, backend)]
        hidden = [_hidden(standing, place) for place in places if place in standing.hidden]
        left += hidden
        if not found and not hidden:
            left.append(_no_copy(standing, volume, selection.at))
        for (backend, _), (text, hint) in in_the_way.items():
            if fitting:
                passed_over.setdefault((backend, text), []).append(volume)
            else:
                left.append(Refusal(volume=volume, backend=backend, text=f"{volume} at {backend}: {text}", hint=hint))
    notes = (
        Remark(f"{backend}: {names_text(names)}: passed over, {text}.")
        for (backend, text), names in passed_over.items()
    )
    return Selected(tuple(copies), tuple(left), tuple(notes))


def frozen(standing: Standing) -> tuple[Refusal, ...]:
    """Why nothing at all is done to a group: a planned failover keeps its clients away, and carries the rest over."""
    refusal = unsettled(standing, frozenset({DoubtKind.FROZEN}))
    return (refusal,) if refusal else ()


def mirror_obstacle(group: str, copy: Copy) -> Obstacle | None:
    """Why a copy is no mirror that could be paused or resumed."""
    if copy.role is not Role.MIRROR:
        shows = f"datamotion status {group} shows what each copy is"
        is_broken_off = copy.edge is not None and copy.edge.is_broken_off
        again = f"datamotion resync {group} --at {copy.id.backend} says what making it a mirror again gives up"
        return f"it is {copy.role}, and no mirror", again if is_broken_off else shows
    if copy.edge is not None and copy.edge.relationship.state is MirrorState.UNKNOWN:
        return "it is in a state that is not known here", "look at it on the cluster"
    return None


def _of_group(standing: Standing, selection: Selection) -> Iterator[Refusal]:
    """Why nothing at all is selected."""
    group = standing.group.name
    site = standing.sites[selection.at] if selection.at else None
    if site is not None and site.svm is None:
        yield _unseen(site)
    elif not standing.volumes:
        unseen = next(iter(_out_of_sight(standing)), None)
        text = f"nothing of {group} is protected, as far as was seen"
        yield Refusal(
            text=f"{text}; {unseen.backend.name}: {unseen.unseen.reason}" if unseen and unseen.unseen else text,
            hint=f"datamotion apply {group} sets the mirrors up",
            unseen=unseen.unseen if unseen else None,
        )
    for volume in selection.volumes if standing.volumes else ():
        if volume not in standing.active:
            hint = f"datamotion status {group} lists its members"
            yield Refusal(text=f"{volume} is no member of {group}, as far as was seen", hint=hint)


def _out_of_sight(standing: Standing) -> Iterator[Site]:
    return (site for site in standing.sites.values() if site.unseen is not None)


def _unseen(site: Site) -> Refusal:
    """A back end that cannot be seen. The only one that was asked for is all that there is."""
    if site.unseen is None:
        text, hint = f"SVM {site.backend.svm} is not on {site.backend.cluster}", "correct `svm` in the configuration"
        return Refusal(backend=site.backend.name, text=text, hint=hint)
    return Refusal(backend=site.backend.name, text=site.unseen.reason, hint=site.unseen.hint, unseen=site.unseen)


def _hidden(standing: Standing, copy_id: CopyId) -> Refusal:
    """A copy that cannot be read: there, and left alone."""
    backend, volume = copy_id
    text = f"{volume} at {backend} cannot be seen: {standing.hidden[copy_id]}"
    hint = f"nothing is done with it until it can be; datamotion status {standing.group.name} shows the others"
    return Refusal(volume=volume, backend=backend, text=text, hint=hint)


def _no_copy(standing: Standing, volume: str, at: str | None) -> Refusal:
    group, active = standing.group.name, standing.active[volume]
    if at is not None and active is not None and active.backend == at:
        text = f"{at} serves {volume}: its copy there is no mirror"
        return Refusal(volume=volume, backend=at, text=text, hint=f"datamotion status {group} shows its mirrors")
    where = f"at {at}" if at else "that can be seen"
    hint = f"datamotion apply {group} makes mirrors where it can"
    return Refusal(volume=volume, backend=at, text=f"{volume} has no mirror {where}", hint=hint)
