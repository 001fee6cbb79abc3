"""Why nothing is protected, or not all: who serves is not known, or is out of sight."""

from __future__ import annotations

from datamotion.model.group import Group
from datamotion.model.plan import Refusal
from datamotion.model.standing import CopyId, DoubtKind, Site, Standing
from datamotion.policy.obstacles import unsettled


def group_refusal(standing: Standing) -> Refusal | None:
    """Why nothing at all is done: who serves is not known, or its back end cannot be seen."""
    group = standing.group
    if refusal := unsettled(standing):
        return refusal
    name = standing.claims[0].backend if standing.claims else group.home.name
    if standing.is_fresh and (unseen := [site for site in standing.sites.values() if site.unseen]):
        return _perhaps_claimed(group, unseen[0])
    if any(active is not None and standing.sites[active.backend].svm for active in standing.active.values()):
        return None
    site = standing.sites[name]
    if site.unseen is not None:
        lost = f"if {name} is lost: datamotion failover {group.name}"
        hint = site.unseen.hint if site.unseen.refused else lost
        return Refusal(text=f"it is not known what {name} holds: {site.unseen.reason}", hint=hint, unseen=site.unseen)
    if site.svm is None:
        text = f"SVM {site.backend.svm} of {name} is not on {site.backend.cluster}"
        return Refusal(text=text, hint="correct `svm` in the configuration")
    return _nothing_yet(standing) if standing.is_fresh else None


def _nothing_yet(standing: Standing) -> Refusal | None:
    """No epoch is taken of a group that has no volumes."""
    doubt = next((each for each in standing.doubts if each.kind is DoubtKind.NOTHING_SELECTED), None)
    return Refusal(backend=doubt.backend, text=doubt.text, hint=doubt.hint) if doubt is not None else None


def _perhaps_claimed(group: Group, site: Site) -> Refusal:
    """A group that nobody claimed yet as far as can be seen may have been claimed where it cannot."""
    why = site.unseen.reason if site.unseen else ""
    return Refusal(
        text=f"nothing of {group.name} is protected yet as far as can be seen, and {site.backend.name} cannot: {why}",
        hint=(site.unseen.hint if site.unseen else None) or "run it again when every back end answers",
        unseen=site.unseen,
    )


def unseen_source(standing: Standing, active: CopyId) -> list[Refusal]:
    site = standing.sites[active.backend]
    if site.unseen is None:
        return []
    text = f"{active.backend}, which serves {active.volume}, cannot be seen: {site.unseen.reason}"
    return [Refusal(volume=active.volume, backend=active.backend, text=text, hint=site.unseen.hint, unseen=site.unseen)]
