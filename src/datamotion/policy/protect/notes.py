"""What is told beside a plan that protects: who serves away from home, and what clients find where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from datamotion.model.remark import Remark
from datamotion.model.standing import Copy, DoubtKind, Standing
from datamotion.model.units import moment_text
from datamotion.policy.clients.fence import overtaken, unseen_sessions
from datamotion.policy.clients.ways_in import ways_noted
from datamotion.policy.copies.brought_back import is_found_alone
from datamotion.policy.home import first_copy_there, targets_of
from datamotion.policy.mirrors.marking import active_mark
from datamotion.policy.needs import names_text


def serving_notes(standing: Standing) -> list[Remark]:
    group, serving, notes = standing.group, standing.serving, unseen_sessions(standing, overtaken(standing))
    alone = (copy for copy in overtaken(standing) if is_found_alone(standing, copy))
    for backend, volumes in groupby(sorted(copy.id for copy in alone), key=lambda each: each.backend):
        names = names_text([each.volume for each in volumes])
        text = f"Clients find {names} at {backend} alone; once it is fenced they find it nowhere."
        settles = f"If it was brought there by hand, settle that first: datamotion settle {group.name} --keep {backend}"
        notes.append(Remark(text, settles))
    if serving is not None and serving.backend != group.home.name:
        serves = (
            f"{serving.backend} serves {group.name} since {moment_text(serving.claim.since)} (epoch"
            f" {serving.epoch}), its home {group.home.name} does not."
        )
        if is_left_behind(standing):
            hint = first_copy_there(standing) or f"datamotion reprotect {group.name} says what that gives up"
            notes.append(Remark(f"{serves} Nothing is mirrored back there.", hint))
        else:
            notes.append(Remark(serves))
    notes += [
        Remark(f"{doubt.text}.")
        for doubt in standing.doubts
        if doubt.kind in (DoubtKind.RENAMED, DoubtKind.NOT_A_MEMBER)
    ]
    return notes


def without_room(standing: Standing, by_source: Mapping[str, list[Copy]]) -> list[Remark]:
    """Of whose ways in not all are noted, so that who takes over from a lost site would not know them."""
    copies = [copy for of_source in by_source.values() for copy in of_source]
    found = [copy.id.volume for copy in copies if ways_noted(active_mark(standing, copy)).left_out]
    if not found:
        return []
    text = (
        f"{names_text(found)}: not all LUN maps and SMB shares have room in the comments. A planned failover carries"
        " them over all the same; one away from a lost site tells how many it does not know."
    )
    return [Remark(text)]


def unlisted_notes(group: str, mirrors: Sequence[Copy]) -> list[Remark]:
    """Of mirrors that their source lists no more: whether they receive is not known."""
    by_backend: dict[str, list[str]] = {}
    for copy in mirrors:
        by_backend.setdefault(copy.id.backend, []).append(copy.id.volume)
    return [
        Remark(
            f"{names_text(volumes)} at {backend}: what is mirrored there does not list it any more, as after a release:"
            " the next transfer may fail.",
            f"`datamotion update {group}` shows whether one comes",
        )
        for backend, volumes in by_backend.items()
    ]


def is_left_behind(standing: Standing) -> bool:
    """Whether the home serves no more, and no mirror ends there."""
    group, serving = standing.group, standing.serving
    if serving is None or serving.backend == group.home.name:
        return False
    return len(targets_of(standing)) == len(group.targets)
