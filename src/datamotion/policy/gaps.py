"""Records that cannot be read and are none of a volume: what each of them leaves unknown, and no more than that.

Most leave only themselves unknown: a policy, a schedule, an aggregate of that name is neither there nor missing. What
a safety decision needs is taken from the safe side: where it may be a claim, or a way in for clients of nobody knows
which volume, its back end is unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from datamotion.model.claim import epoch_of
from datamotion.model.group import Backend
from datamotion.model.standing import Doubt, DoubtKind, Site
from datamotion.model.view import Aspect, ClusterView, Unreadable, Unseen

HINT = "datamotion check says what cannot be read; what needs it waits until it can be"
OF_VOLUMES = frozenset({Aspect.VOLUMES, Aspect.RELATIONSHIPS, Aspect.QTREES, Aspect.CIFS_SESSIONS, Aspect.LUNS})
_MAY_BE = {
    Aspect.POLICIES: "which may be a claim: who serves cannot be told there",
    Aspect.QTREES: "which may let clients into any volume there",
    Aspect.CIFS_SESSIONS: "which may be with any volume there",
    Aspect.LUNS: "which may be in any volume there",
}
_OWN = frozenset({*_MAY_BE, Aspect.SVM_PEERS, Aspect.EXPORT_POLICIES})
"""Those that belong to an SVM: another one's is none of ours."""


def why_unseen(group: str, backend: Backend, seen: ClusterView) -> Unseen | None:
    """Why a back end counts as unseen though its cluster answered; None where it does not."""
    for each in seen.unreadable:
        is_unknown = _hides_claim(group, each) if each.aspect is Aspect.POLICIES else each.uuid is None
        if each.aspect in _MAY_BE and is_unknown and each.svm in (None, backend.svm):
            return Unseen(reason=f"{each.reason}, {_MAY_BE[each.aspect]}", hint=HINT, refused=True)
    gap = seen.gap(Aspect.SVMS, backend.svm) if seen.svm(backend.svm) is None else None
    return Unseen(reason=f"{gap}, which may be SVM {backend.svm}", hint=HINT, refused=True) if gap else None


def _hides_claim(group: str, policy: Unreadable) -> bool:
    """Whether it may be a claim of the group, of which not all can be read that a claim says."""
    is_claim = policy.name is None or epoch_of(group, policy.name) is not None
    return is_claim and None in (policy.name, policy.svm, policy.uuid, policy.comment)


def gap_doubts(sites: Iterable[Site]) -> Iterator[Doubt]:
    """What cannot be read at each back end, once for each kind of record; volumes and claims are told elsewhere."""
    for site in sites:
        if not isinstance(site.seen, ClusterView) or site.svm is None:
            continue
        by_aspect: dict[Aspect, list[Unreadable]] = {}
        for each in site.seen.unreadable:
            is_ours = each.aspect not in _OWN or each.svm in (None, site.svm.name)
            if each.aspect not in OF_VOLUMES and each.aspect is not Aspect.SVMS and is_ours:
                by_aspect.setdefault(each.aspect, []).append(each)
        for aspect, told in by_aspect.items():
            which = f"{told[0].name}" if len(told) == 1 and told[0].name else f"{len(told)} of them"
            yield Doubt(
                kind=DoubtKind.UNREADABLE_RECORD,
                backend=site.backend.name,
                text=f"{aspect} of {site.backend.cluster}: {which} cannot be read: {told[0].reason}",
                hint="what needs it waits, all else goes on; find out what answers there in place of ONTAP",
            )
