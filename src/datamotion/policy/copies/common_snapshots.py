"""Keeping a snapshot of each volume common to all targets whose policies carry snapshots by their labels.

It is taken where the volume is served, under the group's label, and carried by the next update of each mirror. A new
one is taken when the newest is older than the RPO. What no two targets need is deleted at the source; at a target its
rule lets old ones go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations

from datamotion.model.common import common_name, taken_at
from datamotion.model.plan import Gate
from datamotion.model.standing import Copy, Site, Standing
from datamotion.model.units import duration_text
from datamotion.model.volume_acts import DeleteSnapshot, TakeCommonSnapshot
from datamotion.model.volume_records import Snapshot
from datamotion.policy.copies.grounds import carries, names_held, newest_common, policy_of
from datamotion.policy.epochs import seen_at
from datamotion.policy.situation import Situation
from datamotion.policy.steps import Phase, StepList

_TAKE = Phase(
    rank=50,
    title="Take common snapshots",
    because="from one that both hold, each target can follow the other after a failover",
    gate=Gate.VOLUME,
)
_DELETE = Phase(
    rank=51, title="Delete old common snapshots", because="a newer one is common to every two targets", gate=Gate.VOLUME
)
_RENEWED = timedelta(days=1)  # without an RPO


def keep_common(due: StepList, situation: Situation, by_source: Mapping[str, Sequence[Copy]]) -> None:
    """What these copies lack, or have too much; nothing where a target is not seen."""
    standing = situation.now
    for source, copies in by_source.items():
        now, legs = seen_at(situation.first, source), _legs(standing, source)
        if now is None or len(legs) < 2 or standing.sites[source].common_snapshots is None:
            continue
        for copy in copies:
            _keep(due, standing, copy, [each for each in legs if _follows(each, standing, copy)], now)


def _legs(standing: Standing, source: str) -> list[Site]:
    """The targets that have to be given a common snapshot, and can be; none where all snapshots are carried anyway."""
    targets = [each for each in standing.group.targets if each.backend.name != source]
    policies = {each.backend.name: policy_of(standing, each) for each in targets}
    legs = [name for name, policy in policies.items() if carries(policy, standing.group.common_label)]
    needed = any(policy is not None and not policy.copies_all for name, policy in policies.items() if name in legs)
    sites = [standing.sites[name] for name in legs]
    seen = all(standing.sites[each.backend.name].common_snapshots is not None for each in targets)
    return sites if needed and seen else []


def _follows(site: Site, standing: Standing, copy: Copy) -> bool:
    """Whether a target has a mirror of this copy, or gets one."""
    mirror = standing.copy(site.backend.name, copy.id.volume)
    return mirror is None or (not mirror.is_writable and (mirror.edge is None or mirror.edge.source == copy.id))


def _keep(due: StepList, standing: Standing, copy: Copy, legs: Sequence[Site], now: datetime) -> None:
    if len(legs) < 2:
        return
    group, backend, volume = standing.group, standing.sites[copy.id.backend].backend, copy.id.volume
    here = (standing.sites[copy.id.backend].common_snapshots or {}).get(copy.volume.uuid, ())
    ours: dict[str, tuple[datetime, Snapshot]] = {
        each.name: (at, each) for each in here if (at := taken_at(group.name, each.name))
    }
    labelled = [at for at, each in ours.values() if each.label == group.common_label]
    renewed = group.rpo or _RENEWED
    if not labelled or now - max(labelled) > renewed:
        epoch = standing.claims[0].epoch if standing.claims else 1
        change = TakeCommonSnapshot(
            volume_uuid=copy.volume.uuid, name=common_name(group.name, epoch, now), label=group.common_label
        )
        old = f"; the newest is {duration_text(now - max(labelled))} old" if labelled else ""
        due.add(_TAKE, backend, volume, change, f"{volume}: {change.name}, labelled {change.label}{old}")
    held = [names_held(site, standing.copy(site.backend.name, volume)) for site in legs]
    pairs = (newest_common(group.name, *pair) for pair in combinations(held, 2))
    needed = {found[1] for found in pairs if found}
    newest = max((at for at, _ in ours.values()), default=None)
    for name, (at, snapshot) in ours.items():
        if needed and name not in needed and at != newest:
            gone = DeleteSnapshot(volume_uuid=copy.volume.uuid, uuid=snapshot.uuid)
            due.add(_DELETE, backend, volume, gone, f"{volume}: {name}", about=name)
