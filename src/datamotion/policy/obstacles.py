"""What stands in the way of mirroring, told from the view before anything is asked for: what, and who mends it."""

from __future__ import annotations

from collections.abc import Collection

from datamotion.model.group import Target
from datamotion.model.plan import Refusal
from datamotion.model.standing import ABOUT_SERVING, UNSETTLED, Copy, DoubtKind, Site, Standing
from datamotion.model.units import count_text
from datamotion.model.view import Aspect, ClusterView
from datamotion.model.words import VolumeState, VolumeType
from datamotion.policy.gaps import HINT

Obstacle = tuple[str, str | None]
"""What it is, and what to do about it."""

_NAMED = 4  # of other volumes of which the same has to be settled
_LICENSE = "snapmirror"
_CLONING = "flexclone"  # Assumption: what `/cluster/licensing/licenses` calls it


def site_obstacle(target: Target, here: Site, source: Site) -> Obstacle | None:
    """What stands in the way of all mirrors of a target. Both back ends were seen."""
    assert isinstance(here.seen, ClusterView)
    seen, backend = here.seen, target.backend
    if here.svm is None:
        return f"SVM {backend.svm} is not on {backend.cluster}", "create it, or correct `svm` in the configuration"
    for site in (here, source):
        assert isinstance(site.seen, ClusterView)
        licenses = site.seen.licenses
        is_hidden = site.seen.gap(Aspect.LICENSES, _LICENSE) is not None
        if licenses is not None and _LICENSE not in licenses and not is_hidden:
            return (
                f"{site.backend.cluster} has no valid SnapMirror licence",
                "install it there (`system license add`)",
            )
    policy = seen.policy(target.policy, here.svm.name)
    if policy is None:
        gap = seen.gap(Aspect.POLICIES, target.policy, here.svm.name)
        if gap is not None or target.definition is None:
            return _not_there(backend.cluster, f"SnapMirror policy {target.policy}", gap, "`policy`")
    elif policy.type != "async":
        return (
            f"SnapMirror policy {target.policy} of {backend.cluster} is of type {policy.type}: mirrors are kept"
            " asynchronously here, and one cannot be changed into the other",
            "name a policy of type async in `policy`",
        )
    for schedule in (target.schedule, target.definition.schedule if target.definition else None):
        if schedule is not None and schedule not in seen.schedules:
            gap = seen.gap(Aspect.SCHEDULES, schedule)
            return _not_there(backend.cluster, f"schedule {schedule}", gap, "`schedule`")
    return None


def no_clones(site: Site) -> str | None:
    """That nothing can be cloned at a back end, in words; None where nothing is seen to speak against it."""
    licenses = site.seen.licenses if isinstance(site.seen, ClusterView) else None
    if licenses is None or _CLONING in licenses:
        return None
    return f"{site.backend.cluster} has no FlexClone licence"


def _not_there(cluster: str, what: str, gap: str | None, key: str) -> Obstacle:
    if gap is not None:
        return f"whether {cluster} has {what} cannot be seen: {gap}", HINT
    return f"{cluster} has no {what}", f"create it there, or correct {key}"


def unknown_server(standing: Standing, volume: str) -> Obstacle:
    """Why nobody can tell who serves a volume, and what to do about it."""
    doubt = next((each for each in standing.doubts if each.volume == volume and each.kind in ABOUT_SERVING), None)
    hint = (doubt and doubt.hint) or f"datamotion status {standing.group.name} shows every copy"
    return (doubt.text if doubt else f"nobody can tell who serves {volume}"), hint


def copy_obstacle(copy: Copy) -> Obstacle | None:
    """What keeps an active copy from being mirrored anywhere."""
    volume, where = copy.volume, f"{copy.volume.name} at {copy.id.backend}"
    if volume.type is not VolumeType.RW:
        return (
            f"{where} is of type {volume.type}: not a writable source",
            "leave it out with `volumes` of the back end, or break it off first",
        )
    if volume.state is not VolumeState.ONLINE:
        return (
            f"{where} is {volume.state}: nothing can be carried from it",
            "bring it online (`volume online`); what its copies hold, and where they are to be served, stays",
        )
    return None


def unsettled(standing: Standing, kinds: Collection[DoubtKind] = UNSETTLED) -> Refusal | None:
    """That something has to be settled first, and of which other volumes it has to be too; None: nothing has."""
    doubts = [each for each in standing.doubts if each.kind in kinds]
    if not doubts:
        return None
    first = doubts[0]
    others = [each.volume for each in doubts[1:] if each.kind is first.kind and each.volume is not None]
    more = f", and {count_text(len(others) - _NAMED, 'other')}" if len(others) > _NAMED else ""
    told = f"; so it is with {', '.join(others[:_NAMED])}{more}" if others else ""
    return Refusal(text=f"{first.text}{told}", hint=first.hint)
