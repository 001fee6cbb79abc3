"""What became otherwise from one look to the next, in words. That a copy has become older is no change."""

from __future__ import annotations

from collections.abc import Iterator

from datamotion.cli.render_status import copy_words, who_serves
from datamotion.cli.terminal import read_markup
from datamotion.service.status_reports import GroupReport, StatusReport


def changes(before: StatusReport, now: StatusReport) -> Iterator[str]:
    """A line for each."""
    answered = {each.name: each.answers for each in before.clusters}
    for cluster in now.clusters:
        if answered.get(cluster.name) is not cluster.answers:
            yield f"{cluster.name}: {'it answers again' if cluster.answers else cluster.detail}"
    former = {group.name: group for group in before.groups}
    for group in now.groups:
        yield from _served(former[group.name], group)
        yield from _copies(former[group.name], group)
        yield from _concerns(former[group.name], group)


def _served(before: GroupReport, now: GroupReport) -> Iterator[str]:
    words = read_markup(who_serves(now)).plain
    if words != read_markup(who_serves(before)).plain:
        yield words


def _copies(before: GroupReport, now: GroupReport) -> Iterator[str]:
    former = _words(before)
    for (volume, backend), words in _words(now).items():
        if (earlier := former.pop((volume, backend), None)) != words:
            yield f"{volume} at {backend}: {words}, was {earlier or 'not shown'}"
    for volume, backend in former:
        yield f"{volume} at {backend}: not shown any more"


def _words(group: GroupReport) -> dict[tuple[str, str], str]:
    return {
        (volume.volume, copy.backend): copy_words(copy, aged=False)
        for volume in group.volumes
        for copy in volume.copies
    }


def _concerns(before: GroupReport, now: GroupReport) -> Iterator[str]:
    """By what they are about: their texts tell ages."""
    former = {(each.kind, each.backend, frozenset(each.volumes)) for each in before.concerns}
    for each in now.concerns:
        if (each.kind, each.backend, frozenset(each.volumes)) not in former:
            yield f"{now.name}: {each.severity}: {each.text}"
    still = {(each.kind, each.backend) for each in now.concerns}
    for each in before.concerns:
        if (each.kind, each.backend) not in still:
            yield f"{now.name}: no more: {each.text}"
